// GrowthBook's visual changes in a browser: no flicker, policies, frameworks, navigation by scripts. A real
// NGINX and Chromium.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { buildShops, hydrated } from './shops/build.mjs';
import { atEnd, launchBrowser, linger, newContext, newVisitor, root, startNginx, until, userAgent } from './support.mjs';

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

// What a browser changes is hidden for .6 s: a machine on which the script takes longer shows what it can.
const isLate = `
  let began;
  const isLate = () => {
    began ??= performance.now();
    return !(Symbol.for('pz-visual') in document) && performance.now() > began + 400;
  };`;

// Notes in each frame what a visitor sees of what changes.
const watcher = `<script>
  window.frames = [];
  ${isLate}
  const look = () => {
    const seen = [...document.querySelectorAll('h1, #text, li:last-child, #moved')]
      .filter((element) => getComputedStyle(element).opacity !== '0')
      .map((element) => element.id === 'moved' ? element.nextElementSibling?.tagName ?? 'end' : element.textContent);
    isLate() || window.frames.push(seen.join('|'));
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
  window.isAnew = true;
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

// It draws a clock by innerHTML, as often as a second has tenths.
const clock = page('<p id="clock">0</p>', `<script>
  window.ticks = 0;
  addEventListener('load', () => setInterval(() => { document.querySelector('#clock').innerHTML = 'tick ' + ++window.ticks; }, 100));
</script>`);
const plainMain = '<main><h1 id="h">Old</h1><p id="p">Text</p><p id="q"><button>B <i>1</i></button></p></main>';

// What frameworks hydrate: all kinds of changes, by the stream and by the script.
const ofShops = { css: 'h1 { letter-spacing: 3px }', domMutations: [
  change('h1', 'html', 'set', 'Sale <b>now</b>'), change('h1', 'class', 'append', 'big'), change('main > a', 'title', 'set', 'T'),
  change('main', 'html', 'append', '<p>More</p>'), change('main > a:last-of-type', 'html', 'set', 'Elsewhere')] };

// Whole pages that Turbo and htmx put in the place of others.
const swapped = (kind, name) => `<!doctype html><html><head><meta charset="utf-8"><title>${name}</title><script src="/${kind}.js" defer></script></head>
<body hx-boost="true"><header><h2 id="brand" data-turbo-permanent>Brand</h2></header><main><h1>Page ${name}</h1><p>1</p><p>2</p>
${['a', 'b', 'c'].map((to) => `<a id="to-${to}" href="/${kind}/${to}">${to}</a>`).join('\n')}</main></body></html>`;
const swappers = ['turbo', 'htmx'];
const ofSwapped = (name) => ({ css: `h1 { letter-spacing: ${name === 'a' ? 3 : 5}px }`, domMutations: [
  change('h1', 'html', 'set', `New ${name}`), change('h1', 'class', 'append', `is-${name}`), change('p:last-of-type', 'html', 'set', `last ${name}`),
  change('h2', 'html', 'append', ` ${name}`)] });
// What a path matches is another element once the first has been moved.
const order = '<main><h1>T</h1><p class="a">A</p>\n<p class="b">B</p> <ul><li>1</li></ul><i>end</i></main>';
const ordered = '<main><h1>T</h1>\n<p class="b">B</p> <p class="a">A</p><ul><li>1</li></ul><i>end</i></main>';
const moves = [change('main > p:nth-of-type(1)', 'position', 'set', '', { parentSelector: 'main', insertBeforeSelector: 'main > ul' }),
  change('i', 'title', 'set', 'c')];
const orderWatcher = `<script>
  window.frames = [];
  ${isLate}
  const look = () => {
    const [a, b] = ['.a', '.b'].map((selector) => document.querySelector(selector));
    const isSeen = (element) => element && getComputedStyle(element).opacity !== '0';
    isLate() || window.frames.push((isSeen(a) ? 'A before ' + a.nextElementSibling?.tagName : '') + (b && !isSeen(b) ? ' B hidden' : ''));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
</script>`;
const orderAnew = page(order, `<script>addEventListener('load', () => setTimeout(() => {
  document.querySelector('main').outerHTML = ${JSON.stringify(order)};
}, 50));</script>`);

const policy = "script-src 'self' 'nonce-abc'; style-src 'nonce-def'; require-trusted-types-for 'script'; trusted-types pz-visual pz";
let nginx;
let browser;
let shops;
// Sends half of a page until it is told to go on.
let upstream;
let goOn;

before(async () => {
  shops = await buildShops();
  const module = (name) => readFile(join(root, 'tests/browser/node_modules', name), 'utf8');
  const [half, rest] = page().split(/(?<=>Te)/);
  upstream = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.write(half);
    goOn = () => response.end(rest);
  });
  await new Promise((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  nginx = await startNginx({
    files: {
      ...shops,
      'html/turbo.js': await module('@hotwired/turbo/dist/turbo.es2017-umd.js'),
      'html/htmx.js': await module('htmx.org/dist/htmx.min.js'),
      ...Object.fromEntries(swappers.flatMap((kind) => ['a', 'b', 'c'].map((name) => [`html/${kind}/${name}`, swapped(kind, name)]))),
      'html/parts.html': page('<main><div id="into" hx-get="/parts/1" hx-trigger="click">Get</div></main>', '<script src="/htmx.js" defer></script>'),
      'html/parts/1': '<h3 title="t">Part</h3><p>Last</p>',
      'html/tagless': `<!doctype html><meta charset="utf-8"><title>Shop</title>${body}`,
      'html/kept': page('<main><h1 id="h" title="a&quot;b">Old <b>title</b></h1><p class="x  z">T</p></main>'),
      'html/clock': clock, 'html/main': page(plainMain), 'html/guarded': page(plainMain), 'html/unguarded': page(plainMain),
      'html/look': page(body, watcher), 'html/plain': page(), 'html/strict': page(), 'html/anew': anew, 'html/fighting': fighting,
      'html/order': page(order, orderWatcher), 'html/order-anew': orderAnew,
      'html/order-script': page(order.replace('<ul>', '<script>window.found = document.querySelector(".a").textContent</script><ul>'), orderWatcher),
      'html/app': app, 'html/app-sale': app, 'html/late': page('<main></main>'),
      'features.json': JSON.stringify({ features: {}, experiments: [
        ...['/look', '/plain', '/strict', '/anew', '/fighting', '/late'].map((path) => experiment(`look${path.replace('/', '-')}`, path,
          { css: 'h1 { letter-spacing: 3px }', domMutations: changes, js: path === '/strict' ? 'window.ran = (window.ran ?? 0) + 1' : undefined })),
        ...hydrated.map((shop) => experiment(shop, `/${shop}/*`, ofShops)),
        ...swappers.flatMap((kind) => ['a', 'b'].map((name) => experiment(`${kind}-${name}`, `/${kind}/${name}`, ofSwapped(name)))),
        experiment('parts', '/parts*', { css: 'h3 { letter-spacing: 3px }', domMutations: [
          change('h3', 'html', 'append', '!'), change('h3', 'title', 'append', 'T'), change('#into > p:last-child', 'html', 'set', 'new')] }),
        experiment('tagless', '/tagless', { css: 'h1 { letter-spacing: 3px }', domMutations: changes }),
        experiment('slow', '/slow', { domMutations: [change('h1', 'class', 'append', 'big'), change('#text', 'html', 'append', '<i>!</i><u>?')] }),
        experiment('kept', '/kept', { domMutations: [change('h1', 'html', 'set', '<i>New</i>'), change('h1', 'title', 'set', 'T'),
          change('h1', 'lang', 'set', 'pl'), change('p', 'class', 'set', 'y')] }),
        experiment('clock', '/clock', { domMutations: [change('#clock', 'html', 'append', '<b>!</b>')] }),
        ...['/main', '/guarded', '/unguarded'].map((path) => experiment(path.slice(1), path, { domMutations: [
          change('main:last-of-type #p', 'html', 'append', '<b>!</b>'), change('main:last-of-type #p', 'title', 'append', 'T'),
          change('#p', 'class', 'append', 'k'), change('p:last-of-type', 'onclick', 'set', 'window.clicked = 1'),
          change('p:last-of-type', 'html', 'set', 'new'), change('p:last-of-type', 'title', 'set', 'Q'),
          change('h1::before(', 'html', 'set', 'never'), change('h1', 'position', 'set', '', { parentSelector: 'main' })] })),
        ...['/order', '/order-anew', '/order-script'].map((path) => experiment(`order${path.replace('/', '-')}`, path, { domMutations: moves })),
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
    location ~ ^/[a-z0-9-]+[.]js$ { personalize off; types { text/javascript js; } }
    location ~ ^/(?:turbo|htmx)/ { personalize on; personalize_state on; }
    location = /parts { personalize on; try_files /parts.html =404; }
    location = /kept { personalize on; personalize_state on; }
    location = /slow { personalize on; proxy_buffering off; proxy_pass http://127.0.0.1:${upstream.address().port}; }
    location = /guarded { personalize on; add_header Content-Security-Policy "require-trusted-types-for 'script'; trusted-types pz-visual"; }
    location = /unguarded { personalize on; add_header Content-Security-Policy "require-trusted-types-for 'script'; trusted-types other"; }
    location = /main { personalize on; personalize_state on; }
    location = /strict { personalize on; add_header Content-Security-Policy "${policy}"; }
    location /app { personalize on; personalize_state on; }`,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
  upstream?.close();
});

const exposures = async (key) => (await (await fetch(`${nginx.origin}/status?format=json`)).json()).exposures[key]?.['1'] ?? 0;
const mainOf = (shopper) => shopper.locator('main').evaluate((main) => main.outerHTML);
const is = (shopper, html) => until(`the page is ${html}`, async () => await mainOf(shopper) === html);

test('what changes is never seen as it was', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/look`);
  await is(shopper, made);
  await until('it was seen', () => shopper.evaluate(() => window.frames.at(-1) === 'H1|New title|Text!|last'));
  await linger(shopper, 700);
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
  await shopper.waitForFunction(() => window.isAnew);
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
  const fights = () => shopper.evaluate(() => window.fights);
  await until('it begins', async () => await fights() > 40);
  await until('it ends', async () => {
    const before = await fights();
    await linger(shopper, 300);
    return await fights() === before;
  });
  assert.ok(await fights() < 100, String(await fights()));
});

test('scripts of the page may work on what was inserted', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/plain`);
  await is(shopper, made);
  await shopper.evaluate(() => {
    document.querySelector('h1 b').textContent = 'mine';
    document.querySelector('#text').firstChild.nodeValue = 'Their';
  });
  await linger(shopper, 200);
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

test('what the stream has made can be undone', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/app-sale`);
  assert.equal(await header(shopper), '<h2 class="brand loud">Sale</h2><p id="note">Note<i>!</i></p>');
  await shopper.evaluate(() => window.go('/app'));
  await until('they are gone', async () => await header(shopper) === '<h2 class="brand">Brand</h2><p id="note">Note</p>');
});

test('what the stream has replaced is kept, and seen by nobody', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  const attributes = () => shopper.evaluate(() => [...document.querySelectorAll('main, main *')].map((element) =>
    [element.localName, ...element.getAttributeNames().sort().map((name) => `${name}=${element.getAttribute(name)}`)].join(' ')).join('|'));
  await shopper.goto(`${nginx.origin}/kept`);
  await until('it is changed', async () => await attributes() === 'main|h1 id=h lang=pl title=T|i|p class=y');
  assert.equal(await shopper.locator('h1').innerHTML(), '<i>New</i>');
  await shopper.evaluate(() => history.pushState({}, '', '/plain-path'));
  await until('it is undone', async () => await attributes() === 'main|h1 id=h title=a"b|b|p class=x  z');
  assert.equal(await shopper.locator('h1').innerHTML(), 'Old <b>title</b>');
});

test('what is on its way is changed when all of it has come', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/slow`, { waitUntil: 'commit' });
  await until('half of it is there, and the script has run', () => shopper.evaluate(() =>
    document.querySelector('#text')?.textContent === 'Te' && Object.getOwnPropertySymbols(document).length > 0));
  goOn();
  await until('all is there', async () => await shopper.locator('#text').innerHTML() === 'Text<i>!</i><u>?</u>');
});

for (const shop of hydrated) {
  test(`${shop}: changes are there once it has hydrated, and stay when it renders anew`, async (t) => {
    const context = await newContext(t, browser, { userAgent });
    const shopper = await context.newPage();
    await shopper.goto(`${nginx.origin}/${shop}/1`);
    await shopper.waitForSelector('html[data-hydrated]', { state: 'attached' });
    const shown = (item) => shopper.evaluate((number) => {
      const [title, link, more] = ['h1', 'main > a', 'main > p:last-child'].map((selector) => document.querySelector(selector));
      return title?.outerHTML === '<h1 class="big">Sale <b>now</b></h1>' && link.title === 'T' && link.textContent === 'Elsewhere' &&
        link.pathname.endsWith(`/${3 - number}`) && more?.outerHTML === '<p>More</p>' && document.querySelectorAll('main > p').length === 1 &&
        getComputedStyle(title).letterSpacing === '3px' && getComputedStyle(link).opacity === '1';
    }, item);
    await until('all is there', () => shown(1));
    // Nobody fights.
    await shopper.evaluate(() => {
      window.records = 0;
      new MutationObserver((records) => { window.records += records.length; }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    await until('it is at rest', async () => {
      await shopper.evaluate(() => { window.records = 0; });
      await linger(shopper, 300);
      return await shopper.evaluate(() => window.records) === 0;
    });
    await shopper.click('main > a');
    await until('it is the next page', () => shown(2));
    await shopper.goBack();
    await until('it is the first page', () => shown(1));
    await until('it is counted', async () => await exposures(shop) === 1);
  });
}

test('frameworks find their own nodes again when the changes of a page end', async (t) => {
  const shop = await startNginx({
    files: { ...shops, 'features.json': JSON.stringify({ features: {}, experiments: hydrated.map((name) => experiment(name, `/${name}/1`, ofShops)) }) },
    http: 'personalize_features features.json id=visitor.id visual=on;',
    server: `personalize_visitor cookie=vid issue=on; personalize_bots except=HeadlessChrome; personalize_state on;
    location ~ ^/[a-z0-9-]+[.]js$ { personalize off; types { text/javascript js; } }`,
  });
  atEnd(t, shop.stop);
  for (const name of hydrated) {
    const context = await newContext(t, browser, { userAgent });
    const shopper = await context.newPage();
    const thrown = [];
    await shopper.goto(`${shop.origin}/${name}/1`);
    await shopper.waitForSelector('html[data-hydrated]', { state: 'attached' });
    const shows = (text) => until(`${name} shows ${text}`, async () => await shopper.evaluate(() =>
      [document.querySelector('h1').className, ...['h1', 'main > a', 'main > p'].map((selector) => document.querySelector(selector)?.textContent)].join('|')) === text);
    await shows('big|Sale now|Elsewhere|More');
    // From here on nothing may fail.
    context.on('weberror', (error) => thrown.push(String(error.error())));
    for (let i = 0; i < 2; i++) {
      await shopper.click('main > a');
      await shows('|Item 2|The other|');
      await shopper.click('main > a');
      await shows('big|Sale now|Elsewhere|More');
    }
    assert.deepEqual(thrown, [], name);
  }
});

for (const kind of swappers) {
  test(`${kind}: each page has its changes, and none of another`, async (t) => {
    const shopper = await newVisitor(t, browser, { userAgent });
    const shows = (name, isChanged) => until(`page ${name} is as it should be`, () => shopper.evaluate(([page, hasChanges]) => {
      const title = document.querySelector('h1');
      const seen = [title.outerHTML, document.querySelectorAll('p')[1].textContent, document.querySelector('h2').textContent, getComputedStyle(title).letterSpacing].join('|');
      return seen === (hasChanges ? `<h1 class="is-${page}">New ${page}</h1>|last ${page}|Brand ${page}|${page === 'a' ? 3 : 5}px` : `<h1>Page ${page}</h1>|2|Brand|normal`);
    }, [name, isChanged]));
    await shopper.goto(`${nginx.origin}/${kind}/a`);
    await shows('a', true);
    await shopper.click('#to-b');
    await shows('b', true);
    await shopper.click('#to-c');
    await shows('c', false);
    await shopper.goBack();
    await shows('b', true);
    await shopper.goBack();
    await shows('a', true);
  });

  test(`${kind}: without personalize_state no page has changes of another`, async (t) => {
    const shopper = await newVisitor(t, browser, { userAgent });
    await shopper.route('**/handover.js*', (route) => route.fulfill({ body: '' }));
    await shopper.goto(`${nginx.origin}/${kind}/a`);
    await until('it is changed', async () => await shopper.locator('h2').textContent() === 'Brand a');
    await shopper.click('#to-c');
    await until('nothing of it is left', () => shopper.evaluate(() => document.querySelector('h1').outerHTML === '<h1>Page c</h1>' &&
      document.querySelector('h2').textContent === 'Brand' && getComputedStyle(document.querySelector('h1')).letterSpacing === 'normal'));
    await shopper.evaluate(() => document.body.append(document.createElement('h2')));
    assert.equal(await shopper.locator('h2').last().textContent(), '');
  });
}

test('what the page writes anew again and again is changed each time', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/clock`);
  await shopper.waitForFunction(() => window.ticks > 70);
  assert.match(await shopper.locator('#clock').innerHTML(), /^tick \d+<b>!<\/b>$/);
});

const paragraph = '<p id="p" title="T" class="k">Text<b>!</b></p>';
const paragraphIs = (shopper, html) => until(`it is ${html}`, () => shopper.evaluate((expected) => document.querySelector('#p')?.outerHTML.replace('class="k" id="p" title="T"', 'id="p" title="T" class="k"') === expected, html));

test('an element that leaves the page and comes back is changed once, and one that is taken out stays out', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/main`);
  await paragraphIs(shopper, paragraph);
  for (let i = 0; i < 2; i++) {
    const html = await shopper.evaluate(async () => {
      const element = document.querySelector('#p');
      const title = document.querySelector('h1');
      const rest = () => new Promise((resolve) => setTimeout(resolve, 20));
      element.remove();
      title.remove();
      await rest();
      const stayedOut = !document.querySelector('h1');
      document.querySelector('main').prepend(element, title);
      await rest();
      return stayedOut && document.querySelector('main').lastElementChild === title && element.outerHTML;
    });
    assert.equal(typeof html, 'string');
    await paragraphIs(shopper, paragraph);
  }
});

test('what is undone is what was there: the same nodes, attributes that were not', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  // Before the script changes it.
  await shopper.addInitScript(() => {
    new MutationObserver(() => {
      window.button ??= document.querySelector('button');
    }).observe(document, { subtree: true, childList: true });
  });
  await shopper.goto(`${nginx.origin}/main`);
  await until('it is changed', async () => await shopper.locator('#q').innerHTML() === 'new');
  await shopper.evaluate(() => history.pushState({}, '', '/plain-path'));
  await until('it is undone', async () => await shopper.locator('#q').evaluate((element) => element.outerHTML) ===
    '<p id="q"><button>B <i>1</i></button></p>');
  assert.ok(await shopper.evaluate(() => window.button === document.querySelector('#q > button')));
});

test('a policy that requires trusted types is kept to by handlers, too', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/guarded`);
  await paragraphIs(shopper, paragraph);
  await until('HTML is there', async () => await shopper.locator('#q').innerHTML() === 'new');
  await shopper.click('#q');
  assert.equal(await shopper.evaluate(() => window.clicked), 1);
});

test('where a policy forbids HTML, the other changes are made, and nothing stays hidden', async (t) => {
  const context = await newContext(t, browser, { userAgent });
  const shopper = await context.newPage();
  const complaints = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  await shopper.goto(`${nginx.origin}/unguarded`);
  await until('an attribute is set', async () => await shopper.locator('#q').getAttribute('title') === 'Q');
  assert.equal(await shopper.locator('#p').getAttribute('title'), 'T');
  assert.equal(await shopper.locator('#q').innerHTML(), '<button>B <i>1</i></button>');
  assert.equal(await shopper.locator('#q').evaluate((element) => getComputedStyle(element).opacity), '1');
  assert.deepEqual(complaints, []);
});

test('where the script does not come, what waits for it is shown', async (t) => {
  const context = await newContext(t, browser, { userAgent });
  const shopper = await context.newPage();
  await shopper.route('**/visual.js*', (route) => route.abort());
  await shopper.goto(`${nginx.origin}/main`);
  await until('it is seen', () => shopper.locator('#q').evaluate((element) => getComputedStyle(element).opacity === '1'));
});

test('a page without tags of its own but a doctype has all changes', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/tagless`);
  await is(shopper, made);
  assert.equal(await shopper.locator('h1').evaluate((title) => getComputedStyle(title).letterSpacing), '3px');
  assert.equal(await shopper.evaluate(() => document.compatMode), 'CSS1Compat');
  await until('it is counted', async () => await exposures('tagless') === 1);
});

test('parts of pages come as they are, and are changed where they come to stand', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  const parts = [];
  shopper.on('response', async (response) => response.url().endsWith('/parts/1') && parts.push(await response.text()));
  await shopper.goto(`${nginx.origin}/parts`);
  await until('the page is counted', async () => await exposures('parts') === 1);
  for (let i = 0; i < 2; i++) {
    await shopper.click('#into');
    await until('it is there', () => parts.length === i + 1);
    await until('it is changed', async () => await shopper.locator('#into').innerHTML() === '<h3 title="tT">Part!</h3><p>new</p>');
  }
  assert.equal(await shopper.locator('h3').evaluate((title) => getComputedStyle(title).letterSpacing), '3px');
  assert.deepEqual(parts, Array(2).fill('<h3 title="t">Part</h3><p>Last</p>'));
  assert.equal(await exposures('parts'), 1);
});

const mainWithoutMark = async (shopper) => (await mainOf(shopper)).replace(/ data-pz-moved="\d+"/, '').replace(' title="c"', '');

test('an element that the stream has moved is never seen elsewhere, and is moved once', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/order`);
  await until('the script is there', () => shopper.evaluate(() => Symbol.for('pz-visual') in document));
  await until('nothing is hidden any more', async () => await shopper.locator('style[data-pz-visual=""]').count() === 0);
  await until('it was seen', () => shopper.evaluate(() => window.frames.at(-1) === 'A before UL'));
  await linger(shopper, 700);
  assert.equal(await mainWithoutMark(shopper), ordered);
  const frames = await shopper.evaluate(() => window.frames);
  assert.deepEqual(frames.filter((seen) => seen !== '' && seen !== 'A before UL'), []);
  assert.equal(frames.at(-1), 'A before UL');
  await until('it is counted', async () => await exposures('order-order') === 1);
});

test('without scripts it stands where it was moved, and nothing is hidden', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent, javaScriptEnabled: false });
  await shopper.goto(`${nginx.origin}/order`);
  assert.deepEqual(await shopper.locator('main > *').allTextContents(), ['T', 'B', 'A', '1', 'end']);
  for (const name of ['.a', '.b']) {
    assert.equal(await shopper.locator(name).evaluate((element) => getComputedStyle(element).animationName), 'none');
  }
});

test('the browser moves it where a framework has rendered anew', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/order-anew`);
  await until('it is rendered', async () => !(await mainOf(shopper)).includes('data-pz-moved'));
  await until('it is moved', async () => await mainWithoutMark(shopper) === ordered);
});

test('a script that looks for the element finds it, and the browser moves it', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/order-script`);
  assert.equal(await shopper.evaluate(() => window.found), 'A');
  const order = () => shopper.locator('main > :not(script)').allTextContents();
  await until('it is moved', async () => (await order()).join() === 'T,B,A,1,end');
  assert.deepEqual((await shopper.evaluate(() => window.frames)).filter((seen) => seen.startsWith('A before P')), []);
});
