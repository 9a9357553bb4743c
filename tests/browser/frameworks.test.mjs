// Pages that frameworks hydrate and change: what the server has put into them stays, comes with the next
// page, and is counted once. A real NGINX, Chromium, and small shops in each framework.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { buildShops, hydrated } from './shops/build.mjs';
import { atEnd, launchBrowser, linger, newVisitor, root, startNginx, startRedis, until, userAgent } from './support.mjs';

const page = (body, head = '') =>
  `<!doctype html><html><head><title>Shop</title>${head}</head><body>${body}</body></html>`;
const module = (name) => readFile(join(root, 'tests/browser/node_modules', name), 'utf8');
const main = (shop, item) => `<main><h1>Item ${item}</h1><div data-pz-slot="recs"></div><a href="/${shop}/${3 - item}">The other</a></main>`;

// Scripts that throw away what the server has put into the slot, and say when they have.
const hostile = {
  once: `addEventListener('load', () => setTimeout(() => {
      document.querySelector('main').innerHTML = ${JSON.stringify(main('hostile', 1))};
      window.isThrown = true;
    }, 50));`,
  // As React does with a document that it renders anew, since something in it was not as expected.
  cleared: `addEventListener('load', () => setTimeout(() => {
      [...document.body.childNodes].forEach((node) => /^(SCRIPT|STYLE|LINK)$/.test(node.nodeName) || node.remove());
      document.body.insertAdjacentHTML('afterbegin', ${JSON.stringify(main('hostile', 1))});
      window.isThrown = true;
    }, 50));`,
  always: `
    window.thrown = 0;
    new MutationObserver(() => {
      const slot = document.querySelector('[data-pz-slot]');
      if (slot && slot.innerHTML !== '<p>Default</p>') {
        window.thrown++;
        slot.innerHTML = '<p>Default</p>';
      }
    }).observe(document, { subtree: true, childList: true });
    addEventListener('load', () => { document.querySelector('[data-pz-slot]').innerHTML = ''; });`,
  busy: `addEventListener('load', () => {
      document.querySelector('main').innerHTML = ${JSON.stringify(main('hostile', 1))};
      window.isThrown = true;
      setInterval(() => document.body.append(document.createElement('i')), 20);
    });`,
};

// A router that fetches the next page like any data, as Astro's does.
const swap = `
  const go = async (address) => {
    const text = await (await fetch(address)).text();
    document.body.replaceWith(new DOMParser().parseFromString(text, 'text/html').body);
  };
  addEventListener('click', async (event) => {
    if (event.target.href) {
      event.preventDefault();
      const address = event.target.href;
      await go(address);
      history.pushState({}, '', address);
    }
  });
  addEventListener('popstate', () => go(location.href));`;

let nginx;
let browser;

before(async () => {
  const files = {
    ...await buildShops(),
    'html/turbo.js': await module('@hotwired/turbo/dist/turbo.es2017-umd.js'),
    'html/htmx.js': await module('htmx.org/dist/htmx.min.js'),
    'html/growthbook.js': await module('@growthbook/growthbook/dist/bundles/index.min.js'),
    'html/late': page('<main></main>'),
    'html/flags': page('', '<script src="/growthbook.js" defer></script>'),
    'features.json': JSON.stringify({ features: {
      'new-header': { defaultValue: false, rules: [{ key: 'header', coverage: 1, variations: [true, true], hashAttribute: 'id' }] },
      'other': { defaultValue: 'quiet' } } }),
  };
  for (const item of [1, 2]) {
    files[`html/turbo/${item}`] = page(main('turbo', item), '<script src="/turbo.js" defer></script>');
    files[`html/htmx/${item}`] = page(`<div hx-boost="true">${main('htmx', item)}</div>`, '<script src="/htmx.js" defer></script>');
  }
  for (const item of [1, 2]) {
    files[`html/swap/${item}`] = page(`${main('swap', item)}<!--pz:empty--><!--/pz-->`, `<script>${swap}</script>`);
  }
  for (const [name, script] of Object.entries(hostile)) {
    files[`html/hostile/${name}`] = page(main('hostile', 1), `<script>${script}</script>`);
  }
  nginx = await startNginx({
    files,
    http: 'personalize_features features.json id=visitor.id;',
    server: `
    personalize_visitor cookie=vid issue=on;
    personalize_bots except=HeadlessChrome;
    personalize_experiment shown { variants a=100 b=0; }
    personalize_campaign recs { slot recs; when experiment.shown = a; when page.item_id;
      content "<p data-pz-campaign='recs'>For {{page.item_id}}</p>"; }
    personalize_campaign bar { slot body-end; widget hello-bar; set text "Hello"; }
    personalize_state on;
    access_log access.log;
    location = /status { personalize_status; }
    location ~ ^/[a-z0-9-]+/(?<item>[a-z0-9]+)$ { personalize on; personalize_page type=product item_id=$item; }
    location = /late { personalize on; personalize_page item_id=late; }
    location = /flags { personalize on; personalize_state on features=all; }
    location ~ ^/[a-z0-9-]+[.]js$ { personalize off; types { text/javascript js; } }`,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

const status = async () => (await fetch(`${nginx.origin}/status?format=json`)).json();
const exposures = async () => (await status()).exposures.shown?.a ?? 0;
const visitor = async (t) => {
  const shopper = await newVisitor(t, browser, { userAgent });
  const asked = [];
  shopper.on('request', (request) => request.url().includes('/_pz/slots') && asked.push(new URL(request.url()).searchParams));
  return { shopper, asked };
};
const recs = (shopper) => shopper.locator('[data-pz-slot=recs] [data-pz-campaign=recs]');
const says = (shopper, text) => until(`the slot says ${text}`, async () => (await recs(shopper).allTextContents()).join() === text);
const thrown = (shopper) => shopper.waitForFunction(() => window.isThrown);

for (const shop of hydrated) {
  test(`${shop}: hydrates around what the server has put in, and gets it for the next page and back`, async (t) => {
    const { shopper, asked } = await visitor(t);
    const before = await exposures();
    await shopper.goto(`${nginx.origin}/${shop}/1`);
    await shopper.waitForSelector('html[data-hydrated]', { state: 'attached' });
    await says(shopper, 'For 1');
    assert.deepEqual(await shopper.evaluate(() => window.mismatches), []);
    assert.equal(await shopper.locator('pz-hello-bar, .pz-bar, [data-pz-campaign=bar]').first().isVisible(), true);
    assert.equal(await shopper.evaluate(() => window.pz.decisions.slots.recs.campaign), 'recs');
    await until('the page is counted', async () => await exposures() === before + 1);
    assert.equal(asked.length, 0);

    await shopper.click('text=The other');
    await says(shopper, 'For 2');
    assert.equal(await shopper.evaluate(() => window.pz.decisions.variants.shown), 'a');
    await shopper.goBack();
    await says(shopper, 'For 1');
    assert.equal(await shopper.locator('[data-pz-campaign=bar]').first().isVisible(), true);
    assert.deepEqual(asked.map((words) => [words.get('path'), words.get('count'), words.getAll('slot').join()]),
      [[`/${shop}/2`, 'view', 'recs'], [`/${shop}/1`, 'view', 'recs']]);
    await until('both are counted', async () => await exposures() === before + 3);
  });
}

for (const shop of ['turbo', 'htmx']) {
  test(`${shop}: pages that come whole are not asked for again`, async (t) => {
    const { shopper, asked } = await visitor(t);
    const before = await exposures();
    await shopper.goto(`${nginx.origin}/${shop}/1`);
    await says(shopper, 'For 1');
    await shopper.click('text=The other');
    await says(shopper, 'For 2');
    await until('decisions are those of the page', () => shopper.evaluate(() => window.pz.decisions.slots.recs?.html.includes('For 2')));
    await shopper.goBack();
    await says(shopper, 'For 1');
    await linger(shopper, 300);
    assert.equal(asked.length, 0);
    await until('both pages are counted', async () => await exposures() >= before + 2);
  });
}

test('pages that a script has fetched whole are not asked for again, but counted', async (t) => {
  const { shopper, asked } = await visitor(t);
  const before = await exposures();
  await shopper.goto(`${nginx.origin}/swap/1`);
  await says(shopper, 'For 1');
  const bar = await shopper.evaluateHandle(() => document.querySelector('[data-pz-campaign=bar]'));
  await shopper.click('text=The other');
  await says(shopper, 'For 2');
  await until('the page is counted', async () => await exposures() === before + 2);
  await shopper.goBack();
  await says(shopper, 'For 1');
  await until('both pages are counted', async () => await exposures() === before + 3);
  await linger(shopper, 300);
  assert.deepEqual(asked.map((words) => [words.get('path'), words.get('count')]), [['/swap/2', 'view'], ['/swap/1', 'view']]);
  assert.ok(['recs', 'body-end', 'empty'].every((name) => asked[0].getAll('slot').includes(name)));
  // What stands there stays.
  assert.equal(await bar.evaluate((element) => element.isConnected), false);
  assert.equal(await shopper.locator('[data-pz-campaign=bar]').count(), 1);
  assert.equal(await recs(shopper).count(), 1);
});

test('an answer that comes when another page is in place already is no answer for that page', async (t) => {
  const { shopper, asked } = await visitor(t);
  await shopper.goto(`${nginx.origin}/swap/1`);
  await says(shopper, 'For 1');
  await shopper.click('text=The other');
  await says(shopper, 'For 2');
  await until('it is told of', () => asked.length === 1);
  // The page that the visitor goes back to comes when its slots have been asked for, and their answer after it.
  const held = {};
  const hold = (name, pattern) => shopper.route(pattern, (route) => { held[name] = route; });
  await hold('page', `${nginx.origin}/swap/1`);
  await hold('answer', '**/_pz/slots*');
  await shopper.goBack();
  await until('slots are asked for', () => held.page && held.answer);
  const answer = await held.answer.fetch();
  await held.page.continue();
  await shopper.waitForFunction(() => document.querySelector('h1').textContent === 'Item 1');
  // It does not come to rest before a second is over.
  await shopper.evaluate(() => { window.ticking = setInterval(() => document.body.append(document.createComment('')), 20); });
  await held.answer.fulfill({ response: answer });
  await until('it is there', () => shopper.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/slots?')).length === 2));
  await shopper.evaluate(() => { clearInterval(window.ticking); });
  await until('it is taken', () => shopper.evaluate(() => window.pz.decisions.slots.recs.html.includes('For 1')));
  await says(shopper, 'For 1');
  assert.equal(await recs(shopper).count(), 1);
  assert.equal(await shopper.locator('[data-pz-campaign=bar]').count(), 1);
});

test('a slot that is thrown away comes back, and is seen once', async (t) => {
  const { shopper } = await visitor(t);
  let told = '';
  shopper.on('request', (request) => { told += request.url().endsWith('/_pz/e') ? `&${request.postData()}` : ''; });
  await shopper.goto(`${nginx.origin}/hostile/once`);
  await thrown(shopper);
  await says(shopper, 'For once');
  await until('it is reported', () => told.includes('impression=recs'));
  await linger(shopper, 1300); // an impression takes a second
  assert.equal(told.split('impression=recs').length, 2, 'once');
});

test('what stood at the end of the body comes back, though its style sheet was not thrown away', async (t) => {
  const { shopper } = await visitor(t);
  await shopper.goto(`${nginx.origin}/hostile/cleared`);
  await thrown(shopper);
  await says(shopper, 'For cleared');
  await until('the bar is back', () => shopper.locator('[data-pz-campaign=bar] .pz-bar, .pz-bar').first().isVisible());
  assert.equal(await shopper.locator('[data-pz-campaign=bar]').count(), 1);
});

test('one that is thrown away again and again is left alone, and told of', async (t) => {
  const { shopper } = await visitor(t);
  const told = [];
  shopper.on('console', (message) => message.type() === 'warning' && told.push(message.text()));
  await shopper.goto(`${nginx.origin}/hostile/always`);
  await until('it is told of', () => told.length > 0);
  await linger(shopper, 1500);
  assert.equal(told.length, 1);
  assert.match(told[0], /thrown away/);
  const thrown = await shopper.evaluate(() => window.thrown);
  assert.ok(thrown <= 3, `thrown away ${thrown} times`);
  assert.equal(await shopper.textContent('[data-pz-slot]'), 'Default');
});

test('in a page that never rests it comes back all the same', async (t) => {
  const { shopper } = await visitor(t);
  await shopper.goto(`${nginx.origin}/hostile/busy`);
  await thrown(shopper);
  await says(shopper, 'For busy');
});

test('a slot that appears late is asked for, and not counted as another page', async (t) => {
  const { shopper, asked } = await visitor(t);
  await shopper.goto(`${nginx.origin}/late`);
  await shopper.evaluate(() => {
    document.querySelector('main').innerHTML = '<div data-pz-slot="recs"><p>Default</p></div>';
  });
  await says(shopper, 'For late');
  assert.equal(await shopper.locator('text=Default').isVisible(), false);
  assert.deepEqual(asked.map((words) => words.get('count')), ['exposure']);
});

test('a visit begins with the page that was loaded, and not with the one that a script has put in its place', async (t) => {
  const redis = await startRedis();
  atEnd(t, redis.stop);
  const script = 'addEventListener("click", (event) => { event.preventDefault(); history.pushState({}, "", event.target.href); });';
  const shop = await startNginx({
    files: { 'html/one': page('<div data-pz-slot="a"></div><a href="/two">Next</a>', `<script>${script}</script>`) },
    http: `personalize_redis unix:${redis.socket} timeout=5s connect_timeout=5s;`,
    server: `
    personalize_visitor cookie=vid issue=on; personalize_session; personalize_state on; personalize_bots except=HeadlessChrome;
    personalize_campaign a { slot a; content "<p>{{session.landing_path}}</p>"; }`,
  });
  atEnd(t, shop.stop);
  const shopper = await newVisitor(t, browser, { userAgent });
  await shopper.goto(`${shop.origin}/one?utm_source=letter`);
  await shopper.evaluate(() => {
    window.filled = new Promise((then) => document.addEventListener('pz:decisions', () => then(), { once: true }));
  });
  await shopper.click('text=Next');
  await shopper.evaluate(() => window.filled);
  assert.equal(await shopper.textContent('[data-pz-slot=a]'), '/one');
  const [{ value: id }] = (await shopper.context().cookies()).filter(({ name }) => name === 'vid');
  await until('it is kept', async () => await redis.ask('HGET', `pz:session:${id}`, 'utm_source') === 'letter');
  assert.equal(await redis.ask('HGET', `pz:session:${id}`, 'landing_path'), '/one');
});

test("GrowthBook's SDK begins with what the server has decided, and counts nothing again", async (t) => {
  const { shopper } = await visitor(t);
  const requests = [];
  shopper.on('request', (request) => requests.push(request.url()));
  const counted = async () => (await status()).exposures.header ?? {};
  await shopper.goto(`${nginx.origin}/flags`);
  await until('the SDK is there', () => shopper.evaluate(() => Boolean(window.growthbook)));
  const said = await shopper.evaluate(() => {
    const { features, exposures } = JSON.parse(document.querySelector('#pz-state').textContent);
    const tracked = [];
    const gb = new window.growthbook.GrowthBook({ trackingCallback: (experiment) => tracked.push(experiment.key) });
    gb.setForcedFeatures(new Map(Object.entries(features)));
    return { isOn: gb.isOn('new-header'), other: gb.getFeatureValue('other', 'none'), tracked, exposures };
  });
  assert.deepEqual(said, { isOn: true, other: 'quiet', tracked: [], exposures: { ...said.exposures, header: said.exposures.header } });
  assert.ok(said.exposures.header);
  assert.equal(requests.filter((url) => !url.startsWith(nginx.origin)).length, 0);
  await until('the server has counted it', async () => Object.values(await counted()).reduce((sum, n) => sum + n, 0) === 1);
});

// What is seen in <main>, by its elements.
const seen = (shopper) => shopper.evaluate(() => [...document.querySelector('main').children]
  .filter((element) => getComputedStyle(element).display !== 'none').map((element) => element.textContent).join('|'));

test('slots that selectors place come back, and are asked for in the next page', async (t) => {
  const body = (item) => `<main><h1>Item ${item}</h1><p>Price</p><p>Two</p><aside class="ad">Ad</aside></main>`;
  const shop = await startNginx({
    files: { 'html/spa/1': page(body(1), `<script>
      const body = ${body};
      const show = (item) => { document.querySelector('main').outerHTML = body(item); };
      const go = (item) => { history.pushState({}, '', '/spa/' + item); show(item); };
      document.addEventListener('pz:lost', ({ detail }) => { (window.lost ??= []).push(detail.slot); });</script>`) },
    server: `
    personalize_visitor cookie=vid issue=on;
    personalize_bots except=HeadlessChrome;
    personalize_experiment shown { variants a=100 b=0; }
    personalize_campaign first { slot first; when experiment.shown = a; when page.item_id; content "<p data-pz-campaign='first'>First {{page.item_id}}</p>"; }
    personalize_campaign second { slot second; when page.item_id; content "<div><b data-pz-campaign='second'>Second {{page.item_id}}</b></div>"; }
    personalize_campaign ad { slot ad; when page.item_id; content "<p data-pz-campaign='ad'>Own {{page.item_id}}</p>"; }
    personalize_campaign plain { slot plain; when page.item_id = 1; content "<i>Plain</i>"; }
    personalize_slot first "body > main:first-child > p:nth-child(2)" before;
    personalize_slot second "main > p:nth-child(3)" after;
    personalize_slot ad ".ad" replace;
    personalize_slot plain main append;
    personalize_state on;
    location = /status { personalize_status; }
    location ~ ^/spa/(?<item>[0-9]+)$ { personalize on; personalize_page type=product item_id=$item; }`,
  });
  atEnd(t, shop.stop);
  const shopper = await newVisitor(t, browser, { userAgent });
  const asked = [];
  shopper.on('request', (request) => request.url().includes('/_pz/slots') && asked.push(new URL(request.url()).searchParams));
  const counted = async () => (await (await fetch(`${shop.origin}/status?format=json`)).json()).exposures.shown?.a ?? 0;
  await shopper.goto(`${shop.origin}/spa/1`);
  await shopper.waitForFunction(() => window.pz?.decisions);
  const first = 'Item 1|First 1|Price|Two|Second 1|Own 1|Plain';
  assert.equal(await seen(shopper), first);
  await shopper.evaluate(() => { document.querySelector('main').outerHTML = body(1); });
  await until('all are back', async () => await seen(shopper) === first);
  assert.equal(asked.length, 0);
  await until('the page is counted once', async () => await counted() === 1);

  await shopper.evaluate(() => go(2));
  await until('those of the next page are there', async () => await seen(shopper) === 'Item 2|First 2|Price|Two|Second 2|Own 2');
  assert.deepEqual(asked.map((words) => [words.get('count'), words.getAll('slot').sort().join()]), [['view', 'ad,first,plain,second']]);
  await until('the next page is counted once', async () => await counted() === 2);

  // Thrown away again and again, they are left alone.
  await shopper.evaluate(() => show(2));
  await until('they are back once', async () => (await seen(shopper)).includes('Own 2'));
  await shopper.evaluate(() => show(2));
  await until('they are given up', async () => (await shopper.evaluate(() => window.lost?.length)) === 3);
  assert.equal(await seen(shopper), 'Item 2|Price|Two|Ad');
  assert.equal(asked.length, 1);
});

test('slots at all matches of a selector come back at each, and are in the next page', async (t) => {
  const body = (item, count) => `<main><h1>Item ${item}</h1><ul>${Array.from({ length: count }, (_, i) => `<li>${i}</li>`).join('')}</ul><p class="ad">Ad</p><p class="ad">Ad</p><i>In</i><i>In</i></main>`;
  const shop = await startNginx({
    files: { 'html/spa/1': page(body(1, 3), `<script>
      const body = ${body};
      const show = (item, count) => { document.querySelector('main').outerHTML = body(item, count); };
      const go = (item, count) => { history.pushState({}, '', '/spa/' + item); show(item, count); };
      document.addEventListener('pz:lost', ({ detail }) => { (window.lost ??= []).push(detail.slot); });</script>`) },
    server: `
    personalize_visitor cookie=vid issue=on;
    personalize_bots except=HeadlessChrome;
    personalize_campaign badge { slot badge; when page.item_id; content "<b>!</b>"; }
    personalize_campaign note { slot note; when page.item_id; cap 2/view; content "<u data-pz-campaign='note'>{{page.item_id}}</u>"; }
    personalize_campaign ad { slot ad; when page.item_id; content "<p data-pz-campaign='ad'>Own {{page.item_id}}</p>"; }
    personalize_campaign inner { slot inner; when page.item_id = 1; content "in"; }
    personalize_slot badge "li" append all;
    personalize_slot note "li:nth-child(n+1)" before all;
    personalize_slot ad ".ad" replace all;
    personalize_slot inner "main > i" inner all;
    personalize_state on;
    location ~ ^/spa/(?<item>[0-9]+)$ { personalize on; personalize_page type=product item_id=$item; }`,
  });
  atEnd(t, shop.stop);
  const shopper = await newVisitor(t, browser, { userAgent });
  const asked = [];
  shopper.on('request', (request) => request.url().includes('/_pz/slots') && asked.push(new URL(request.url()).searchParams));
  // What is seen, with a comma between the elements of the list.
  const items = () => shopper.evaluate(() => {
    const isSeen = (element) => getComputedStyle(element).display !== 'none';
    const list = [...document.querySelectorAll('ul > :not(script)')].map((element) => element.textContent).join();
    return [list, ...[...document.querySelectorAll('main > p, main > i')].filter(isSeen).map((element) => element.innerText)].join('|');
  });
  const show = (text) => until(`it shows ${text}`, async () => await items() === text);
  await shopper.goto(`${shop.origin}/spa/1`);
  await shopper.waitForFunction(() => window.pz?.decisions);
  const first = '1,0!,1,1!,2!|Own 1|Own 1|in|in';
  await show(first);
  await shopper.evaluate(() => show(1, 3));
  await show(first);
  // One of them alone.
  await shopper.evaluate(() => document.querySelector('li b').remove());
  await show(first);
  assert.equal(asked.length, 0);

  await shopper.evaluate(() => go(2, 4));
  await show('2,0!,2,1!,2!,3!|Own 2|Own 2|In|In');
  assert.deepEqual(asked.map((words) => words.getAll('slot').sort().join()), ['ad,badge,inner,note']);
  // More appear.
  await shopper.evaluate(() => document.querySelector('ul').append(Object.assign(document.createElement('li'), { textContent: '4' })));
  await show('2,0!,2,1!,2!,3!,4!|Own 2|Own 2|In|In');
  assert.equal(asked.length, 1);
  // Whoever throws one away again and again is left alone.
  assert.equal(await shopper.evaluate(() => window.lost), undefined);
  await shopper.evaluate(() => {
    const item = document.querySelector('li');
    new MutationObserver(() => item.querySelector('b')?.remove()).observe(item, { childList: true });
    item.querySelector('b').remove();
  });
  await until('it is told', async () => (await shopper.evaluate(() => window.lost))?.join() === 'badge');
  await show('2,0,2,1!,2!,3!,4!|Own 2|Own 2|In|In');
});

test('slots whose documents are late are filled when the page has ended', async (t) => {
  const redis = await startRedis();
  atEnd(t, redis.stop);
  const late = '<div data-pz-slot="a"><p>Default</p></div><!--pz:b--><p>Default</p><!--/pz--><i class="c">Default</i><p>Rest</p><div data-pz-slot="d"></div>';
  const shop = await startNginx({
    files: { 'html/page': page(late), 'html/open': page(`<section>${late}`) },
    http: `personalize_redis unix:${redis.socket} timeout=20s connect_timeout=20s; personalize_source profile key=all ttl=0;`,
    server: `
    personalize_campaign a { slot a; when profile.name; content "<p>A for {{profile.name}}</p>"; }
    personalize_campaign b { slot b; when profile.name; content "<p>B for {{profile.name}}</p>"; }
    personalize_campaign c { slot c; when profile.name; content "<p>C for {{profile.name}}</p>"; }
    personalize_campaign d { slot d; when profile.name; content "<p>D for </template>{{profile.name}}</p>"; }
    personalize_slot c "body .c:nth-child(3)" replace;
    personalize_late on; personalize_wait 20s;`,
  });
  atEnd(t, shop.stop);
  await redis.ask('SET', 'all', '{"name": "Ada"}');
  const text = (shopper) => shopper.evaluate(() => document.body.innerText.replace(/\s+/g, ' ').trim());
  // By the browser itself; by the script, where a template does not reach into what is left open.
  for (const [path, javaScriptEnabled] of [['page', true], ['page', false], ['open', true]]) {
    const shopper = await newVisitor(t, browser, { userAgent, javaScriptEnabled });
    redis.suspend();
    await shopper.goto(`${shop.origin}/${path}`, { waitUntil: 'commit' });
    await until('the rest is there', () => shopper.locator('text=Rest').isVisible());
    redis.resume();
    const all = `A for Ada B for Ada C for Ada Rest${javaScriptEnabled ? ' D for Ada' : ''}`; // no template can bring the last one
    await until('all are filled', async () => await text(shopper) === all);
    if (javaScriptEnabled) {
      await shopper.waitForFunction(() => window.pz?.decisions);
      assert.deepEqual(await shopper.evaluate(() => window.pz.decisions.late), ['a', 'b', 'c', 'd']);
      assert.equal(await text(shopper), all);
    }
  }
});
