// Pages that the browser fetches or renders before anybody has asked for them, by speculation rules. A real
// NGINX and Chromium, started for these tests.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launchAlone, startNginx, until } from './support.mjs';

const page = (body, head = '') =>
  `<!doctype html><html><head><title>Page</title>${head}</head><body>${body}</body></html>`;

// Goes to `path`, which it has prefetched or prerendered, once there is a file /go.
const start = (how, path) => page(`
  <script>
    (async () => {
      while (!(await fetch('/go')).ok) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      location.href = '${path}';
    })();
  </script>`, `<script type="speculationrules">{"${how}": [{"urls": ["${path}"], "eagerness": "immediate"}]}</script>`);
const tells = `
  <script>
    addEventListener('load', () => fetch('/loaded?' + document.prerendering + '&' + location.pathname.slice(1)));
    document.addEventListener('prerenderingchange', () => fetch('/activated'));
  </script>`;

let nginx;

before(async () => {
  nginx = await startNginx({
    files: {
      'html/start': start('prerender', '/thank-you'),
      'html/prefetch-start': start('prefetch', '/tested?prefetch'),
      'html/prerender-start': start('prerender', '/tested?prerender'),
      'html/tested': page(`<!--pz:s-->Default<!--/pz-->${tells}`),
      'bar.html': '<p>Bar</p>',
      'html/thank-you':
        page(`<b data-pz-conversion></b><script src="/_pz/personalize.js" defer></script>${tells}`),
    },
    server: `
    personalize_visitor cookie=vid issue=on;
    personalize_bots except=HeadlessChrome;
    personalize_experiment bars { variants a=50 b=50; }
    personalize_campaign bar { slot s; when experiment.bars = b; when request.path = /tested; fragment bar.html; }
    access_log access.log;
    location = /status { access_log off; personalize_status; }
    location = /go { access_log off; }
    location = /loaded { return 204; }
    location = /activated { return 204; }`,
  });
});

after(() => nginx?.stop());

const status = async () => (await fetch(`${nginx.origin}/status?format=json`)).json();
const events = async () => (await status()).events;
const exposures = async () => {
  const { bars } = (await status()).exposures;
  return bars.a + bars.b;
};
const log = () => readFile(join(nginx.directory, 'access.log'), 'utf8');
const isLogged = (line) => async () => (await log()).includes(line);

// Lets the page that was started go where it wants to.
async function go(t) {
  const file = join(nginx.directory, 'html/go');
  await writeFile(file, '');
  t.after(() => rm(file));
}

test('a page that is prerendered tells nothing until somebody looks at it', async (t) => {
  t.after(await launchAlone(`${nginx.origin}/start`));
  await until('the page is prerendered', isLogged('GET /loaded?true&thank-you'));
  assert.equal((await events()).conversion, 0);
  assert.ok(!(await log()).includes('POST /_pz/e'));
  await go(t);
  await until('the page is looked at', isLogged('GET /activated'));
  await until('the conversion is counted', async () => (await events()).conversion === 1);
});

for (const how of ['prefetch', 'prerender']) {
  test(`a page that was made ready by ${how} is counted once it is looked at`, async (t) => {
    const before = await exposures();
    t.after(await launchAlone(`${nginx.origin}/${how}-start`));
    await until('the page is there', isLogged(`GET /tested?${how}`));
    if (how === 'prerender') {
      await until('its scripts have run', isLogged('GET /loaded?true&tested'));
    }
    assert.equal(await exposures(), before);
    await go(t);
    await until('the exposure is counted', async () => (await exposures()) === before + 1);
    assert.equal((await log()).split(`GET /tested?${how}`).length, 2, 'it was asked for once');
    assert.deepEqual((await status()).prefetched_views.refused, 0);
  });
}
