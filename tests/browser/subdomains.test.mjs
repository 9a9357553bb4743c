// What visitors keep is kept for the whole domain where personalize_visitor has one, by the server
// and by the script alike.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, newVisitor, startNginx } from './support.mjs';

let nginx;
let port;
let browser;

before(async () => {
  nginx = await startNginx({
    files: {
      'html/index.html': `<!doctype html><html><head><title>Shop</title></head><body>
        <!--pz:s--><!--/pz--></body></html>`,
      'capped.html': '<p data-pz-campaign="capped">{{experiment.bars}}</p>',
    },
    // Browsers take every name below localhost for the machine itself.
    http: 'personalize_visitor cookie=vid issue=on domain=.shop.localhost; personalize_bots except=HeadlessChrome;',
    server: `
      personalize_experiment bars { variants a=50 b=50; sticky cookie; }
      personalize_campaign capped { slot s; cap 2/session; fragment capped.html; }
      add_header X-Variant $personalize_variant_bars;`,
  });
  port = new URL(nginx.origin).port;
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

const cookies = async (page) =>
  Object.fromEntries((await page.context().cookies()).map((one) => [one.name, one.domain]));

test('a cap, a variant and an id hold on all subdomains', async (t) => {
  const page = await newVisitor(t, browser);
  const variants = new Set();
  for (const [i, host] of ['www', 'blog'].entries()) {
    const response = await page.goto(`http://${host}.shop.localhost:${port}/`);
    assert.equal(await page.locator('[data-pz-campaign]').count(), 1, host);
    variants.add(response.headers()['x-variant']);
    await page.waitForFunction((n) => Number(document.cookie.match(/(?:^|; )pz=1\.(\w+)/)?.[1]) > n, i);
  }
  assert.deepEqual(await cookies(page),
    { vid: '.shop.localhost', pz_variants: '.shop.localhost', pz: '.shop.localhost' });
  assert.equal(variants.size, 1);
  await page.goto(`http://www.shop.localhost:${port}/`);
  assert.equal(await page.locator('[data-pz-campaign]').count(), 0, 'the cap is reached');
});
