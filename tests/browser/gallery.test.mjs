// The gallery: every widget in a real browser, in each theme and language, with the policy
// `default-src 'self'`. What script does has tests of its own; here it is looks and access.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, launchBrowser, linger, newVisitor, root, userAgent } from './support.mjs';

const run = promisify(execFile);
const demo = join(root, 'scripts/demo');

let directory;
let origin;
let browser;
let axe;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gallery-'));
  const port = await freePort();
  await run(demo, ['--no-build', '--dir', directory, '--port', String(port)]);
  origin = `http://127.0.0.1:${port}`;
  browser = await launchBrowser();
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
});

after(async () => {
  await browser?.close();
  if (directory) {
    await run(demo, ['--stop', '--dir', directory]);
    await rm(directory, { recursive: true, force: true });
  }
});

const gallery = (theme, language) => `${origin}/gallery/${theme}/${language}/`;

// What axe finds, in a line for each. `rules` are all but for those who say otherwise.
async function faults(page, within, rules) {
  await page.evaluate(axe);
  const options = rules ? { runOnly: rules } : {};
  const { violations, passes } = await page.evaluate(([part, more]) => axe.run(part ?? document, more), [within, options]);
  assert.ok(passes.length, 'it has looked');
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}

for (const theme of ['light', 'dark', 'own']) {
  test(`axe finds nothing in the ${theme} theme`, async (t) => {
    const page = await newVisitor(t, browser, { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', userAgent });
    // What can be won is for visitors whose id has come back.
    await page.goto(origin);
    await page.goto(gallery(theme, 'en'));
    assert.ok(await page.locator('.pz-scratch').isVisible());
    assert.deepEqual(await faults(page), [], 'closed');

    await page.evaluate(() => {
      document.querySelector('.pz-side').open = true;
      document.querySelector('.pz-fab-card').showPopover();
      document.querySelectorAll('pz-survey [hidden]').forEach((part) => { part.hidden = false; });
    });
    assert.deepEqual(await faults(page), [], 'opened');

    for (const name of ['pz-popup', 'pz-exit-popup', 'pz-complements', 'pz-survey']) {
      await page.evaluate((one) => document.querySelector(`${one} dialog`).showModal(), name);
      assert.deepEqual(await faults(page, `${name} dialog`), [], name);
      await page.evaluate((one) => document.querySelector(`${one} dialog`).close(), name);
    }
    // Of what lies above a page axe cannot tell the colours: there must be nothing below.
    await page.evaluate(() => {
      const popups = [...document.querySelectorAll('pz-popup, pz-exit-popup, :is(pz-complements, pz-survey):has(dialog)')];
      popups.forEach((popup) => { popup.firstElementChild.open = true; popup.firstElementChild.style.position = 'static'; });
      document.body.replaceChildren(...popups);
    });
    assert.deepEqual(await faults(page, 'body', ['color-contrast']), [], 'colours of popups');
  });
}

// What of widgets is outside of the window.
const outside = (page) => page.evaluate(() => {
  document.querySelectorAll('dialog').forEach((dialog) => dialog.show());
  document.querySelector('.pz-side').open = true;
  document.querySelector('.pz-fab-card').showPopover();
  const isWide = (element) => {
    const { left, right } = element.getBoundingClientRect();
    return (left < -1 || right > innerWidth + 1) && !element.closest('.pz-recs-list, .pz-visually-hidden');
  };
  const all = [...document.querySelectorAll('[data-pz-campaign], [data-pz-campaign] *')];
  const wide = all.filter((e) => e.getClientRects().length && isWide(e)).map((e) => e.className);
  return document.documentElement.scrollWidth > innerWidth ? [...wide, 'the page'] : wide;
});

test('every language fits a screen of 320 pixels', async (t) => {
  const page = await newVisitor(t, browser, { viewport: { width: 320, height: 640 } });
  for (const language of ['en', 'pl', 'ro', 'ru', 'hi', 'th', 'ar']) {
    await page.goto(gallery('light', language));
    assert.deepEqual(await outside(page), [], language);
  }
});

test('the longest words fit, too', async (t) => {
  const page = await newVisitor(t, browser, { viewport: { width: 320, height: 640 } });
  await page.goto(gallery('own', 'en'));
  await page.evaluate(() => {
    const word = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen';
    const leaves = document.querySelectorAll('[data-pz-campaign] *:not(svg, svg *, input, progress, time *)');
    [...leaves].filter((e) => !e.children.length && e.textContent.trim().length > 3).forEach((e) => { e.textContent = word; });
  });
  assert.deepEqual(await outside(page), []);
});

test('on a phone, what belongs together stands together', async (t) => {
  const page = await newVisitor(t, browser, { viewport: { width: 390, height: 844 }, userAgent });
  await page.goto(origin);
  await page.goto(gallery('light', 'en'));
  const top = (selector) => page.locator(selector).evaluate((e) => e.getBoundingClientRect().top);
  const [field, consent, send] = [await top('.pz-lead .pz-field'), await top('.pz-consent'), await top('.pz-lead .pz-send')];
  assert.ok(field < consent && consent < send, 'the consent is above the button that it is for');
  // A countdown of days is one row.
  const tops = await page.evaluate(() => {
    document.querySelector('.pz-side').open = true;
    const parts = [...document.querySelectorAll('.pz-side [data-pz-unit]')];
    parts.forEach((part) => { part.hidden = false; });
    return [...new Set(parts.map((part) => part.getBoundingClientRect().top))].length + parts.length;
  });
  assert.equal(tops, 5);
  assert.equal(await page.locator('.pz-scratch').evaluate((e) => getComputedStyle(e).userSelect), 'none');
  await page.setViewportSize({ width: 1280, height: 860 });
  assert.ok(await top('.pz-lead .pz-send') < await top('.pz-consent'), 'where there is room, it is beside its field');
});

test('in a page without margins nothing sticks out', async (t) => {
  const page = await newVisitor(t, browser, { viewport: { width: 800, height: 860 } });
  await page.goto(gallery('light', 'en'));
  for (const width of [800, 1280, 3840]) {
    await page.setViewportSize({ width, height: 860 });
    await page.evaluate(() => {
      const main = document.querySelector('main');
      main.style.inlineSize = 'auto';
      document.querySelectorAll('.pz-row-button').forEach((button) => { button.hidden = false; });
    });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, `${width}`);
  }
});

test('who is new is told why there is no prize', async (t) => {
  const page = await newVisitor(t, browser, { userAgent });
  await page.goto(gallery('light', 'en'));
  await page.getByRole('link', { name: 'ask once more' }).click();
  await page.locator('.pz-reveal').waitFor();
  assert.equal(await page.getByRole('link', { name: 'ask once more' }).count(), 0);
});

test('large text stays readable: nothing is cut off', async (t) => {
  const page = await newVisitor(t, browser, { viewport: { width: 640, height: 800 } });
  await page.goto(gallery('light', 'pl'));
  const cut = await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%';
    const texts = document.querySelectorAll('[data-pz-campaign] :is(p, h2, a, button, label, code, summary, strong)');
    return [...texts]
      .filter((e) => e.getClientRects().length && !e.closest('.pz-side, .pz-fab, .pz-recs-list'))
      .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
      .map((e) => `${e.className}: ${e.textContent}`);
  });
  assert.deepEqual(cut, []);
});

// What has moved while the page was loaded, by a visitor who has never been there.
async function shiftsOf(t) {
  const page = await newVisitor(t, browser, { viewport: { width: 390, height: 844 } });
  await page.goto(gallery('light', 'en'));
  await linger(page, 500);
  return page.evaluate(() => new Promise((resolve) => {
    const seen = [];
    new PerformanceObserver((list) => seen.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(seen.map((entry) => ({
      value: entry.value, at: entry.startTime,
      what: entry.sources.map(({ node, previousRect, currentRect }) => [node?.className ?? node?.nodeName, previousRect, currentRect]),
    })))));
  }));
}

test('what arrives with the page moves nothing', async (t) => {
  // A slow machine may draw what is half there; what the page does by itself is seen each time.
  let shifts = await shiftsOf(t);
  for (let i = 0; i < 2 && shifts.length > 0; i++) {
    t.diagnostic(JSON.stringify(shifts));
    shifts = await shiftsOf(t);
  }
  assert.deepEqual(shifts, []);
});

test('without script, widgets are complete or absent', async (t) => {
  const page = await newVisitor(t, browser, { javaScriptEnabled: false });
  await page.goto(gallery('light', 'en'));
  for (const text of ['Free delivery in Europe', 'Sixty days to change', '€37.40 to free delivery', 'Chosen for you', 'Order now, at your place tomorrow',
    'The greenest thing we sell', 'The price has dropped']) {
    assert.ok(await page.getByText(text).first().isVisible(), text);
  }
  for (const absent of ['.pz-scratch-box', 'pz-survey', 'pz-lead-form', '.pz-copy', '.pz-close', '.pz-row-next',
    '.pz-bar-next', 'dialog']) {
    for (const one of await page.locator(absent).all()) {
      assert.equal(await one.isVisible(), false, absent);
    }
  }
  // The coupon opens by itself.
  await page.locator('.pz-side-tab').click();
  assert.ok(await page.getByText('AUTUMN10').isVisible());
  // So does the card.
  await page.locator('.pz-fab').click();
  assert.ok(await page.locator('.pz-fab-card').isVisible());
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.pz-fab-card').isVisible(), false);
});

test('the style sheet is small, and says what its sources say', async (t) => {
  const folder = join(root, 'src/widgets/style');
  const names = (await readdir(folder)).filter((name) => name !== 'preview.css').sort((a, b) => (b === 'base.css') - (a === 'base.css') || (a < b ? -1 : 1));
  const sources = (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('');
  const served = await (await fetch(`${origin}/_pz/personalize.css`)).text();
  assert.ok(served.length < 0.9 * sources.length, `${served.length} of ${sources.length} bytes`);
  const page = await newVisitor(t, browser);
  const read = (text) => page.evaluate((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return [...sheet.cssRules].map((rule) => rule.cssText.replace(/\s+/g, ''));
  }, text);
  assert.deepEqual(await read(served), await read(sources));
});

test('colours of the system, and paper', async (t) => {
  const page = await newVisitor(t, browser, { forcedColors: 'active' });
  await page.goto(gallery('light', 'en'));
  const border = await page.locator('.pz-card-cart').first().evaluate((e) => getComputedStyle(e).borderTopStyle);
  assert.equal(border, 'solid');
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.pz-side-tab').isVisible(), false);
  assert.equal(await page.locator('pz-hello-bar').first().isVisible(), false);
  assert.ok(await page.getByText('Chosen for you').isVisible());
});

test('a page may choose for itself, whatever the visitor prefers', async (t) => {
  const surface = (page) => page.evaluate(() => getComputedStyle(document.querySelector('.pz-popup')).backgroundColor);
  const page = await newVisitor(t, browser, { colorScheme: 'dark' });
  await page.goto(gallery('light', 'en'));
  assert.equal(await surface(page), 'rgb(255, 255, 255)', 'a page that is only light');
  await page.evaluate(() => { document.documentElement.dataset.pzTheme = 'auto'; });
  assert.equal(await surface(page), 'rgb(29, 32, 36)', 'a page that follows');
  await page.goto(gallery('dark', 'en'));
  assert.equal(await surface(page), 'rgb(29, 32, 36)');
});
