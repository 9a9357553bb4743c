// Slots that are attributes, that stand at all matches of a selector, and that know their element: what comes late
// reaches them, and what a framework throws away comes back. A real NGINX, Redis, and Chromium.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { buildGrid } from './shops/build.mjs';
import { atEnd, launchBrowser, newContext, newVisitor, root, startNginx, startRedis, until, userAgent } from './support.mjs';

const page = (body, head = '') => `<!doctype html><html><head><meta charset="utf-8"><title>Shop</title>${head}</head><body>${body}</body></html>`;
const pictures = Object.fromEntries(['own', 'other', 'hero', 'big'].map((name) => [`html/${name}.jpg`, '']));
const card = (sku) => `<p class="card" data-sku="${sku}">As in the shop</p>`;
const hero = '<img class="hero" src="/own.jpg" alt="">';
const grid = `<main>${hero}<a class="buy guest" href="/buy">Buy</a>${['A', 'B', 'C'].map(card).join('')}</main>`;

// What one sees, and what stands behind it; after a script, which is not given time for more.
const look = () => [
  document.querySelector('img.hero').getAttribute('src'), document.querySelector('a.buy').className,
  [...document.querySelectorAll('.card')].map((one) => one.innerText.trim()).join()].join(' | ');
const looks = (shopper, script = '') => shopper.evaluate(`${script} (${look})()`);
const own = '/own.jpg | buy guest | As in the shop,As in the shop,As in the shop';
const made = '/hero.jpg | buy vip | Price of A,Price of B,As in the shop';
const lookLike = (shopper, wanted) => until(`it looks like ${wanted}`, async () => await looks(shopper) === wanted);

const campaigns = `
  personalize_campaign hero { slot hero; content "/hero.jpg"; }
  personalize_campaign buy { slot buy; content "vip -guest"; }
  personalize_campaign price { slot price; unless slot.data.sku = C;
                               content "<b data-pz-campaign='price'>Price of {{slot.data.sku}}</b>"; }
  personalize_slot hero "img.hero" attribute=src;
  personalize_slot buy "a.buy" attribute=class;
  personalize_slot price ".card" inner all;`;
// Writes down what the script gives up.
const told = 'document.addEventListener("pz:lost", ({ detail }) => { (window.lost ??= []).push(`${detail.slot} ${detail.campaign}`); });';
const show = (html) => `document.querySelector("main").outerHTML = ${JSON.stringify(html)};`;

let nginx;
let browser;

before(async () => {
  nginx = await startNginx({
    files: {
      ...pictures,
      ...await buildGrid(18),
      ...await buildGrid(19),
      'html/turbo.js': await readFile(join(root, 'tests/browser/node_modules/@hotwired/turbo/dist/turbo.es2017-umd.js'), 'utf8'),
      'html/plain': page(grid, `<script>${told}</script>`),
      'html/turbo/1': page(`${grid}<a href="/turbo/2">Next</a>`, '<script src="/turbo.js" defer></script>'),
      'html/turbo/2': page(`${grid}<i>Two</i>`, '<script src="/turbo.js" defer></script>'),
      // Whatever is put there is thrown away at once.
      'html/hostile': page(grid, `<script>${told}
        window.thrown = 0;
        addEventListener('load', () => {
          const again = () => { window.thrown++; ${show(grid)} };
          again();
          new MutationObserver(() => {
            const [image, link, one] = ['img.hero', 'a.buy', '.card'].map((selector) => document.querySelector(selector));
            if (image.getAttribute('src') !== '/own.jpg' || link.className !== 'buy guest' || one.querySelector('b')) {
              again();
            }
          }).observe(document, { subtree: true, childList: true, attributes: true });
          setInterval(() => document.body.append(document.createElement('i')), 20);
        });</script>`),
    },
    server: `
      personalize_visitor cookie=vid issue=on; personalize_bots except=HeadlessChrome; personalize_state on;
      ${campaigns}
      location = /status { personalize_status; }
      location ~ ^/[a-z0-9-]+[.]js$ { personalize off; types { text/javascript js; } }
      location ~ [.]jpg$ { personalize off; }`,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

for (const version of [18, 19]) {
  test(`React ${version} renders anew: attributes and elements that the server has changed are as it has made them`, async (t) => {
    const shopper = await (await newContext(t, browser, { userAgent })).newPage(); // React complains
    await shopper.goto(`${nginx.origin}/grid/${version}`);
    await until('it was rendered anew', () => shopper.evaluate(() => window.mismatches?.length > 0));
    await lookLike(shopper, made);
    assert.equal(await shopper.evaluate(() => Object.keys(document.querySelector('.card')).some((key) => key.startsWith('__react'))), true);
  });
}

test('what is thrown away comes back, each by what its element says', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/plain`);
  await shopper.waitForFunction(() => window.pz?.decisions);
  assert.equal(await looks(shopper), made);
  assert.equal(await looks(shopper, show(grid)), own);
  await lookLike(shopper, made);
  // One card alone, by its data.
  await shopper.evaluate((html) => { document.querySelectorAll('.card')[1].outerHTML = html; }, card('B'));
  await lookLike(shopper, made);
  await shopper.evaluate((html) => { document.querySelectorAll('.card')[1].outerHTML = html; }, card('C'));
  await shopper.evaluate((html) => { document.querySelector('main').insertAdjacentHTML('beforeend', html); }, card('B'));
  await lookLike(shopper, made.replace('Price of B', 'As in the shop').concat(',Price of B'));
  assert.equal(await shopper.evaluate(() => window.lost), undefined);
});

test('what a script means stays', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/plain`);
  await shopper.waitForFunction(() => window.pz?.decisions);
  // Another picture, as somebody looks through them: in the same element, and in a new one.
  for (const change of ['document.querySelector("img.hero").src = "/other.jpg";', show(grid.replace('/own.jpg', '/other.jpg'))]) {
    await shopper.evaluate(change);
    await shopper.evaluate((html) => { document.querySelectorAll('.card')[0].outerHTML = html; }, card('A'));
    await lookLike(shopper, made.replace('/hero.jpg', '/other.jpg'));
  }
});

test('a page that throws away again and again is left alone, and told of', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/hostile`);
  await until('all is given up', async () => (await shopper.evaluate(() => window.lost?.length)) >= 3);
  const settled = () => shopper.evaluate(() => new Promise((resolve) => {
    // It looks at a page that never rests once a second.
    const ticks = document.querySelectorAll('body > i').length;
    const check = () => document.querySelectorAll('body > i').length > ticks + 150 ? resolve([window.thrown, ...window.lost.sort()]) : setTimeout(check, 20);
    check();
  }));
  const [thrown, ...lost] = await settled();
  assert.deepEqual(lost, ['buy buy', 'hero hero', 'price price']);
  assert.ok(thrown < 30, `thrown away ${thrown} times`);
  assert.equal((await settled())[0], thrown);
  assert.equal(await looks(shopper), own);
});

test('Turbo: each page has its own, and so has the one before', async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${nginx.origin}/turbo/1`);
  await lookLike(shopper, made);
  await shopper.click('text=Next');
  await shopper.waitForSelector('text=Two');
  await lookLike(shopper, made);
  await shopper.goBack();
  await shopper.waitForSelector('text=Next');
  await lookLike(shopper, made);
});

// Late

const items = Array.from({ length: 50 }, (_, i) => `<li>${i}</li>`).join('');
const latePage = `<main><img class="hero" src="/own.jpg" srcset="/own.jpg 1x" alt=""><a class="buy guest" href="/buy">Buy</a>
  <svg viewBox="0 0 1 1"><a class="drawn" xlink:href="/buy"></a></svg>
  <ul>${items}</ul><div class="box">Outer<div class="box">Inner<i class="x">x</i></div></div><i class="x">y</i>
  ${['A', 'B', 'C'].map(card).join('')}<p class="card" data-sku="E">As in the shop</p></main><p>Rest</p>`;
const lateConfiguration = `
  personalize_campaign hero { slot hero; when profile.hero; content "{{profile.hero}}"; }
  personalize_campaign set { slot set; when profile.hero; content "{{profile.hero}} 1x, /big.jpg 2x"; }
  personalize_campaign buy { slot buy; when profile.tier; content "{{profile.tier}} -guest"; }
  personalize_campaign to { slot to; when profile.to; content "{{profile.to}}"; }
  personalize_campaign evil { slot evil; when profile.evil; content "{{profile.evil}}"; }
  personalize_campaign tip { slot tip; when profile.tip; content "{{profile.tip}}"; }
  personalize_campaign item { slot item; when profile.tier; content "<b>{{profile.tier}}</b>"; }
  personalize_campaign box { slot box; when profile.tier; content "<u>Box</u>"; }
  personalize_campaign x { slot x; when profile.tier; content "<u>X</u>"; }
  personalize_campaign price { slot price; when price.amount; content "<b>{{price.amount}} for {{slot.data.sku}}</b>"; }
  personalize_slot hero "img.hero" attribute=src;
  personalize_slot set "img.hero" attribute=srcset;
  personalize_slot buy "a.buy" attribute=class;
  personalize_slot to "a.buy" attribute=href;
  personalize_slot evil "a.drawn" attribute=href;
  personalize_slot tip "a.buy" attribute=title;
  personalize_slot item "li" append all;
  personalize_slot box ".box" inner all;
  personalize_slot x ".x" inner all;
  personalize_slot price ".card" inner all;`;

const startLate = async (t, redis, files, server = '') => {
  const shop = await startNginx({
    files: { ...pictures, ...files },
    http: `personalize_redis unix:${redis.socket} timeout=30s connect_timeout=30s;
      personalize_source profile key=all ttl=0; personalize_source price 'key=price:\${slot.data.sku}' ttl=0;`,
    server: `personalize_late on; personalize_wait 25s; ${server}
      add_header Content-Security-Policy "default-src 'self'; script-src 'self' 'unsafe-inline'; require-trusted-types-for 'script'; trusted-types pz";
      location ~ [.]jpg$ { personalize off; } location ~ ^/[a-z0-9-]+[.]js$ { personalize off; types { text/javascript js; } }`,
  });
  atEnd(t, shop.stop);
  await redis.ask('SET', 'all', JSON.stringify({ hero: '/hero.jpg', tier: 'vip', to: '/vip?a="1&b', evil: 'javascript:alert(1)', tip: '"><img onerror=alert(1)> onclick=\'x' }));
  await redis.ask('SET', 'price:A', '{"amount": 1}');
  await redis.ask('SET', 'price:B', '{"amount": "<2>"}');
  return shop;
};

test('what comes late reaches attributes, all matches, and each element; the page is right without script', async (t) => {
  const redis = await startRedis();
  atEnd(t, redis.stop);
  const shop = await startLate(t, redis, { 'html/page': page(latePage), 'html/strange': page(latePage.replace('src="/own.jpg"', 'src="/own.jpg" id="hero"'),
    '<script src="/strange.js" defer></script>'), 'html/strange.js': 'document.getElementById("hero").setAttribute("src", "/other.jpg");' }, lateConfiguration);
  const seen = (shopper) => shopper.evaluate(() => {
    const of = (selector, ...names) => names.map((name) => document.querySelector(selector).getAttribute(name));
    return { hero: of('img.hero', 'src', 'srcset'), buy: of('a.buy', 'class', 'href', 'title', 'onclick'), drawn: of('a.drawn', 'href', 'xlink:href'),
      items: [...document.querySelectorAll('li')].map((item) => item.innerText).join(), boxes: document.querySelector('.box').innerText.replace(/\s+/g, ' '),
      y: document.querySelector('main > .x').innerText, cards: [...document.querySelectorAll('.card')].map((one) => one.innerText.trim()),
      marks: [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter(({ name }) => name.startsWith('data-pz-late')).length };
  });
  const before = { hero: ['/own.jpg', '/own.jpg 1x'], buy: ['buy guest', '/buy', null, null], drawn: [null, '/buy'],
    items: Array.from({ length: 50 }, (_, i) => i).join(), boxes: 'Outer Innerx', y: 'y', cards: Array(4).fill('As in the shop'), marks: 6 };
  const late = { ...before, items: Array.from({ length: 50 }, (_, i) => `${i}vip`).join(), boxes: 'Box', y: 'X',
    cards: ['1 for A', '<2> for B', 'As in the shop', 'As in the shop'] };
  const all = { ...late, hero: ['/hero.jpg', '/hero.jpg 1x, /big.jpg 2x'], marks: 1,
    buy: ['buy vip', '/vip?a=%221&b', '"><img onerror=alert(1)> onclick=\'x', null] };
  const cases = [['page', true, all], ['page', false, late], ['strange', true, { ...all, hero: ['/other.jpg', '/hero.jpg 1x, /big.jpg 2x'] }]];
  for (const [path, javaScriptEnabled, wanted] of cases) {
    const shopper = await newVisitor(t, browser, { userAgent, javaScriptEnabled });
    redis.suspend();
    try {
      await shopper.goto(`${shop.origin}/${path}`, { waitUntil: 'commit' });
      await until('the rest is there', () => shopper.locator('text=Rest').isVisible());
      path === 'page' && assert.deepEqual(await seen(shopper), before);
    } finally {
      redis.resume();
    }
    await until('what comes late is there', async () => (await seen(shopper)).y === 'X');
    if (javaScriptEnabled) {
      await shopper.waitForFunction(() => window.pz?.decisions);
      // The mark of the address that would run something stays, as that of any place into which nothing comes.
      await until('attributes are set', async () => (await seen(shopper)).marks === 1);
    }
    assert.deepEqual(await seen(shopper), wanted);
  }
});

// Pages that leave open what other content at their end could not stand in; and what the tree of each has, but for what is
// ours: whether it comes late or in time.
const ends = {
  closed: '<p>Rest</p></body></html>',
  b: '<p><b>Bold</p><p>Rest</p></body></html>',
  link: '<a href="/x">Link<p>Rest</p></body></html>',
  font: '<p><font color="red"><a href="/x">Red</p><p>Rest</p></body>',
  paragraph: '<p>Rest</body></html>',
  missing: '<section><p>Rest',
  table: '<table><tr><td>Rest</body></html>',
  row: '<p>Rest</p><table><tr></body></html>',
  foster: '<p>Rest</p><table><b>Bold</body></html>',
  select: '<p>Rest</p><select><option>One</body></html>',
  drawing: '<p>Rest</p><svg><g><svg><g></body></html>',
  template: '<p>Rest</p><template><p>Inert</body></html>',
};
const treeOf = (shopper) => shopper.evaluate(() => {
  const write = (node) => {
    const isOurs = node.nodeType === 7 || node.data?.startsWith('?') || (node.nodeType === 1 && node.matches('script, template[data-pz-late]'));
    const isHidden = node.nodeType === 3 ? !node.nodeValue : node.style?.display === 'none';
    if (isOurs || isHidden) {
      return '';
    }
    const inside = [...(node.content ?? node).childNodes].map(write).join('');
    return node.nodeType === 3 ? node.nodeValue.trim() : node.nodeType === 1 ? `<${node.localName}>${inside}</${node.localName}>` : `(${node.data})`;
  };
  return write(document.documentElement);
});
test('what comes late reaches pages that leave elements open', async (t) => {
  const redis = await startRedis();
  atEnd(t, redis.stop);
  const slots = '<i data-pz-slot="a">Default</i><img class="hero" src="/own.jpg" alt=""><ul><li>1</li><li>2</li></ul>';
  const files = Object.fromEntries(Object.entries(ends).map(([name, end]) => [`html/${name}`, `<!doctype html><html><head><title>t</title></head><body>${slots}${end}`]));
  const shop = await startLate(t, redis, files, `
    personalize_campaign a { slot a; when profile.tier; content "<u>{{profile.tier}}</u>"; }
    personalize_campaign item { slot item; when profile.tier; content "<b>{{profile.tier}}</b>"; }
    personalize_campaign hero { slot hero; when profile.hero; content "{{profile.hero}}"; }
    personalize_campaign tip { slot tip; when profile.tier; content "{{profile.tier}}"; }
    personalize_slot item "li" append all;
    personalize_slot tip "a" attribute=title all;
    personalize_slot hero "img.hero" attribute=src;`);
  for (const name of Object.keys(ends)) {
    const inTime = await newVisitor(t, browser, { userAgent });
    await inTime.goto(`${shop.origin}/${name}`);
    const wanted = await treeOf(inTime);
    assert.match(wanted, /<i><u>vip<\/u><\/i>.*<li>2<b>vip<\/b>.*(Rest)/);

    const shopper = await newVisitor(t, browser, { userAgent });
    redis.suspend();
    try {
      await shopper.goto(`${shop.origin}/${name}`, { waitUntil: 'commit' });
      await until('the rest is there', () => shopper.locator('text=Rest').isVisible());
      assert.match(await treeOf(shopper), /<i>Default<\/i>.*<li>2<\/li>/);
    } finally {
      redis.resume();
    }
    await until(`what comes late is there: ${name}`, async () => await treeOf(shopper) === wanted);
    await until(`the attributes are set: ${name}`, () => shopper.evaluate(() => document.querySelector('img').getAttribute('src') === '/hero.jpg' &&
      [...document.querySelectorAll('a')].every((one) => one.title === 'vip')));
    assert.equal(await shopper.evaluate(() => document.querySelectorAll('template[data-pz-late]').length), 0);
  }
});

test('what other users write can neither be a late place nor fill one', async (t) => {
  const redis = await startRedis();
  atEnd(t, redis.stop);
  const written = `<div id="review"><img class="mine" data-pz-late-0="" data-pz-late--1="" src="/own.jpg" alt=""><?start name="pz-late-1"?>Mine<?end?>
    <!--?start name="pz-late-1"?-->Mine<!--?end?--><template for="pz-late-1" data-pz-late="a"><b>Evil</b></template>
    <template data-pz-for="pz-late-1" data-pz-late="a"><b>Evil</b></template><i id="pz-state">{}</i></div>`;
  const shop = await startLate(t, redis, { 'html/page': page(`${written}<img class="hero" src="/own.jpg" alt=""><i data-pz-slot="a">Default</i>${written}<p>Rest</p>`) }, `
    personalize_campaign a { slot a; when profile.tier; content "<u>{{profile.tier}}</u>"; }
    personalize_campaign hero { slot hero; when profile.hero; content "{{profile.hero}}"; }
    personalize_slot hero "img.hero" attribute=src;`);
  const shopper = await newVisitor(t, browser, { userAgent });
  redis.suspend();
  try {
    await shopper.goto(`${shop.origin}/page`, { waitUntil: 'commit' });
    await until('the rest is there', () => shopper.locator('text=Rest').isVisible());
  } finally {
    redis.resume();
  }
  await until('both are filled', () => shopper.evaluate(() => document.querySelector('[data-pz-slot]').innerText === 'vip' &&
    document.querySelector('.hero').getAttribute('src') === '/hero.jpg'));
  const seen = await shopper.evaluate(() => [...document.querySelectorAll('.mine')].map((one) => one.getAttribute('src')));
  assert.deepEqual(seen, ['/own.jpg', '/own.jpg']);
  // (What they write can fill a mark of theirs.)
  assert.equal(await shopper.evaluate(() => document.querySelectorAll('[data-pz-slot] b, #review u').length), 0);
});

test('twelve thousand attributes come late at once', async (t) => {
  const redis = await startRedis();
  atEnd(t, redis.stop);
  const count = 12000;
  const shop = await startLate(t, redis, { 'html/page': page(`${Array.from({ length: count }, (_, i) => `<a href="/${i}">x</a>`).join('')}<p>Rest</p>`) }, `
    personalize_campaign tip { slot tip; when profile.tier; content "{{profile.tier}}"; }
    personalize_campaign to { slot to; when profile.tier; content "/{{profile.tier}}"; }
    personalize_slot tip "a" attribute=title all;
    personalize_slot to "a" attribute=href all;`);
  const shopper = await newVisitor(t, browser, { userAgent });
  redis.suspend();
  try {
    await shopper.goto(`${shop.origin}/page`, { waitUntil: 'commit' });
    await until('the rest is there', () => shopper.locator('text=Rest').isVisible());
  } finally {
    redis.resume();
  }
  await until('all are set', () => shopper.evaluate((all) => document.querySelectorAll('a[title=vip][href="/vip"]').length === all, count));
  assert.equal(await shopper.evaluate(() => [...document.querySelectorAll('a')].filter((one) => one.getAttributeNames().length !== 2).length), 0);
});

test('where the browser does not know <template for>, the script puts what comes late into its places', async (t) => {
  const redis = await startRedis();
  atEnd(t, redis.stop);
  const shop = await startLate(t, redis, { 'html/page': page(`<main>
    <ul>${items}</ul><ol><li class="r" data-sku="A">r</li><li class="r" data-sku="B">r</li><li class="r" data-sku="C">r</li></ol>
    <div class="box">Outer<div class="box">Inner</div></div><p class="e">Early <b>one</b></p>
    <table><tr><td class="cell">Cell</td></tr></table><h2>h</h2><h2>h</h2></main><p>Rest</p>`) }, `
    personalize_state on;
    personalize_campaign item { slot item; when profile.tier; cap 40/view; content "<b>{{profile.tier}}</b>"; }
    personalize_campaign box { slot box; when profile.tier; content "<u>Box</u>"; }
    personalize_campaign early { slot early; when profile.tier; content "<u>Early</u>"; }
    personalize_campaign cell { slot cell; when profile.tier; content "{{profile.tier}}"; }
    personalize_campaign price { slot price; when price.amount; content "<li data-pz-campaign='price'>{{price.amount}}</li>"; }
    personalize_campaign one { slot one; when profile.tier; content "<i>1</i>"; }
    personalize_campaign two { slot two; when profile.tier; content "<i>2</i>"; }
    personalize_slot item "ul > li" append all;
    personalize_slot box ".box" inner all;
    personalize_slot early ".e" inner early;
    personalize_slot cell ".cell" inner all;
    personalize_slot price ".r" replace all;
    personalize_slot one "h2" before all;
    personalize_slot two "h2" after all;`);
  const shopper = await newVisitor(t, browser, { userAgent });
  // Marks and templates that no parser applies.
  redis.suspend();
  const answer = await fetch(`${shop.origin}/page`);
  let text = '';
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    text.includes('Rest') && redis.resume();
  }
  assert.match(text, /<template for="pz-late-[0-9a-f]{16}-0"/);
  await shopper.route('**/page', (route) => route.fulfill({ contentType: 'text/html',
    body: text.replaceAll('<template for=', '<template data-pz-for=').replace(/<[?](.*?)[?]>/g, '<!--?$1?-->') }));
  await shopper.goto(`${shop.origin}/page`);
  await shopper.waitForFunction(() => window.pz?.decisions);
  const seen = () => shopper.evaluate(() => document.querySelector('main').innerText.replace(/\s+/g, ' ').trim());
  const all = [...Array.from({ length: 50 }, (_, i) => `${i}${i < 40 ? 'vip' : ''}`), '1', '<2>', 'r', 'Box', 'Early', 'vip', '1', 'h', '21', 'h', '2'].join(' ');
  await until('all is there', async () => await seen() === all);
  // It comes back, and nothing twice.
  await shopper.evaluate(() => { document.querySelector('ul').outerHTML = `<ul>${Array.from({ length: 50 }, (_, i) => `<li>${i}</li>`).join('')}</ul>`; });
  await shopper.evaluate(() => { document.querySelector('ol').outerHTML = '<ol><li class="r" data-sku="A">r</li><li class="r" data-sku="B">r</li><li class="r" data-sku="C">r</li></ol>'; });
  await shopper.evaluate(() => { document.querySelectorAll('h2')[0].nextSibling.remove(); });
  await until('all is back', async () => await seen() === all);
});
