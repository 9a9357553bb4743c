// The status page in a real browser: live, accessible, safe, and of use without a script. A real
// NGINX, started for these tests, whose Redis is never there.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { freePort, launchBrowser, linger, newVisitor, startNginx, until } from './support.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shop = '<!doctype html><title>Shop</title><h1>Shop</h1>';
const hostile = '</script><img>&amp';
const person = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'user-agent': 'Mozilla/5.0 Chrome/126.0' };

let nginx;
let browser;

before(async () => {
  nginx = await startNginx({
    files: { 'html/index.html': shop },
    http: `
  personalize_redis 127.0.0.1:${await freePort()} timeout=50ms;
  personalize_cache zone=documents:1m;
  personalize_visitor cookie=vid;
  personalize_source profile "key=profile:\${visitor.id}";
  personalize_experiment bar_copy { variants control=60 shorter=40; }
  personalize_campaign bar { slot body-start; any { when experiment.bar_copy = control; when experiment.bar_copy = shorter; } widget hello-bar; set text Hello; }
  personalize_campaign gold { slot body-end; when profile.tier = gold; widget hello-bar; set text Hello; }
  personalize_campaign "${hostile}" { slot other; widget hello-bar; set text a; }
${Array.from({ length: 12 }, (_, i) => `  personalize_campaign more_${i} { slot other; widget hello-bar; set text a; }`).join('\n')}`,
    server: 'location = /status { personalize_status; }',
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

const visit = async (times) => {
  for (let i = 0; i < times; i++) {
    await (await fetch(nginx.origin, { headers: { ...person, cookie: `vid=v${i}` } })).text();
  }
};

async function open(t, options) {
  const page = await newVisitor(t, browser, options);
  await page.goto(`${nginx.origin}/status`);
  return page;
}

const interval = 3000; // more than the page waits between two looks

// The number in the row and column of the table of campaigns.
const shown = (page, campaign) => page.getByRole('region', { name: 'Campaigns' }).getByRole('row')
  .filter({ has: page.getByRole('rowheader', { name: campaign, exact: true }) })
  .getByRole('cell').nth(1).textContent();

async function complaints(page) {
  // As an operator would with the tools of the browser: the page's own policy does not apply.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ').slice(0, 300)}`);
}

test('numbers live, and only while somebody looks', async (t) => {
  await visit(3);
  const page = await open(t);
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await until('the first visits are told', async () => (await shown(page, 'bar')) === '3');
  await visit(4);
  await until('the page keeps up', async () => (await shown(page, 'bar')) === '7');
  assert.ok(asked.length > 0 && asked.every((url) => url === `${nginx.origin}/status?format=json`), asked.join());

  await page.getByRole('button', { name: 'Pause live numbers' }).click();
  const before = asked.length;
  await visit(1);
  await linger(page, interval);
  assert.equal(asked.length, before);
  await page.getByRole('button', { name: 'Go on with live numbers' }).click();
  await until('it goes on', async () => (await shown(page, 'bar')) === '8');
  assert.ok(asked.length > before);

  // Nobody sees it: as when another tab is chosen.
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const hidden = asked.length;
  await linger(page, interval);
  assert.equal(asked.length, hidden);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: false, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await until('it asks at once', () => asked.length > hidden);
});

test('a plot tells what was under the pointer', async (t) => {
  const page = await open(t, { viewport: { width: 1280, height: 900 } });
  const plot = page.locator('section').filter({ has: page.getByRole('heading', { name: /^Responses a second/ }) });
  await page.waitForResponse(async (response) => response.url().endsWith('?format=json'));
  await page.waitForResponse(async (response) => response.url().endsWith('?format=json'));
  await page.evaluate(() => {
    const box = document.querySelector('[data-plot] svg').getBoundingClientRect();
    globalThis.place = [box.left + 2, box.top + 20];
  });
  await page.mouse.move(...await page.evaluate(() => globalThis.place));
  await plot.getByText(/^\d+ s ago$/).first().waitFor();
  await page.mouse.move(5, 5);
  await page.mouse.move(6, 6);
  await until('it tells of now again', async () => !/ago/.test(await plot.getByRole('heading').textContent()));
});

test('what is wrong stands on top', async (t) => {
  await visit(2);
  const page = await open(t);
  const status = page.getByRole('status');
  await status.getByText(/Redis 127\.0\.0\.1:\d+ \(standalone\) is down for 1 of 1 workers\./).waitFor();
  await page.getByText('thing to look at').waitFor();
  await page.getByText('1 down', { exact: true }).first().waitFor();
});

test('names stay text, and campaigns can be found', async (t) => {
  const page = await open(t);
  await page.getByRole('rowheader', { name: hostile, exact: true }).waitFor();
  assert.equal(await page.locator('img').count(), 0);
  const rows = page.getByRole('region', { name: 'Campaigns' }).getByRole('row');
  assert.equal(await rows.count(), 1 + 15);
  const search = page.getByRole('searchbox', { name: 'Find a campaign' });
  await search.pressSequentially('more_1');
  await until('only those are left', async () => (await rows.count()) === 1 + 3);
  // (The field may be drawn anew between two questions: this is one.)
  assert.equal(await page.evaluate(() => document.activeElement.id), 'search', 'it keeps the focus');
  await visit(1);
  // The second one is asked for when the first has been drawn.
  await page.waitForResponse((response) => response.url().endsWith('?format=json'));
  await page.waitForResponse((response) => response.url().endsWith('?format=json'));
  assert.equal(await search.inputValue(), 'more_1');
});

for (const colorScheme of ['light', 'dark']) {
  for (const [device, viewport] of Object.entries({ desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } })) {
    test(`accessible on a ${device}, ${colorScheme}`, async (t) => {
      await visit(20);
      const page = await open(t, { colorScheme, viewport });
      await page.getByRole('img', { name: /^Responses a second, now: personalized/ }).waitFor();
      assert.deepEqual(await complaints(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
    });
  }
}

test('without a script all numbers are there', async (t) => {
  await visit(1);
  const page = await open(t, { javaScriptEnabled: false });
  const campaigns = page.locator('section').filter({ has: page.getByRole('heading', { name: 'campaigns', exact: true }) });
  const row = campaigns.getByRole('row').filter({ hasText: 'shown' }).first();
  assert.match(await row.textContent(), /^barshown\d+$/);
  assert.equal(await page.locator('#app').isVisible(), false);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

test('a server that goes away is told of', async (t) => {
  const page = await open(t);
  await page.getByRole('button', { name: 'Pause live numbers' }).waitFor();
  // Its answers are lost; what the browser logs of that is expected.
  await page.route('**/status?format=json', (route) => route.fulfill({ status: 503, body: '' }));
  const errors = page.context().listeners('console');
  page.context().removeAllListeners('console');
  await page.getByText('NGINX does not answer.').waitFor();
  await page.unroute('**/status?format=json');
  await until('it is back', async () => (await page.getByText('NGINX does not answer.').count()) === 0);
  errors.forEach((listener) => page.context().on('console', listener));
});

