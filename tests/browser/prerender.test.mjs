// Pages that the browser fetches or renders before anybody has asked for them, by speculation rules. A real
// NGINX and Chromium, started for these tests.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
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
    addEventListener('load', () => fetch('/loaded?' + document.prerendering));
    document.addEventListener('prerenderingchange', () => fetch('/activated'));
  </script>`;

let nginx;

before(async () => {
  nginx = await startNginx({
    files: {
      'html/start': start('prerender', '/thank-you'),
      'html/thank-you':
        page(`<b data-pz-conversion></b><script src="/_pz/personalize.js" defer></script>${tells}`),
    },
    server: `
    access_log access.log;
    location = /status { access_log off; personalize_status; }
    location = /go { access_log off; }
    location = /loaded { return 204; }
    location = /activated { return 204; }`,
  });
});

after(() => nginx?.stop());

const events = async () => (await (await fetch(`${nginx.origin}/status?format=json`)).json()).events;
const log = () => readFile(join(nginx.directory, 'access.log'), 'utf8');
const isLogged = (line) => async () => (await log()).includes(line);

test('a page that is prerendered tells nothing until somebody looks at it', async (t) => {
  t.after(await launchAlone(`${nginx.origin}/start`));
  await until('the page is prerendered', isLogged('GET /loaded?true'));
  assert.equal((await events()).conversion, 0);
  assert.ok(!(await log()).includes('POST /_pz/e'));
  await writeFile(join(nginx.directory, 'html/go'), '');
  await until('the page is looked at', isLogged('GET /activated'));
  await until('the conversion is counted', async () => (await events()).conversion === 1);
});
