// GrowthBook's visual changes in a browser: no flicker, policies, frameworks, navigation by scripts. A real
// NGINX and Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, newVisitor, startNginx, until, userAgent } from './support.mjs';

const change = (selector, attribute, action, value, more) => ({ selector, attribute, action, value, ...more });
const changes = [
  change('h1', 'html', 'set', 'New <b>title</b>'),
  change('h1', 'class', 'append', 'big'),
  change('#text', 'html', 'append', '<i>!</i>'),
  change('img', 'alt', 'set', 'B'),
  change('li:last-child', 'html', 'set', 'last'),
  change('#moved', 'position', 'set', '', { parentSelector: 'main', insertBeforeSelector: 'h1' }),
];
// Everybody has the second variation.
const experiment = (key, pattern, variation, more) => ({
  key, changeId: `vs_${key}`, hashAttribute: 'id', hashVersion: 2, weights: [0, 1], coverage: 1,
  urlPatterns: [{ include: true, type: 'simple', pattern }], variations: [{}, variation], ...more });

// Notes in each frame what a visitor sees of what changes.
const watcher = `<script>
  window.frames = [];
  const look = () => {
    const seen = [...document.querySelectorAll('h1, #text, li:last-child, #moved')]
      .filter((element) => getComputedStyle(element).opacity !== '0')
      .map((element) => element.id === 'moved' ? element.nextElementSibling?.tagName ?? 'end' : element.textContent);
    window.frames.push(seen.join('|'));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
</script>`;
const body = '<main><h1 class="title">Old</h1><p id="text">Text</p><img alt="A"><ul><li>1</li><li>2</li></ul><p id="moved">M</p></main>';
const page = (inside = body, head = '') =>
  `<!doctype html><html><head><meta charset="utf-8"><title>Shop</title>${head}</head><body>${inside}</body></html>`;
const made = '<main><p id="moved">M</p><h1 class="title big">New <b>title</b></h1><p id="text">Text<i>!</i></p><img alt="B"><ul><li>1</li><li>last</li></ul></main>';

// A shop whose scripts put pages in the place of others: the header stays.
const app = page('<header><h2 class="brand">Brand</h2><p id="note">Note</p></header><main></main>', `<script>
  const show = () => { document.querySelector('main').innerHTML = '<h3>' + location.pathname + '</h3>'; };
  window.go = (path) => { history.pushState({}, '', path); show(); };
  addEventListener('popstate', show);
  addEventListener('DOMContentLoaded', show);
</script>`);
// It throws away what is in main, as when a framework renders anew.
const anew = page(body, `<script>addEventListener('load', () => setTimeout(() => {
  const html = ${JSON.stringify(body)};
  document.querySelector('main').outerHTML = html;
}, 50));</script>`);
const fighting = page(body, `<script>
  window.fights = 0;
  addEventListener('load', () => new MutationObserver(() => {
    const title = document.querySelector('h1');
    if (title.className !== 'title') {
      window.fights++;
      title.className = 'title';
    }
  }).observe(document.querySelector('h1'), { attributes: true }));
  addEventListener('load', () => { document.querySelector('h1').className = 'other'; });
</script>`);

const policy = "script-src 'self' 'nonce-abc'; style-src 'nonce-def'; require-trusted-types-for 'script'; trusted-types pz-visual pz";
let nginx;
let browser;

before(async () => {
  nginx = await startNginx({
    files: {
      'html/look': page(body, watcher), 'html/plain': page(), 'html/strict': page(), 'html/anew': anew, 'html/fighting': fighting,
      'html/app': app, 'html/app-sale': app, 'html/late': page('<main></main>'),
      'features.json': JSON.stringify({ features: {}, experiments: [
        ...['/look', '/plain', '/strict', '/anew', '/fighting', '/late'].map((path) => experiment(`look${path.replace('/', '-')}`, path,
          { css: 'h1 { letter-spacing: 3px }', domMutations: changes, js: path === '/strict' ? 'window.ran = (window.ran ?? 0) + 1' : undefined })),
        experiment('sale', '/app-sale', { css: 'h3 { letter-spacing: 5px }', domMutations: [
          change('.brand', 'html', 'set', 'Sale'), change('.brand', 'class', 'append', 'loud'), change('#note', 'html', 'append', '<i>!</i>'),
          change('h3', 'title', 'set', 'here')] }),
      ] }),
    },
    http: 'personalize_features features.json id=visitor.id visual=on visual_js=on;',
    server: `
    personalize_visitor cookie=vid issue=on;
    personalize_bots except=HeadlessChrome;
    location = /status { personalize_status; }
    location = /strict { personalize on; add_header Content-Security-Policy "${policy}"; }
    location /app { personalize on; personalize_state on; }`,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

const exposures = async (key) => (await (await fetch(`${nginx.origin}/status?format=json`)).json()).exposures[key]?.['1'] ?? 0;
const mainOf = (shopper) => shopper.locator('main').evaluate((main) => main.outerHTML);
const is = (shopper, html) => until(`the page is ${html}`, async () => await mainOf(shopper) === html);

test('what changes is never seen as it was', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/look`);
  await is(shopper, made);
  await shopper.waitForTimeout(700);
  const frames = await shopper.evaluate(() => window.frames);
  const wrong = frames.filter((seen) => /Old|Text(?!!)|\b2\b|end/.test(seen));
  assert.deepEqual(wrong, []);
  assert.equal(frames.at(-1), 'H1|New title|Text!|last');
  assert.equal(await shopper.locator('h1').evaluate((title) => getComputedStyle(title).letterSpacing), '3px');
  await until('it is counted', async () => await exposures('look-look') === 1);
});

test('without scripts the stream has made what it can, and nothing stays hidden', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent, javaScriptEnabled: false });
  await shopper.goto(`${nginx.origin}/plain`);
  assert.equal(await shopper.locator('h1').textContent(), 'New title');
  assert.equal(await shopper.locator('#text').textContent(), 'Text!');
  assert.equal(await shopper.locator('img').getAttribute('alt'), 'B');
  assert.equal(await shopper.locator('li').last().textContent(), '2');
});

test('a strict policy is kept to, and scripts run once', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/strict`);
  await is(shopper, made);
  assert.equal(await shopper.evaluate(() => window.ran), 1);
  assert.equal(await shopper.locator('h1').evaluate((title) => getComputedStyle(title).letterSpacing), '3px');
});

test('changes come back where a framework throws them away', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/anew`);
  await shopper.waitForTimeout(200);
  await is(shopper, made);
  await until('it is counted', async () => await exposures('look-anew') === 1);
});

test('elements that appear later are changed', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/late`);
  await shopper.evaluate((html) => { document.querySelector('main').outerHTML = html; }, body);
  await is(shopper, made);
});

test('whoever undoes a change again and again is left alone', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/fighting`);
  await until('it ends', () => shopper.evaluate(() => window.fights > 40));
  const before = await shopper.evaluate(() => window.fights);
  await shopper.waitForTimeout(300);
  assert.equal(await shopper.evaluate(() => window.fights), before);
  assert.ok(before < 100, String(before));
});

test('scripts of the page may work on what was inserted', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/plain`);
  await is(shopper, made);
  await shopper.evaluate(() => {
    document.querySelector('h1 b').textContent = 'mine';
    document.querySelector('#text').firstChild.nodeValue = 'Their';
  });
  await shopper.waitForTimeout(200);
  assert.equal(await shopper.locator('h1').textContent(), 'New mine');
  assert.equal(await shopper.locator('#text').textContent(), 'Their!');
});

const header = (shopper) => shopper.locator('header').evaluate((element) => element.innerHTML);

test('a navigation by a script brings the changes of the new page, and takes those of the old', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  const before = await exposures('sale');
  await shopper.goto(`${nginx.origin}/app`);
  const plain = '<h2 class="brand">Brand</h2><p id="note">Note</p>';
  assert.equal(await header(shopper), plain);
  assert.equal(await shopper.locator('script[src*=visual]').count(), 0);
  await shopper.evaluate(() => window.go('/app-sale'));
  const sale = '<h2 class="brand loud">Sale</h2><p id="note">Note<i>!</i></p>';
  await until('the changes are there', async () => await header(shopper) === sale);
  assert.equal(await shopper.locator('h3').getAttribute('title'), 'here');
  assert.equal(await shopper.locator('h3').evaluate((title) => getComputedStyle(title).letterSpacing), '5px');
  await until('it is counted', async () => await exposures('sale') === before + 1);
  await shopper.goBack();
  await until('they are gone', async () => await header(shopper) === plain);
  assert.equal(await shopper.locator('h3').evaluate((title) => getComputedStyle(title).letterSpacing), 'normal');
  await shopper.goForward();
  await until('they are back', async () => await header(shopper) === sale);
  await until('it is counted again', async () => await exposures('sale') === before + 2);
});

test('what the stream has appended can be undone', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/app-sale`);
  assert.equal(await header(shopper), '<h2 class="brand loud">Sale</h2><p id="note">Note<i>!</i></p>');
  await shopper.evaluate(() => window.go('/app'));
  // What was replaced is not known.
  await until('they are gone', async () => await header(shopper) === '<h2 class="brand">Sale</h2><p id="note">Note</p>');
});
