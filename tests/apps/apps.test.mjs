// Whole applications of frameworks as their users have them, built and started by their own commands,
// behind a real NGINX: what the server has put into their pages is there after hydration, in the
// next page, and back, and is counted as often as it was seen.
//
// The applications are the folders beside this file, each with the pages /ROUTE/1 and /ROUTE/2 that
// link to each other. APPS names those to test, separated by spaces; all by default (they must have been built, as
// scripts/test does).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { atEnd, freePort, launchBrowser, newVisitor, startNginx, startRedis, until, userAgent } from '../browser/support.mjs';

// `streams`: the page has a slot in what comes after the rest of it.
const applications = {
  next: [{ route: 'p', streams: true }, { route: 'old' }],
  sveltekit: [{ route: 'p' }],
};
const wanted = (process.env.APPS ?? Object.keys(applications).join(' ')).split(' ');

let browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

// Starts the application, until the test ends; resolves to its origin once it answers.
async function start(t, application) {
  const port = await freePort();
  // A process group of its own, since npm starts others.
  const server = spawn('npm', ['start', '--silent'], {
    cwd: join(fileURLToPath(new URL('.', import.meta.url)), application),
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production' },
    detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  server.stdout.on('data', (text) => { said += text; });
  server.stderr.on('data', (text) => { said += text; });
  const closed = new Promise((resolve) => server.on('close', resolve));
  atEnd(t, async () => {
    if (server.exitCode === null) {
      process.kill(-server.pid, 'SIGKILL');
    }
    await closed;
  });
  const origin = `http://127.0.0.1:${port}`;
  await until(`${application} answers`, async () => {
    assert.equal(server.exitCode, null, `${application} ended: ${said}`);
    return fetch(origin).then(() => true, () => false);
  });
  return origin;
}

const startInFront = (origin, redis) => startNginx({
  files: {},
  http: `personalize_redis unix:${redis.socket} timeout=10s;
    personalize_events stream=events;`,
  server: `
    personalize_visitor cookie=vid issue=on;
    personalize_bots except=HeadlessChrome;
    personalize_experiment shown { variants a=100 b=0; }
    personalize_campaign recs { slot recs; when experiment.shown = a;
      content "<p data-pz-campaign='recs'>For {{page.item_id}}</p>"; }
    personalize_campaign reviews { slot reviews; content "<p data-pz-campaign='reviews'>Of {{page.item_id}}</p>"; }
    personalize_campaign bar { slot body-end; widget hello-bar; set text "Hello"; }
    personalize on;
    personalize_state on;
    proxy_http_version 1.1;
    proxy_set_header Accept-Encoding "";
    proxy_set_header Host $http_host;
    location = /status { personalize off; personalize_status; }
    location ~ ^/[a-z]+/(?<item>[0-9])$ { personalize_page type=product item_id=$item; proxy_pass ${origin}; }
    location ^~ /_pz/ { personalize_endpoint; }
    location ~ ^/[_a-z] { proxy_pass ${origin}; }`,
  endpoint: false,
});

for (const application of wanted) {
  for (const { route, streams = false } of applications[application]) {
    test(`${application}, /${route}: hydrates around what the server has put in, and gets it for the next page and back`, async (t) => {
      const redis = await startRedis();
      atEnd(t, redis.stop);
      const nginx = await startInFront(await start(t, application), redis);
      atEnd(t, nginx.stop);
      const shopper = await newVisitor(t, browser, { userAgent });

      const asked = [];
      const lost = [];
      shopper.on('request', (request) => request.url().includes('/_pz/slots') && asked.push(new URL(request.url()).searchParams));
      await shopper.exposeFunction('tellLost', (what) => lost.push(what));
      await shopper.addInitScript(() => document.addEventListener('pz:lost', (event) => window.tellLost(event.detail)));
      const status = async () => (await fetch(`${nginx.origin}/status?format=json`)).json();
      const seen = async () => (await status()).exposures.shown?.a ?? 0;
      const shows = (slot, text) => until(`${slot} shows ${text}`, async () =>
        (await shopper.locator(`[data-pz-slot=${slot}] [data-pz-campaign=${slot}]:visible`).allTextContents()).join() === text);
      const showsAll = async (item) => {
        await shows('recs', `For ${item}`);
        if (streams) {
          await shows('reviews', `Of ${item}`);
        }
        await until('the bar is there', async () => await shopper.locator('[data-pz-campaign=bar]:visible').count() === 1);
      };

      await shopper.goto(`${nginx.origin}/${route}/1`);
      await shopper.waitForSelector('html[data-hydrated]', { state: 'attached' });
      await showsAll(1);
      await until('the page is counted', async () => await seen() === 1);

      await shopper.click('text=The other');
      await shopper.waitForURL(`${nginx.origin}/${route}/2`);
      await showsAll(2);
      await shopper.goBack();
      await showsAll(1);
      // What a page has brought along was not asked for.
      const views = asked.filter((words) => words.get('count') === 'view').map((words) => words.get('path'));
      assert.deepEqual(views, [`/${route}/2`, `/${route}/1`]);
      await until('both views are counted', async () => await seen() === 3);
      assert.deepEqual(lost, []);
    });
  }
}
