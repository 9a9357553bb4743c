// Caps and dismissals where the page is older than what the visitor has seen: in tabs opened before, after
// going back, and where Turbo and htmx change the document. A real NGINX, started for these tests.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { atEnd, launchBrowser, leaveAtTheTop, newVisitor, startNginx, until } from './support.mjs';

const library = (path) => readFile(new URL(`node_modules/${path}`, import.meta.url), 'utf8');
const page = (body, head = '') =>
  `<!doctype html><html><head><title>Page</title>${head}</head><body>${body}</body></html>`;
const slot = '<!--pz:s--><!--/pz-->';
const turbo = '<script src="/lib/turbo.js"></script>';
const htmx = '<script src="/lib/htmx.js"></script><meta name="htmx-config" content=\'{"includeIndicatorStyles": false}\'>';

let nginx;
let browser;

before(async () => {
  const files = {
    'html/lib/turbo.js': await library('@hotwired/turbo/dist/turbo.es2017-umd.js'),
    'html/lib/htmx.js': await library('htmx.org/dist/htmx.min.js'),
    'html/elsewhere': page('<p>Elsewhere</p>'),
    'html/boosted': page(`${slot}<nav hx-boost="true"><a href="/boosted">Again</a></nav>`, htmx),
    'html/parts': page('<button hx-get="/part" hx-target="#part">Load</button><div id="part"></div>', htmx),
    'html/part': slot,
    'html/turbo-thanks': page('<b data-pz-conversion></b><a href="/turbo">Back</a>', turbo),
    'html/turbo': page(`${slot}<a href="/turbo">Again</a><a href="/turbo-thanks">Buy</a>`, turbo),
    'banner.html': '<p data-pz-campaign="NAME" class="banner">Banner</p>',
  };
  for (const name of ['popup', 'bar', 'once', 'grouped']) {
    files[`html/${name}`] = page(`${slot}<!--pz:t--><!--/pz--><a href="/elsewhere">Elsewhere</a>`);
  }
  for (const name of ['once', 'twice', 'part', 'turbo']) {
    files[`${name}.html`] = `<p data-pz-campaign="${name}">Banner</p>`;
  }
  nginx = await startNginx({
    files,
    server: `
    add_header Content-Security-Policy "default-src 'self'; style-src 'self' 'unsafe-inline'";
    personalize_campaign popup  { slot s; when request.path = /popup; widget exit-popup; set title Wait; }
    personalize_campaign bar    { slot s; when request.path = /bar; widget hello-bar; set text Hello; }
    personalize_campaign once   { slot s; when request.path = /once; cap 1/session; fragment once.html; }
    personalize_campaign first  { slot s; when request.path = /grouped; group overlays 1/session; widget exit-popup; set title One; }
    personalize_campaign second { slot t; when request.path = /grouped; group overlays; widget exit-popup; set title Two; }
    personalize_campaign twice  { slot s; when request.path = /boosted; cap 2/session; fragment twice.html; }
    personalize_campaign part   { slot s; when request.path = /part; cap 2/session; fragment part.html; }
    personalize_campaign turbo  { slot s; when request.path = /turbo; cap 2/session; stop after=conversion; fragment turbo.html; }
    location = /status { personalize_status; }
    location /lib/ { types { text/javascript js; } }`,
  });
  browser = await launchBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

const visitor = (t) => newVisitor(t, browser);
const open = (page, path) => page.goto(nginx.origin + path);
const events = async () => (await (await fetch(`${nginx.origin}/status?format=json`)).json()).events;
const banner = (page) => page.locator('[data-pz-campaign]');
const asked = (page) => page.waitForResponse((response) => response.url().includes('/_pz/may?'));
const noted = (page) => page.waitForFunction(() => /pz=1\.\w+\.\w+\.\w+~/.test(document.cookie));

async function othersOf(page, path, count) {
  const tabs = [];
  for (let i = 0; i < count; i++) {
    tabs.push(await page.context().newPage());
    await open(tabs[i], path);
  }
  return tabs;
}

test('a popup opens in one of the tabs that were open before', async (t) => {
  const page = await visitor(t);
  await open(page, '/popup');
  const tabs = await othersOf(page, '/popup', 2);
  await leaveAtTheTop(page);
  await page.getByRole('dialog').waitFor();
  await noted(page);
  for (const tab of tabs) {
    const answer = asked(tab);
    await leaveAtTheTop(tab);
    assert.deepEqual(await (await answer).json(), { popup: 'capped' });
    await leaveAtTheTop(tab);
    assert.equal(await tab.locator('dialog[open]').count(), 0);
  }
});

test('a popup that is closed at once has been seen, too', async (t) => {
  const page = await visitor(t);
  const before = (await events()).impression;
  await open(page, '/popup');
  await leaveAtTheTop(page);
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await noted(page);
  await open(page, '/popup');
  await leaveAtTheTop(page);
  assert.equal(await page.locator('dialog[open]').count(), 0);
  await until('it is counted once', async () => (await events()).impression === before + 1);
});

test('where nothing has happened since, a popup opens without asking', async (t) => {
  const page = await visitor(t);
  page.on('request', (request) => assert.ok(!request.url().includes('/may'), request.url()));
  await open(page, '/popup');
  await leaveAtTheTop(page);
  await page.getByRole('dialog').waitFor();
});

test('where nobody answers, a popup is not shown twice', async (t) => {
  const page = await visitor(t);
  await open(page, '/popup');
  const [tab, fresh] = await othersOf(page, '/popup', 2);
  await leaveAtTheTop(page);
  await page.getByRole('dialog').waitFor();
  await noted(page);
  await page.context().route('**/_pz/may*', (route) => route.fulfill({ status: 204 }));
  const answer = asked(tab);
  await leaveAtTheTop(tab);
  await answer;
  await leaveAtTheTop(tab);
  assert.equal(await tab.locator('dialog[open]').count(), 0);
  // Another campaign that was not seen is shown.
  await open(fresh, '/grouped');
  await tab.evaluate(() => document.dispatchEvent(new CustomEvent('pz:conversion', { detail: 'bar' })));
  await leaveAtTheTop(fresh);
  await fresh.getByRole('dialog').waitFor();
});

test('a group opens one popup of a page, though there are two', async (t) => {
  const page = await visitor(t);
  await open(page, '/grouped');
  assert.equal(await banner(page).count(), 2);
  await leaveAtTheTop(page);
  await page.getByRole('dialog').waitFor();
  await noted(page);
  await page.keyboard.press('Escape');
  // Who has just closed one is left alone for a while.
  let isAsked = false;
  asked(page).then(() => { isAsked = true; });
  await until('it is asked', async () => {
    await leaveAtTheTop(page);
    return isAsked;
  });
  await leaveAtTheTop(page);
  assert.equal(await page.locator('dialog[open]').count(), 0);
});

test('a bar that was closed in one tab is gone in the others', async (t) => {
  const page = await visitor(t);
  await open(page, '/bar');
  const [tab] = await othersOf(page, '/bar', 1);
  // (Where it was seen in the first tab already, the server is asked.)
  await tab.locator('pz-hello-bar').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await tab.evaluate(() => dispatchEvent(new Event('focus')));
  await tab.locator('pz-hello-bar').waitFor({ state: 'hidden' });
});

test('what the visitor is looking at stays when a cap is reached elsewhere', async (t) => {
  const page = await visitor(t);
  await open(page, '/once');
  await noted(page);
  const answer = asked(page);
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  assert.deepEqual(await (await answer).json(), { once: 'capped' });
  await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(await banner(page).isVisible(), true);
});

for (const hasCache of [true, false]) {
  const how = hasCache ? 'with' : 'without';
  // What keeps a page out of the cache: it is still connected to something.
  const prevent = (page) => hasCache || page.evaluate(() => {
    window.addEventListener('unload', () => {});
    navigator.locks?.request('held', () => new Promise(() => {}));
  });
  const goBack = async (page) => {
    await page.evaluate(() => history.back());
    await until('the page is there again', () => page.evaluate(() => document.title === 'Page' && location.pathname !== '/elsewhere').catch(() => false));
  };

  test(`a cap holds after going back, ${how} the browser's cache of pages`, async (t) => {
    const page = await visitor(t);
    await open(page, '/once');
    await noted(page);
    await page.evaluate(() => { window.isSame = true; });
    await prevent(page);
    await page.getByText('Elsewhere').click();
    await page.waitForURL('**/elsewhere');
    await goBack(page);
    assert.equal(await page.evaluate(() => window.isSame === true), hasCache);
    assert.equal(await banner(page).count(), 1, 'the page is the old one');
    await banner(page).waitFor({ state: 'hidden' });
  });

  test(`a popup does not open again after going back, ${how} the browser's cache of pages`, async (t) => {
    const page = await visitor(t);
    await open(page, '/popup');
    await prevent(page);
    const [tab] = await othersOf(page, '/popup', 1);
    await leaveAtTheTop(tab);
    await tab.getByRole('dialog').waitFor();
    await noted(tab);
    await page.getByText('Elsewhere').click();
    await page.waitForURL('**/elsewhere');
    await goBack(page);
    assert.equal(await banner(page).count(), 1, 'the page is the old one');
    await leaveAtTheTop(page);
    await leaveAtTheTop(page);
    assert.equal(await page.locator('dialog[open]').count(), 0);
  });
}

test('Turbo: a cap is reached, and what its cache still has is hidden', async (t) => {
  const page = await visitor(t);
  const before = await events();
  await open(page, '/turbo');
  const counts = [await banner(page).count()];
  for (let i = 1; i < 5; i++) {
    await until('the impression is counted', async () => (await events()).impression === before.impression + Math.min(i, 2));
    await page.evaluate(() => { document.body.dataset.old = ''; });
    await page.getByText('Again').click();
    await page.waitForFunction(() => !('old' in document.body.dataset));
    counts.push(await banner(page).count());
  }
  assert.deepEqual(counts, [1, 1, 0, 0, 0]);
  assert.equal((await events()).impression, before.impression + 2);
});

test('Turbo: a page that is visited later is a conversion', async (t) => {
  const page = await visitor(t);
  const before = await events();
  await open(page, '/turbo');
  await until('the impression is counted', async () => (await events()).impression === before.impression + 1);
  await page.getByText('Buy').click();
  await until('the conversion is counted', async () => (await events()).conversion === before.conversion + 1);
  // Turbo shows what it has kept of the page before, in which the campaign is.
  await page.goBack();
  await until('nothing is shown', async () =>
    new URL(page.url()).pathname === '/turbo' && !(await banner(page).isVisible()));
});

test('hx-boost: a cap is reached', async (t) => {
  const page = await visitor(t);
  const before = await events();
  await open(page, '/boosted');
  const counts = [await banner(page).count()];
  for (let i = 1; i < 4; i++) {
    await until('the impression is counted', async () => (await events()).impression === before.impression + Math.min(i, 2));
    await page.evaluate(() => { document.querySelector('nav').dataset.old = ''; });
    await page.getByText('Again').click();
    await page.waitForFunction(() => document.querySelector('nav') && !('old' in document.querySelector('nav').dataset));
    counts.push(await banner(page).count());
  }
  assert.deepEqual(counts, [1, 1, 0, 0]);
});

test('htmx: a fragment that comes later is counted', async (t) => {
  const page = await visitor(t);
  const before = await events();
  await open(page, '/parts');
  const counts = [];
  for (let i = 1; i < 4; i++) {
    const answer = page.waitForResponse('**/part');
    await page.getByText('Load').click();
    await answer;
    await until('the impression is counted', async () => (await events()).impression === before.impression + Math.min(i, 2));
    await page.waitForFunction(() => !document.querySelector('.htmx-request, .htmx-settling, .htmx-swapping'));
    counts.push(await banner(page).count());
  }
  assert.deepEqual(counts, [1, 1, 0]);
});

test('a script that makes another campaign of an element is seen', async (t) => {
  const page = await visitor(t);
  const before = await events();
  await open(page, '/once');
  await until('the impression is counted', async () => (await events()).impression === before.impression + 1);
  await page.evaluate(() => document.querySelector('[data-pz-campaign]').setAttribute('data-pz-campaign', 'twice'));
  await until('the impression is counted', async () => (await events()).impression === before.impression + 2);
});

test('without an endpoint a popup does not open in a second tab', async (t) => {
  const alone = await startNginx({
    files: { 'html/popup': page(slot) },
    endpoint: false,
    server: 'personalize_campaign popup { slot s; widget exit-popup; set title Wait; }',
  });
  atEnd(t, alone.stop);
  const first = await visitor(t);
  await first.goto(`${alone.origin}/popup`);
  const tab = await first.context().newPage();
  await tab.goto(`${alone.origin}/popup`);
  await leaveAtTheTop(first);
  await first.getByRole('dialog').waitFor();
  await noted(first);
  await leaveAtTheTop(tab);
  await leaveAtTheTop(tab);
  assert.equal(await tab.locator('dialog[open]').count(), 0);
});
