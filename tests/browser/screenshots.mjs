// Pictures of all widgets, for people with taste:
//
//   node tests/browser/screenshots.mjs            build/screenshots/gallery/: the gallery on a desktop and a
//                                                 phone, light, dark, from right to left, with all that opens
//   node tests/browser/screenshots.mjs --docs     docs/images/widgets/: one picture of each widget
//
// scripts/demo must be able to run: the module is built.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, launchBrowser, root, userAgent } from './support.mjs';

const run = promisify(execFile);
const demo = join(root, 'scripts/demo');
const forDocs = process.argv.includes('--docs');
const folder = join(root, forDocs ? 'docs/images/widgets' : 'build/screenshots/gallery');
const desktop = { width: 1280, height: 860 };
const phone = { width: 390, height: 844 };
const large = { width: 3840, height: 2160 };

// What opens, and how it is opened where nobody triggers it.
const overlays = {
  'popup': () => document.querySelector('pz-popup dialog').showModal(),
  'exit-popup': () => document.querySelector('pz-exit-popup dialog').showModal(),
  'side-coupon': () => { document.querySelector('.pz-side').open = true; },
  'floating-icon': () => document.querySelector('.pz-fab-card').showPopover(),
};

async function open(browser, origin, path, viewport) {
  const context = await browser.newContext({
    viewport, userAgent, reducedMotion: 'reduce', deviceScaleFactor: forDocs ? 1.5 : 1, isMobile: viewport === phone, hasTouch: viewport === phone,
  });
  const page = await context.newPage();
  // Who has been here before: what can be won is for visitors whose id has come back.
  await page.goto(origin);
  await page.goto(`${origin}/gallery/${path}/`, { waitUntil: 'networkidle' });
  // Pictures that wait for being looked at.
  await page.evaluate(() => Promise.all([...document.images].map((image) => {
    image.loading = 'eager';
    return image.decode().catch(() => {});
  })));
  return page;
}

async function pictureAll(browser, origin) {
  const views = [
    ['desktop-light', 'light/en', desktop], ['desktop-dark', 'dark/en', desktop], ['desktop-own', 'own/pl', desktop],
    ['phone-light', 'light/en', phone], ['phone-dark', 'dark/ru', phone], ['phone-rtl', 'light/ar', phone],
    ['desktop-rtl', 'dark/ar', desktop], ['4k', 'light/en', large],
  ];
  for (const [name, path, viewport] of views) {
    const page = await open(browser, origin, path, viewport);
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    for (const [widget, show] of Object.entries(overlays)) {
      await page.reload({ waitUntil: 'networkidle' });
      await page.evaluate(show);
      await page.screenshot({ path: join(folder, `${name}-${widget}.png`) });
    }
    await page.context().close();
  }
}

async function pictureEach(browser, origin) {
  const jpeg = (name) => ({ path: join(folder, `${name}.jpg`), type: 'jpeg', quality: 82 });
  // What stays at an edge is in no other's picture.
  const hide = (which) => [...document.querySelectorAll(which)].forEach((one) => { one.style.visibility = 'hidden'; });
  const page = await open(browser, origin, 'light/en', { width: 860, height: 640 });
  await page.evaluate(hide, '.pz-side-place, .pz-floating');
  const places = await page.locator('.exhibit').evaluateAll((all) => all.map(({ id }) => id));
  for (const name of places.filter((one) => !overlays[one] && one !== 'hello-bar')) {
    await page.locator(`#${name} > div`).first().evaluate((place) => place.scrollIntoView({ block: 'center' }));
    const boxes = await page.locator(`#${name} > div:not(:has(dialog))`).evaluateAll((all) => all.map((one) => {
      const { left, top, right, bottom } = one.getBoundingClientRect();
      return [left, top + scrollY, right, bottom + scrollY];
    }));
    const [left, top, right, bottom] = boxes.reduce((a, b) => a.map((edge, i) => (i < 2 ? Math.min : Math.max)(edge, b[i])));
    const margin = 16;
    await page.screenshot({
      ...jpeg(name), fullPage: true,
      clip: { x: left - margin, y: top - margin, width: right - left + 2 * margin, height: bottom - top + 2 * margin },
    });
  }
  const bars = await page.locator('pz-hello-bar').last().boundingBox();
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ ...jpeg('hello-bar'), clip: { x: 0, y: 0, width: 860, height: Math.max(120, bars?.height ?? 0) } });
  await page.context().close();
  for (const [name, show] of Object.entries(overlays)) {
    const one = await open(browser, origin, 'light/en', { width: 860, height: 640 });
    await one.evaluate(hide, name === 'side-coupon' ? '.pz-floating' : '.pz-side-place');
    await one.evaluate(show);
    const card = await one.locator({ 'popup': 'pz-popup dialog', 'exit-popup': 'pz-exit-popup dialog', 'side-coupon': '.pz-side-card',
      'floating-icon': '.pz-fab-card' }[name]).boundingBox();
    const edge = name === 'side-coupon' || name === 'floating-icon';
    const x = Math.max(0, card.x - 60);
    const y = Math.max(0, card.y - 30);
    const width = edge ? 860 - x : card.width + 120;
    const height = Math.min(640, card.y + card.height + (name === 'floating-icon' ? 100 : 30)) - y;
    await one.screenshot({ ...jpeg(name), clip: { x, y, width, height } });
    await one.context().close();
  }
}

const directory = await mkdtemp(join(tmpdir(), 'screenshots-'));
const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
let browser;
try {
  await mkdir(folder, { recursive: true });
  await run(demo, ['--no-build', '--dir', directory, '--port', String(port)]);
  browser = await launchBrowser();
  await (forDocs ? pictureEach : pictureAll)(browser, origin);
  console.log(`screenshots: in ${folder}`);
} finally {
  await browser?.close();
  await run(demo, ['--stop', '--dir', directory]).catch(() => {});
  await rm(directory, { recursive: true, force: true });
}
