// The page of personalize-report in a real browser: whole without anything from outside, accessible,
// and fit for desks, phones, the dark and paper.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { launchBrowser, newVisitor, root } from './support.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const hostile = '</style><script>document.title = "taken over"</script><img src=x onerror=alert(1)>';

let browser;
let directory;
let url;

// A shop whose numbers differ in every respect that the page shows.
function events() {
  const start = 1790000000000;
  const lines = [];
  let dice = 1;
  const chance = (p) => {
    dice = (dice * 48271) % 2147483647;
    return dice / 2147483647 < p;
  };
  const add = (event, visitor, time, fields) => lines.push(JSON.stringify({
    id: `0badcafe-${lines.length}`, event, time: start + time, visitor: String(visitor), origin: 'edge', ...fields,
  }));
  for (let i = 0; i < 6000; i++) {
    const time = i * 400000;
    const attributes = { 'geo.country': chance(0.5) ? 'PL' : 'DE' };
    const variant = chance(0.5) ? 'control' : chance(0.5) ? 'a_variant_with_a_name_that_is_rather_long' : hostile;
    add('exposure', i, time, { experiment: 'checkout', variant, attributes, split: `control=50,${variant}=25` });
    if (chance(variant === 'control' ? 0.1 : 0.17)) {
      add('conversion', i, time + 1, { metric: 'purchase', value: 10 + (i % 7), currency: 'EUR' });
    }
    add('exposure', i, time, { experiment: 'broken', variant: chance(0.6) ? 'control' : 'new', split: 'control=50,new=50' });
    add('impression', i, time, { campaign: hostile });
    if (chance(0.1)) {
      add('click', i, time, { campaign: hostile });
      add('answer', i, time, { question: hostile, answer: hostile });
    }
  }
  return lines.join('\n');
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'report-'));
  await writeFile(join(directory, 'events.jsonl'), events());
  await promisify(execFile)(join(root, 'build/personalize-report'), ['--format', 'html', '--by', 'geo.country',
    '--split', `checkout:control=50,a_variant_with_a_name_that_is_rather_long=25,${hostile}=25`,
    '--output', join(directory, 'report.html'), join(directory, 'events.jsonl')]);
  url = pathToFileURL(join(directory, 'report.html')).href;
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await rm(directory, { recursive: true, force: true });
});

async function open(t, options) {
  const page = await newVisitor(t, browser, options);
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(url);
  assert.deepEqual(asked, [url], 'it needs nothing from outside');
  return page;
}

for (const [name, options] of Object.entries({
  'a desk': { viewport: { width: 1280, height: 800 } },
  'the dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  'a phone': { viewport: { width: 360, height: 740 }, isMobile: true },
})) {
  test(`on ${name}: accessible, and no wider than the screen`, async (t) => {
    const page = await open(t, options);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 300)}`), []);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= options.viewport.width, `${width} pixels wide`);
  });
}

test('names from events are text', async (t) => {
  const page = await open(t);
  assert.equal(await page.title(), 'What the experiments say');
  assert.equal(await page.locator('script, img').count(), 0);
  assert.ok((await page.getByText(hostile).count()) > 3);
});

test('what is broken says so, before any number', async (t) => {
  const page = await open(t);
  const broken = page.locator('section', { has: page.getByRole('heading', { name: 'broken', exact: true }) });
  assert.match(await broken.getByRole('alert').textContent(), /Do not trust these numbers/);
  const whole = page.locator('section', { has: page.getByRole('heading', { name: 'checkout', exact: true }) });
  assert.equal(await whole.getByRole('alert').count(), 0);
  assert.match(await whole.textContent(), /“a_variant_with_a_name_that_is_rather_long” is better than control/);
  // One for each variant and outcome, of the shares, and of the visitors.
  assert.equal(await whole.locator('svg.plot').count(), 6);
  for (const box of await Promise.all((await whole.locator('svg.plot').all()).map((plot) => plot.boundingBox()))) {
    assert.ok(box.width > 200 && box.height > 60);
  }
});

test('paper shows what is folded on the screen', async (t) => {
  const page = await open(t, { viewport: { width: 800, height: 1100 } });
  const folded = page.locator('details:not([open]) table').first();
  assert.equal(await folded.isVisible(), false);
  await page.emulateMedia({ media: 'print' });
  assert.ok((await folded.boundingBox()).height > 50);
});
