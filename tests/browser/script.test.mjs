// The runtime script in pages that make it hard: with names that stand in for the document's members,
// with slots that are not rendered, and on phones. A real NGINX, started for these tests.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, leaveAtTheTop, newVisitor, startNginx, until } from './support.mjs';

// Names that HTML of a page's users may have.
const names = ['currentScript', 'cookie', 'querySelector', 'querySelectorAll', 'addEventListener', 'hidden',
  'body', 'prerendering', 'documentElement', 'createElement', 'dispatchEvent', 'pzLoaded', 'readyState'];
const members = ['closest', 'matches', 'getAttribute', 'hasAttribute', 'dataset', 'querySelector', 'style',
  'setAttribute', 'hidden', 'querySelectorAll', 'addEventListener', 'ownerDocument'];
const named = `
  ${names.map((name) => `<img name="${name}" id="${name}" src="/evil/" alt="">`).join('')}
  <form id="form">${members.map((name) => `<input name="${name}">`).join('')}</form>`;

const page = (around, head = '') => `<!doctype html><html><head><title>Page</title>${head}</head><body>
  ${around.replace('SLOT', '<!--pz:s--><!--/pz-->')}</body></html>`;
const long = `<style>#up { position: fixed; bottom: 0; right: 0; padding: 2rem; }</style>
  <div style="height: 9000px">SLOT</div><a id="up" href="#">Up</a>`;

let nginx;
let origin;
let browser;

before(async () => {
  nginx = await startNginx({
    files: {
      'html/popup': page('SLOT'),
      'html/named': page(`${named}SLOT`),
      'html/form': page('SLOT'),
      'html/hidden': page('<div hidden>SLOT</div>'),
      'html/details': page('<details><summary>More</summary>SLOT</details>'),
      'html/skipped': page('<div style="content-visibility: hidden">SLOT</div>'),
      'html/invisible': page('<div style="visibility: hidden; opacity: 0">SLOT</div>'),
      'html/faded': page('<div style="pointer-events: none; opacity: 0">SLOT</div>'),
      'html/closed': page('SLOT', '<style>body { display: none }</style>'),
      'html/long': page(long),
      'html/smooth': page(long, '<style>html { scroll-behavior: smooth }</style>'),
      'form.html': `<form data-pz-campaign="form" id="campaign">
        ${members.map((name) => `<input name="${name}">`).join('')}
        <button type="button" data-pz-dismiss>Close</button></form>`,
    },
    server: `
    personalize_campaign popup { slot s; unless request.path in /named /form; cap 99/session; widget exit-popup; set title Wait; }
    personalize_campaign bar   { slot s; when request.path = /named; widget hello-bar; set text Hello; }
    personalize_campaign form  { slot s; when request.path = /form; stop after=dismiss; fragment form.html; }
    location = /status { personalize_status; }
    location /evil/ { return 204; }`,
  });
  ({ origin } = nginx);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

const events = async () => (await (await fetch(`${origin}/status?format=json`)).json()).events;
const cookie = async (page) =>
  (await page.context().cookies()).find(({ name }) => name === 'pz')?.value ?? '';

// The test's own tools are misled by names, too.
async function closeWithMouse(page) {
  const [x, y] = await page.evaluate(() => {
    const close = Document.prototype.querySelector.call(document, '[data-pz-dismiss]');
    const box = close.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  });
  await page.mouse.click(x, y);
}

test('what is named like a member of the document stands in for nothing', async (t) => {
  const page = await newVisitor(t, browser);
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const before = await events();
  await page.goto(`${origin}/named`);
  await until('the impression is counted', async () => (await events()).impression === before.impression + 1);
  assert.match(await cookie(page), /^1\.\w+\.\w+\.\w+~/);
  assert.ok(asked.includes('/_pz/e'), 'reports go to the endpoint');
  assert.ok(!asked.includes('/evil/e'), 'and to nobody else');
  await closeWithMouse(page);
  await until('the dismissal is counted', async () => (await events()).dismiss === before.dismiss + 1);
});

test('a form whose fields are named like its members can be a campaign', async (t) => {
  const page = await newVisitor(t, browser);
  const before = await events();
  await page.goto(`${origin}/form`);
  await until('the impression is counted', async () => (await events()).impression === before.impression + 1);
  await closeWithMouse(page);
  await until('the dismissal is counted', async () => (await events()).dismiss === before.dismiss + 1);
  assert.equal(await page.getByText('Close').isVisible(), false);
});

for (const name of ['popup', 'hidden', 'details', 'skipped', 'invisible', 'faded']) {
  test(`a popup can be seen and closed: ${name}`, async (t) => {
    const page = await newVisitor(t, browser);
    const before = await events();
    await page.goto(`${origin}/${name}`);
    await leaveAtTheTop(page);
    await page.getByRole('dialog').waitFor();
    const { width, height } = await page.getByRole('dialog').boundingBox();
    assert.ok(width > 200 && height > 80, `${width} × ${height}`);
    await until('it is counted', async () => (await events()).impression === before.impression + 1);
    await page.getByRole('button', { name: 'Close' }).click();
    await until('so is that it was closed', async () => (await events()).dismiss === before.dismiss + 1);
    assert.equal(await page.locator('dialog[open]').count(), 0);
  });
}

test('a popup that nobody could see leaves the page alone', async (t) => {
  const page = await newVisitor(t, browser);
  await page.goto(`${origin}/closed`);
  await leaveAtTheTop(page);
  assert.equal(await page.locator('dialog[open]').count(), 0);
  // It comes when it can be seen.
  await page.addStyleTag({ content: 'body { display: block !important }' });
  await leaveAtTheTop(page);
  await page.getByRole('dialog').waitFor();
});

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

for (const name of ['long', 'smooth']) {
  test(`on a phone only a finger opens a popup: ${name}`, async (t) => {
    const page = await newVisitor(t, browser, phone);
    await page.goto(`${origin}/${name}`);
    const isOpen = () => page.locator('dialog[open]').count();
    // A scroll that has just come to its end is still under way.
    const restsAt = async (y) => {
      for (let rested = 0; rested < 10; rested = (await page.evaluate(() => scrollY)) === y ? rested + 1 : 0) {
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
    };
    const atTop = () => restsAt(0);
    const down = async () => {
      await page.evaluate(() => scrollTo({ top: 6000, behavior: 'instant' }));
      await restsAt(6000);
    };
    await down();
    await page.tap('#up');
    await atTop();
    await down();
    await page.evaluate(() => scrollTo({ top: 0, behavior: 'smooth' }));
    await atTop();
    assert.equal(await isOpen(), 0);

    const client = await page.context().newCDPSession(page);
    const touch = (type, y) =>
      client.send('Input.dispatchTouchEvent', { type, touchPoints: y ? [{ x: 190, y }] : [] });
    // On a busy machine a finger may be too slow.
    await until('the popup opens', async () => {
      await page.evaluate(() => scrollTo({ top: 6000, behavior: 'instant' }));
      await touch('touchStart', 100);
      await Promise.all(Array.from({ length: 10 }, (_, i) => touch('touchMove', 120 + 70 * i)));
      await touch('touchEnd');
      return isOpen();
    });
  });
}
