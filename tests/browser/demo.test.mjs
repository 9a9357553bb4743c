// The demonstration in a real browser: it is started for these tests, on a port and in a directory
// of its own. Pictures go to build/screenshots.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, launchBrowser, leaveAtTheTop, linger, newContext, newVisitor, root } from './support.mjs';

const run = promisify(execFile);
const demo = join(root, 'scripts/demo');
const screenshots = join(root, 'build/screenshots');

const desktop = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

let directory;
let origin;
let browser;

before(async () => {
  await mkdir(screenshots, { recursive: true });
  directory = await mkdtemp(join(tmpdir(), 'demo-'));
  const port = await freePort();
  await run(demo, ['--no-build', '--dir', directory, '--port', String(port)]);
  origin = `http://127.0.0.1:${port}`;
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  if (directory) {
    await run(demo, ['--stop', '--dir', directory]);
    await rm(directory, { recursive: true, force: true });
  }
});

// A page as that visitor sees it. What the browser complains of (a script that fails, a rule of the
// Content-Security-Policy) fails the test.
async function visit(t, visitor, path = '/', options = {}) {
  const page = await newVisitor(t, browser, { viewport: desktop, ...options });
  await page.goto(`${origin}/as/${visitor}`);
  if (path !== '/') await page.goto(origin + path);
  return page;
}

const topOfPage = (page) =>
  page.evaluate(() => {
    const masthead = document.querySelector('.masthead').getBoundingClientRect().top;
    return [...document.body.querySelectorAll('*')]
      .filter((e) => e.children.length === 0 && !e.closest('.who, .skip, svg, style, script, .masthead'))
      .filter((e) => e.getBoundingClientRect().bottom <= masthead + 1 && e.getClientRects().length)
      .map((e) => e.innerText).join(' ');
  });

const shelf = (page) => page.locator('#recommended').innerText();

// The popup, once it has moved into its place.
async function openPopup(page) {
  const popup = page.getByRole('dialog');
  await popup.waitFor();
  await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
  return popup;
}

const visitors = [
  { name: 'new', bar: /Kraków/, shelf: /Popular in Poland/ },
  { name: 'returning', bar: /Welcome back, Ioana/, shelf: /Chosen for you, Ioana/ },
  { name: 'vip', bar: /Priya/, shelf: /Chosen for you, Priya/ },
  { name: 'unknown', bar: /^Free delivery in Europe from €75/, shelf: /^Bestsellers this month/ },
];

for (const visitor of visitors) {
  test(`the ${visitor.name} visitor sees a page of their own`, async (t) => {
    const page = await visit(t, visitor.name);
    assert.match(await topOfPage(page), visitor.bar);
    assert.match(await shelf(page), visitor.shelf);
    await page.screenshot({ path: join(screenshots, `home-${visitor.name}.png`), fullPage: true });
  });

  test(`the ${visitor.name} visitor's page fits a phone`, async (t) => {
    const page = await visit(t, visitor.name, '/', { viewport: phone });
    const { width, content } = await page.evaluate(() => ({
      width: innerWidth, content: document.documentElement.scrollWidth,
    }));
    assert.ok(content <= width, `${content} px of content on a screen of ${width} px`);
    await page.screenshot({ path: join(screenshots, `phone-${visitor.name}.png`) });
  });
}

test('two visitors see different bars, recommendations and delivery notes', async (t) => {
  const first = await visit(t, 'new', '/product/kettle/');
  const second = await visit(t, 'vip', '/product/kettle/');
  assert.notEqual(await topOfPage(first), await topOfPage(second));
  assert.notEqual(await shelf(first), await shelf(second));
  assert.match(await first.locator('.delivery').innerText(), /Kraków/);
  assert.match(await second.locator('.delivery').innerText(), /Bengaluru/);
  await first.screenshot({ path: join(screenshots, 'product-new.png') });
  await second.screenshot({ path: join(screenshots, 'product-vip.png') });
});

test('the strip at the top leads from one visitor to another on the same page', async (t) => {
  const page = await visit(t, 'returning', '/product/boots/');
  await page.getByRole('navigation', { name: 'Demonstration' }).getByRole('link', { name: 'Gold' }).click();
  // (The address is the same before and after: what is waited for is the page itself.)
  await page.getByText(/Priya, your gold preview/).waitFor();
  assert.equal(page.url(), `${origin}/product/boots/`);
  assert.match(await topOfPage(page), /Priya/);
});

test('the cart is the visitor\'s own', async (t) => {
  const page = await visit(t, 'returning', '/cart/');
  assert.match(await page.locator('.lines').innerText(), /Drift Daypack[^]*€119\.00[^]*Enamel Mugs/);
  assert.equal(await page.locator('.masthead .count').innerText(), '3');
  await page.screenshot({ path: join(screenshots, 'cart-returning.png'), fullPage: true });
  const other = await visit(t, 'unknown', '/cart/');
  assert.match(await other.locator('.cart').innerText(), /Nothing in it yet/);
  assert.equal(await other.locator('.masthead .count').innerText(), '0');
});

test('without scripts the bar, the recommendations and the cart are there', async (t) => {
  const page = await visit(t, 'vip', '/', { javaScriptEnabled: false });
  await page.getByText(/Priya, your gold preview/).waitFor();
  await page.getByText('Chosen for you, Priya').waitFor();
  assert.equal(await page.locator('.masthead .count').innerText(), '1');
});

test('the popup opens when the mouse leaves, closes with Esc, and gives the focus back', async (t) => {
  const page = await visit(t, 'returning');
  const popup = page.getByRole('dialog');
  assert.equal(await popup.count(), 0, 'closed at first');
  // (Not in a field: nothing opens over one.)
  await page.locator('.masthead a').last().focus();
  const before = await page.evaluate(() => document.activeElement.textContent);

  await leaveAtTheTop(page);
  await openPopup(page);
  assert.match(await popup.innerText(), /We will keep your cart, Ioana/);
  assert.equal(await page.evaluate(() => document.activeElement.closest('dialog') !== null), true,
    'the focus is in the popup');
  await page.screenshot({ path: join(screenshots, 'exit-popup-returning.png') });

  await page.keyboard.press('Escape');
  await popup.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), before, 'the focus is back');

  await leaveAtTheTop(page);
  await page.reload();
  await leaveAtTheTop(page);
  assert.equal(await popup.count(), 0, 'whoever closed it is not asked again');
});

test('the popup offers each visitor something else, and an unknown one nothing', async (t) => {
  const fresh = await visit(t, 'new');
  await leaveAtTheTop(fresh);
  assert.match(await (await openPopup(fresh)).innerText(), /Ten percent off[^]*FELL10/);
  await fresh.screenshot({ path: join(screenshots, 'exit-popup-new.png') });

  const vip = await visit(t, 'vip');
  await leaveAtTheTop(vip);
  assert.match(await (await openPopup(vip)).innerText(), /Marek/);

  const unknown = await visit(t, 'unknown');
  await leaveAtTheTop(unknown);
  assert.equal(await unknown.getByRole('dialog').count(), 0);
});

test('nothing is fetched from anywhere else', async (t) => {
  const page = await (await newContext(t, browser, { viewport: desktop })).newPage();
  const elsewhere = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) elsewhere.push(request.url());
  });
  for (const path of ['/as/returning', '/category/camp/', '/shop/', '/product/tent/', '/cart/']) {
    await page.goto(origin + path);
    await linger(page, 500);
  }
  assert.deepEqual(elsewhere, []);
});
