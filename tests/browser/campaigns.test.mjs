// What a browser remembers of campaigns: caps, dismissals, clicks and conversions, as the runtime
// script notes and reports them and the server obeys them. A real NGINX, started for these tests.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, leaveAtTheTop, newVisitor, startNginx, until } from './support.mjs';

// Each location has its own campaigns, by the path.
const campaigns = `
  personalize_campaign twice  { slot s; when request.path = /twice;  cap 2/session; fragment twice.html; }
  personalize_campaign above  { slot u; when request.path in /below /popup; cap 9/session; fragment above.html; }
  personalize_campaign below  { slot s; when request.path = /below;  cap 1/session; fragment below.html; }
  personalize_campaign bar    { slot s; when request.path = /bar;    widget hello-bar; set text Hello; set link /elsewhere; set link_text Look; }
  personalize_campaign popup  { slot s; when request.path = /popup;  widget exit-popup; set title Wait; }
  personalize_campaign banner { slot s; when request.path = /banner; stop after=dismiss; stop after=click; fragment banner.html; }
  personalize_campaign thanks { slot s; when request.path = /buy;    stop after=conversion; fragment thanks.html; }
  personalize_campaign first  { slot s; when request.path = /group;  group overlays 1/session; fragment first.html; }
  personalize_campaign second { slot t; when request.path = /group;  group overlays; fragment second.html; }
  personalize_campaign plain  { slot s; when request.path = /plain;  fragment plain.html; }`;

const fragments = {
  twice: '<p data-pz-campaign="twice">Twice</p>',
  above: '<p data-pz-campaign="above">Above</p>',
  below: '<p data-pz-campaign="below">Below</p>',
  banner: '<div data-pz-campaign="banner"><a href="#there">Go</a><button data-pz-dismiss>Close</button></div>',
  thanks: '<p data-pz-campaign="thanks">Buy</p>',
  first: '<p data-pz-campaign="first">First</p>',
  second: '<p data-pz-campaign="second">Second</p>',
  plain: '<p data-pz-campaign="plain" data-pz-uncounted>Plain</p>',
};

const page = (before = '') => `<!doctype html><html><head><title>Page</title></head><body>${before}
  <!--pz:s--><!--/pz--><!--pz:t--><!--/pz--><p id="there">There</p></body></html>`;

let nginx;
let origin;
let browser;

before(async () => {
  const files = {
    'html/below': page('<!--pz:u--><!--/pz--><div style="height: 300vh"></div>'),
    'html/popup': page('<!--pz:u--><!--/pz-->'),
    'html/thank-you':
      page('<b data-pz-conversion></b><script src="/_pz/personalize.js" defer></script>'),
  };
  for (const name of ['twice', 'bar', 'banner', 'buy', 'group', 'plain', 'elsewhere']) {
    files[`html/${name}`] = page();
  }
  for (const [name, text] of Object.entries(fragments)) {
    files[`${name}.html`] = text;
  }
  nginx = await startNginx({
    files,
    server: `
    add_header Content-Security-Policy "default-src 'self'; style-src 'self' 'unsafe-inline'";
    ${campaigns}
    location = /status { personalize_status; }`,
  });
  ({ origin } = nginx);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

const visitor = (t, options) => newVisitor(t, browser, options);

const shows = async (page, path) => {
  await page.goto(origin + path);
  return page.locator('[data-pz-campaign]').count();
};
const cookie = async (page) =>
  (await page.context().cookies()).find(({ name }) => name === 'pz')?.value ?? '';
// When so many campaigns are noted.
const noted = (page, count = 1) => page.waitForFunction((n) => (document.cookie.match(/pz=1\.\w+\.\w+\.\w+((?:~[^~;]+)*)/)?.[1].split('~').length ?? 0) > n, count);
const notes = async (page) => (await cookie(page)).split('~').length - 1;
const status = async () => (await fetch(`${origin}/status?format=json`)).json();
const events = async () => (await status()).events;
const impressions = async (name) => (await status()).campaigns[name].impression;

test('a cap is reached, and the next page has none', async (t) => {
  const page = await visitor(t);
  for (let i = 0; i < 2; i++) {
    assert.equal(await shows(page, '/twice'), 1);
    await page.waitForFunction((n) => document.cookie.includes(`~`) && Number(document.cookie.match(/pz=1\.(\w+)/)[1]) === n, i + 1);
  }
  assert.equal(await shows(page, '/twice'), 0);
  assert.equal(await shows(page, '/twice'), 0);
  assert.equal(await shows(await visitor(t), '/twice'), 1, 'another visitor has one of their own');
});

test('what the server says and what the script notes is the same', async (t) => {
  const page = await visitor(t);
  const answer = page.waitForResponse((response) => response.url() === `${origin}/_pz/e`);
  assert.equal(await shows(page, '/twice'), 1);
  await noted(page);
  const before = await cookie(page);
  const response = await answer;
  assert.equal(response.status(), 204);
  assert.match((await response.allHeaders())['set-cookie'], /Max-Age=31536000/);
  const minuteLess = (value) => value.replace(/^(1\.\w+\.\w+)\.\w+/, '$1');
  assert.equal(minuteLess(await cookie(page)), minuteLess(before));
});

test('only what comes into view is counted', async (t) => {
  const page = await visitor(t);
  assert.equal(await shows(page, '/below'), 2);
  await noted(page);
  assert.equal(await notes(page), 1, 'what stands above');
  assert.equal(await shows(page, '/below'), 2);
  await page.locator('#there').scrollIntoViewIfNeeded();
  await noted(page, 2);
  assert.equal(await shows(page, '/below'), 1);
});

test('a bar that was closed is gone, on the next page too', async (t) => {
  const page = await visitor(t);
  assert.equal(await shows(page, '/bar'), 1);
  await page.getByRole('button', { name: 'Close' }).click();
  assert.equal(await page.locator('pz-hello-bar').isVisible(), false);
  assert.equal(await shows(page, '/bar'), 0);
});

test('a click is told, though the page is left by it', async (t) => {
  const page = await visitor(t);
  const before = await events();
  assert.equal(await shows(page, '/bar'), 1);
  await page.getByRole('link', { name: 'Look' }).click();
  await page.waitForURL(`${origin}/elsewhere`);
  await until('it is counted', async () => (await events()).click === before.click + 1);
});

test('a popup counts when it opens, and comes once a session', async (t) => {
  const page = await visitor(t);
  assert.equal(await shows(page, '/popup'), 2);
  await noted(page);
  assert.equal(await notes(page), 1, 'what stands in the page; the popup was not seen yet');
  assert.equal(await shows(page, '/popup'), 2);
  await leaveAtTheTop(page);
  await page.getByRole('dialog').waitFor();
  await noted(page, 2);
  await page.keyboard.press('Escape');
  assert.equal(await shows(page, '/popup'), 1);
});

test('a fragment is stopped by closing it, or by a click', async (t) => {
  for (const name of ['Close', 'Go']) {
    const page = await visitor(t);
    assert.equal(await shows(page, '/banner'), 1);
    await page.getByText(name, { exact: true }).click();
    assert.equal(await page.locator('[data-pz-campaign]').isVisible(), name === 'Go');
    assert.equal(await shows(page, '/banner'), 0, name);
  }
});

test('a conversion stops what the visitor has seen', async (t) => {
  const page = await visitor(t);
  assert.equal(await shows(page, '/buy'), 1);
  await noted(page);
  assert.equal(await shows(page, '/buy'), 1);
  await page.goto(`${origin}/thank-you`);
  assert.equal(await shows(page, '/buy'), 0);

  const other = await visitor(t);
  // A cookie in the answer to the impression would take the conversion's place until the page is left.
  const answer = other.waitForResponse((response) => response.url() === `${origin}/_pz/e`);
  assert.equal(await shows(other, '/buy'), 1);
  await noted(other);
  await answer;
  await other.evaluate(() => document.dispatchEvent(new CustomEvent('pz:conversion', { detail: 'thanks' })));
  assert.equal(await shows(other, '/buy'), 0);
});

test('a late answer does not undo what was noted meanwhile', async (t) => {
  const page = await visitor(t);
  const asked = [];
  await page.route(`${origin}/_pz/e`, (route) => asked.push(route));
  await shows(page, '/twice');
  await until('the impression is reported', () => asked.length === 1);
  const first = await asked[0].fetch();
  await page.evaluate(() => document.dispatchEvent(new CustomEvent('pz:conversion', { detail: 'twice' })));
  await until('the conversion is reported', () => asked.length === 2);
  const newer = await cookie(page);
  await asked[0].fulfill({ response: first });
  await until('the answer is there', async () => (await page.evaluate(() => performance.getEntriesByType('resource')))
    .some(({ name, responseEnd }) => name.endsWith('/e') && responseEnd > 0));
  await until('the newer state is back', async () => (await cookie(page)) === newer);
  await asked[1].continue();
});

test('a group is counted together', async (t) => {
  const page = await visitor(t);
  assert.equal(await shows(page, '/group'), 2);
  await noted(page);
  assert.equal(await shows(page, '/group'), 0);
});

test('what needs not be remembered is told, and leaves no cookie', async (t) => {
  const page = await visitor(t);
  const before = await impressions('plain');
  const answer = page.waitForResponse((response) => response.url() === `${origin}/_pz/e`);
  assert.equal(await shows(page, '/plain'), 1);
  assert.equal((await (await answer).allHeaders())['set-cookie'] ?? '', '');
  assert.equal(await cookie(page), '');
  assert.equal(await impressions('plain'), before + 1);
});

test('without consent the script leaves no cookie', async (t) => {
  const page = await visitor(t);
  await page.setExtraHTTPHeaders({ 'Sec-GPC': '1' });
  const before = await impressions('twice');
  for (let i = 0; i < 3; i++) {
    const answer = page.waitForResponse((response) => response.url() === `${origin}/_pz/e`);
    assert.equal(await shows(page, '/twice'), 1);
    await answer;
    assert.equal(await cookie(page), '');
  }
  assert.equal(await impressions('twice'), before + 3);
});

test('where cookies are forbidden, nothing breaks', async (t) => {
  const page = await visitor(t);
  await page.addInitScript(() => {
    Object.defineProperty(Document.prototype, 'cookie', {
      get() { throw new DOMException('The operation is insecure.', 'SecurityError'); },
      set() { throw new DOMException('The operation is insecure.', 'SecurityError'); },
    });
  });
  for (let i = 0; i < 3; i++) {
    await page.context().clearCookies();
    assert.equal(await shows(page, '/twice'), 1);
  }
  await page.context().clearCookies();
  await shows(page, '/bar');
  await page.getByRole('button', { name: 'Close' }).click();
  assert.equal(await page.locator('pz-hello-bar').isVisible(), false);
});

test('without scripts nothing is counted, and links work', async (t) => {
  const page = await visitor(t, { javaScriptEnabled: false });
  for (let i = 0; i < 3; i++) {
    assert.equal(await shows(page, '/twice'), 1);
  }
  await shows(page, '/bar');
  await page.getByRole('link', { name: 'Look' }).click();
  await page.waitForURL(`${origin}/elsewhere`);
  assert.equal(await cookie(page), '');
});

test('a full cookie stays within its bounds', async (t) => {
  const page = await visitor(t);
  // The server refuses reports of campaigns that it does not have.
  await page.route(`${origin}/_pz/e`, (route) => route.fulfill({ status: 204 }));
  await page.goto(`${origin}/twice`);
  await page.evaluate(async () => {
    for (let i = 0; i < 100; i++) {
      const element = document.createElement('p');
      element.dataset.pzCampaign = `many-${i}`;
      element.innerHTML = '<button data-pz-dismiss>Close</button>';
      document.body.append(element);
      element.firstChild.click();
    }
  });
  const value = await cookie(page);
  assert.ok(value.length <= 1800, `${value.length} bytes`);
  assert.ok(value.split('~').length <= 41);
  // The server reads it as it is.
  assert.equal((await page.goto(`${origin}/twice`)).status(), 200);
});

test('the runtime script is small', async () => {
  const script = await (await fetch(`${origin}/_pz/personalize.js`)).arrayBuffer();
  const stream = new Blob([script]).stream().pipeThrough(new CompressionStream('gzip'));
  const size = (await new Response(stream).arrayBuffer()).byteLength;
  assert.ok(size <= 8192, `${size} bytes`);
});
