// Visual changes, made by the stream and by visual.js, against what GrowthBook's dom-mutator makes of the
// same page, on made-up pages in Chromium.
//
//   DIFFERENTIAL_CASES=5000 DIFFERENTIAL_SEED=7 node --test tests/differential/visual.test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { madeUpPages } from './pages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const driver = process.env.VISUAL_PAGES ?? join(root, 'build/tests/visual_pages');
const count = Math.min(Number(process.env.DIFFERENTIAL_CASES ?? 300), 20000);
const seed = Number(process.env.DIFFERENTIAL_SEED ?? 1);
const mutator = readFileSync(join(root, 'tests/differential/node_modules/dom-mutator/dist/dom-mutator.cjs.production.min.js'), 'utf8');

let state = seed;
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const one = (list) => list[Math.floor(random() * list.length)];

const selectors = ['p', 'div', 'template', 'span', 'li', 'h1', 'b', 'a', 'td', 'button', 'section', '.x', '.y', '#i', 'p.x', 'div > p', 'ul li',
  'section p', 'h1 + p', 'p ~ p', 'p:nth-of-type(2)', 'li:first-child', 'body > div', 'li:last-child', 'p:not(.x)', ':is(h1, h2)',
  'td:only-child', 'ul:empty', 'div:has(b)', '[title]', 'table', 'tr', 'select', 'details'];
const html = ['new', 'a <u-v>b</u-v>', '<u-v title="q">c</u-v>', '<div><u-v>d</u-v></div>', '<p>e</p>', '<a href="#">f</a>', '<ul><li>g</li></ul>',
  '', '&amp; &lt;', '<u-v>open', 'close</u-v>', '<script>1</script>', '<td>h</td>', '<img alt=i>', '<svg><path d="M0"/></svg>', '<button>j</button>',
  '<h2>k</h2>', '<!-- c -->l', '<table><tbody><tr><td>m</td></tr></tbody></table>'];
const mutation = () => {
  const selector = one(selectors);
  switch (Math.floor(random() * 6)) {
    case 0: return { selector, attribute: 'html', action: 'set', value: one(html) };
    case 1: return { selector, attribute: 'html', action: 'append', value: one(html) };
    case 2: return { selector, attribute: 'class', action: one(['append', 'remove', 'set']), value: one(['x', 'z', 'y', 'n o', '']) };
    case 3: return { selector, attribute: 'className', action: one(['append', 'remove', 'set']), value: one(['z', ' z', 'x y', '']) };
    case 4: return { selector, attribute: 'position', action: 'set', value: '', parentSelector: one(['body', 'main', 'div', 'section']),
      insertBeforeSelector: random() < 0.5 ? '' : one(['p', 'h1', 'div']) };
    default: return { selector, attribute: one(['title', 'data-a', 'hidden', 'style', 'TITLE']), action: one(['append', 'remove', 'set']), value: one(['v', '"<&', 'color: red', '']) };
  }
};

const pages = madeUpPages(seed);
const content = () => {
  for (;;) {
    const body = pages.next().value;
    if (!/[\0\x80-\xff]|<\/?(html|head|body|frameset|plaintext|embed|object)|<!doctype/i.test(body)) {
      return body;
    }
  }
};
// Pages with an element that a stream may move, if nothing around it is in the way.
const some = () => random() < 0.5 ? '' : random() < 0.5 ? '<p>q</p> r ' : content();
const movable = () => {
  const element = one([`<div id=e class=w>${some()}</div>`, `<p id=e class=w>${one(['s', '<b>s</b>', some()])}</p>`, '<img id=e class=w alt=s>',
    `<ul id=e class=w><li>${some()}</li></ul>`, `<a id=e class=w href=#>${some()}</a>`, `<svg id=e class=w><path d=M0 /></svg>`]);
  const end = one(['<h6>u</h6>', '<h6 title=t>u</h6>v', '', '<b>v</b>', '<li>v']);
  const name = one(['section', 'section', 'nav', 'ul', 'p', 'form', 'li', 'h2', 'td']);
  return `${some()}<div class=o>${some()}${element}${some()}</div>${some()}<${name} class=k>${some()}${end}${some()}</${name}>${some()}${end}`;
};
const movement = () => ({ selector: one(['#e', '#e', '.w', '.o > *', '.o > :nth-child(1)', 'main .w', '.w:first-child']), attribute: 'position', action: 'set', value: '',
  parentSelector: one(['.k', '.k', 'main', 'main > section', '.o', '.o ~ *']), insertBeforeSelector: one(['', '', 'h6', 'h6', '.k', '.k > h6', '.w ~ *']) });
const cases = ['set', 'append'].map((action) => ({ html: '<!doctype html><html><head><title>t</title></head><body><main><template>a<b>c</b></template></main></body></html>',
  mutations: [{ selector: 'template', attribute: 'html', action, value: '<u-v>d</u-v>' }] }));
while (cases.length < count) {
  const isMovable = random() < 0.4;
  const body = isMovable ? movable() : content();
  {
    const changes = Array.from({ length: 1 + Math.floor(random() * 3) }, mutation);
    if (isMovable) {
      changes.splice(random() < 0.7 ? 0 : 1, 3, movement());
    }
    cases.push({ html: `<!doctype html><html><head><title>t</title></head><body><main>${body}</main></body></html>`, mutations: changes });
  }
}

const patience = 120000; // milliseconds, for a machine with much else to do

// What is in the page, without what is ours.
const shown = () => {
  const copy = document.documentElement.cloneNode(true);
  copy.querySelectorAll('head > [data-pz-visual], head > script').forEach((element) => element.remove());
  // In one order.
  copy.querySelectorAll('*').forEach((element) => {
    element.removeAttribute('data-pz-moved');
    const all = [...element.attributes].sort((a, b) => a.name < b.name ? -1 : 1);
    all.forEach((attribute) => element.removeAttributeNode(attribute));
    all.forEach((attribute) => element.setAttributeNode(attribute));
  });
  return copy.outerHTML;
};
// Returns nothing where dom-mutator fails, or does not come to rest: what is appended to an element in which
// another mutation changes something is appended again.
const mutate = ([source, mutations]) => {
  const exports = {};
  new Function('exports', 'module', source)(exports, { exports });
  const matched = mutations.map(({ selector }) => [...document.querySelectorAll(selector)]);
  const isNested = mutations.some(({ attribute }, i) => attribute === 'html' && matched[i].some((outer) =>
    matched.some((others, j) => others.some((inner) => (i !== j || inner !== outer) && outer.contains(inner)))));
  // It reads what is in tables and in elements without markup as if it were in a <div>.
  const isOther = mutations.some(({ attribute, action }, i) => attribute === 'html' && action === 'append' &&
    matched[i].some((element) => element.matches('table, thead, tbody, tfoot, tr, colgroup, select, noframes, noembed, xmp, iframe, noscript, script, style, textarea, title')));
  const isMoved = mutations.filter(({ attribute }) => attribute === 'position').length;
  if (isOther || (isNested && mutations.length > 1) || isMoved > 1 || (isMoved && mutations.some(({ attribute }) => attribute === 'html'))) {
    return null;
  }
  const all = (selector) => [...document.querySelectorAll(selector)];
  const found = [];
  try {
    for (const one of mutations) {
      found.push(all(one.selector));
      // It moves all elements that match when it begins, and later no other than the first.
      if (one.attribute === 'position' && found.at(-1).length > 1) {
        return null;
      }
      exports.default.declarative(one);
    }
  } catch {
    return null;
  }
  // What a later change makes match an earlier one, it finds when elements come or go, if any do.
  return mutations.every(({ selector, attribute }, i) => (attribute === 'position' && found[i].length) ||
    all(selector).every((element) => found[i].includes(element))) || null;
};

test(`visual changes of ${count} made-up pages are those of dom-mutator`, async () => {
  const answers = spawnSync(driver, { input: cases.map((one) => JSON.stringify(one)).join('\n'), maxBuffer: 1 << 30, encoding: 'utf8' });
  assert.equal(answers.status, 0, answers.stderr);
  const sent = answers.stdout.trim().split('\n').map((line) => JSON.parse(line));
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'], timeout: patience });
  const faults = [];
  let compared = 0;
  let streamed = 0;
  let moved = 0;
  try {
    let page;
    let body = '';
    const open = async () => {
      await page?.close();
      page = await browser.newPage();
      page.setDefaultTimeout(patience);
      await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body }));
    };
    const load = async (text) => {
      body = text;
      await page.goto('http://shop.test/');
    };
    // dom-mutator never ends on some pages, such as those with <embed>.
    const soon = (work, ms = 10000) => Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms, 'hangs'))]);
    const rest = () => new Promise((resolve) => setTimeout(resolve));
    await open();
    for (const [i, { html: original, mutations }] of cases.entries()) {
      await load(original);
      const outcome = await soon(page.evaluate(mutate, [mutator, mutations]));
      const expected = outcome === true && await soon(page.evaluate(rest).then(() => page.evaluate(shown)));
      if (outcome === 'hangs' || expected === 'hangs') {
        await open();
      }
      if (outcome !== true || expected === 'hangs') {
        continue;
      }
      const got = await soon(load(sent[i].html).then(() => page.evaluate(rest)).then(() => page.evaluate(shown)), patience);
      compared++;
      streamed += sent[i].streamed.every(Boolean) ? 1 : 0;
      moved += / data-pz-moved="\d+"/.test(sent[i].html) ? 1 : 0;
      if (got !== expected) {
        faults.push({ case: i, mutations, original, sent: sent[i].html.replace(/<script[^]*?<\/script>/g, ''), expected, got });
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`${compared} compared, in ${streamed} of them all changes by the stream, in ${moved} an element is moved by it`);
  assert.deepEqual(faults.slice(0, 5), []);
  assert.ok(compared > count / 3, `${compared} compared`);
});
