// When campaigns appear: triggers, exit intent, one overlay at a time, and the shop's own events. A real
// NGINX, started for these tests; where time matters, the page's clock is the test's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, newVisitor, startNginx, stopClock, until } from './support.mjs';

// By path: the statements of a popup there.
const popups = {
  delay: 'trigger delay=20s;',
  lines: 'trigger delay=5s scroll=50%; trigger event=help;',
  event: 'trigger event=add_to_cart;',
  click: 'trigger "click=[id=help] b";',
  idle: 'trigger idle=20s;',
  pages: 'trigger pages=3;',
  session: 'trigger session_time=1m;',
  exit: '',
  back: 'trigger back;',
  quiet: 'trigger delay=1s; trigger click=b;',
  search: 'trigger delay=1s from_search;',
  hides: 'trigger load; auto_hide 10s;',
};
const page = (body = '') => `<!doctype html><html lang="en"><head><title>Page</title></head><body>
  <p id="help">Help <b>me</b></p><p><input aria-label="Name"><select aria-label="Size"><option>1</select></p>
  ${body}<!--pz:s--><!--/pz--><!--pz:t--><!--/pz--><div style="height: 4000px"></div></body></html>`;

let nginx;
let browser;

before(async () => {
  const files = {
    'html/before': page(),
    'html/busy': page('<dialog id="own"><button>Own</button></dialog><div id="banner" role="dialog" hidden>Cookies?</div>'),
    'html/bar': page(),
    'html/named': page('<img id="pz" alt=""><img name="dataLayer" alt="">'),
    'html/stub': page(`<script>
      window.pz = window.pz || [];
      pz.push(['on', 'early', (data) => { document.title = 'heard ' + data.a; }]);
      pz.push(['track', 'early', {a: 1}], ['track', 'add_to_cart', {value: 5}]);
      window.dataLayer = [{event: 'sign_up'}, null, 7];
      function gtag() { dataLayer.push(arguments); }
      gtag('event', 'view_item', {value: 9, currency: 'EUR', items: [{item_id: 'sku-1'}, {item_id: 'sku-2'}]});
    </script>`),
    'bar.html': '<p data-pz-campaign="bar">Bar</p>',
    'bought.html': '<p data-pz-campaign="bought">Buy</p>',
  };
  let server = '';
  for (const [name, statements] of Object.entries(popups)) {
    files[`html/${name}`] = page();
    server += `personalize_campaign ${name} { slot s; when request.path = /${name}; cap 99/session; widget exit-popup; set title "${name}"; ${statements} }\n`;
  }
  nginx = await startNginx({
    files,
    server: `${server}
    personalize_campaign low  { slot s; when request.path = /busy; cap 9/session; widget exit-popup; set title Low;  trigger delay=10s; }
    personalize_campaign high { slot t; when request.path = /busy; cap 9/session; priority 5; widget exit-popup; set title High; trigger delay=10s; }
    personalize_campaign late { slot s; when request.path = /bar;  cap 9/session; widget hello-bar; set text Late; trigger scroll=20%; }
    personalize_campaign bar  { slot t; when request.path = /bar;  cap 9/session; fragment bar.html; }
    personalize_campaign bought { slot s; when request.path in /stub /named; stop after=conversion; fragment bought.html; }
    location = /status { personalize_status; }`,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

// A visitor in whose page time passes when the test says so.
async function visit(t, path, { options = {}, ...more } = {}) {
  const page = await newVisitor(t, browser, options);
  page.reports = [];
  page.on('request', (request) => request.url().endsWith('/_pz/e') && page.reports.push(request.postData()));
  await stopClock(page);
  await page.goto(nginx.origin + path, more);
  return page;
}
const dialog = (page) => page.locator('dialog[open]');
const isOpen = async (page) => (await dialog(page).count()) === 1;
const opens = (page) => dialog(page).waitFor();
// What is due has happened, also what had to ask the server.
async function pass(page, ms) {
  await page.clock.runFor(ms);
  await page.evaluate(() => Promise.resolve());
}
// What it is closed for knows of it: that is when the event has come, in the frame after.
async function close(page) {
  await page.evaluate(() => {
    window.isClosed = new Promise((then) => document.addEventListener('close', () => then(), { capture: true, once: true }));
  });
  await page.keyboard.press('Escape');
  await page.evaluate(() => window.isClosed);
}

test('after a delay', async (t) => {
  const page = await visit(t, '/delay');
  await pass(page, 9000);
  assert.equal(await isOpen(page), false);
  await pass(page, 12000);
  await opens(page);
});

test('all words of a line, one of the lines', async (t) => {
  const page = await visit(t, '/lines');
  await pass(page, 8000);
  assert.equal(await isOpen(page), false);
  await page.evaluate(() => scrollTo(0, 2500));
  await pass(page, 500);
  await opens(page);
  const other = await visit(t, '/lines');
  await other.evaluate(() => window.pz.track('help'));
  await opens(other);
});

test('at an event, each time', async (t) => {
  const page = await visit(t, '/event');
  await page.evaluate(() => window.pz.track('view_cart'));
  assert.equal(await isOpen(page), false);
  for (let i = 0; i < 2; i++) {
    await page.evaluate(() => window.dataLayer.push({ event: 'add_to_cart', ecommerce: { value: 3 } }));
    await opens(page);
    await close(page);
    assert.equal(await isOpen(page), false);
  }
});

test('at a click, each time', async (t) => {
  const page = await visit(t, '/click');
  for (let i = 0; i < 2; i++) {
    await page.getByText('me', { exact: true }).click();
    await opens(page);
    await close(page);
  }
});

test('when nothing is done', async (t) => {
  const page = await visit(t, '/idle');
  await pass(page, 15000);
  await page.keyboard.press('Shift');
  await pass(page, 15000);
  assert.equal(await isOpen(page), false);
  await pass(page, 6000);
  await opens(page);
});

test('on the third page, or after a minute, in this tab', async (t) => {
  const page = await visit(t, '/pages');
  await pass(page, 1000);
  await page.goto(`${nginx.origin}/session`);
  await pass(page, 1000);
  assert.equal(await isOpen(page), false);
  await page.goto(`${nginx.origin}/pages`);
  await pass(page, 1000);
  await opens(page);
  await page.goto(`${nginx.origin}/session`);
  await pass(page, 60000);
  await opens(page);
  const strict = await newVisitor(t, browser, { extraHTTPHeaders: { 'Sec-GPC': '1' } });
  await strict.goto(`${nginx.origin}/pages`);
  assert.equal(await strict.evaluate(() => sessionStorage.length), 0, 'nothing is kept without consent');
});

test('what waits in the page appears in its place', async (t) => {
  const page = await visit(t, '/bar');
  const bar = page.getByText('Late');
  await pass(page, 1000);
  assert.equal(await bar.isVisible(), false);
  await page.evaluate(() => scrollTo(0, 1500));
  await pass(page, 500);
  await page.evaluate(() => scrollTo(0, 0));
  await bar.waitFor();
});

test('a pointer that leaves is no exit if it comes back, drags, chooses or writes', async (t) => {
  const page = await visit(t, '/exit');
  const leave = async () => {
    await page.mouse.move(300, 200);
    await page.mouse.move(300, 20, { steps: 3 });
    await page.mouse.move(300, -10, { steps: 2 });
  };
  const stays = async (what) => {
    await pass(page, 220);
    assert.equal(await isOpen(page), false, what);
  };
  await leave();
  await stays('it has only just begun');
  await pass(page, 1000);
  await leave();
  await page.mouse.move(300, 100);
  await stays('it comes back');
  await page.mouse.move(300, 200);
  await page.mouse.down();
  await page.mouse.move(300, -10, { steps: 4 });
  await stays('it drags');
  await page.mouse.up();
  for (const field of ['Name', 'Size']) {
    await page.getByLabel(field).focus();
    await leave();
    await stays(`it is in ${field}`);
  }
  await page.getByLabel('Size').blur();
  await page.mouse.move(300, 200);
  await page.mouse.move(-10, 200, { steps: 3 });
  await stays('it leaves at the side');
  await leave();
  await pass(page, 220);
  await opens(page);
});

test('going back is put off once, where that is asked for', async (t) => {
  const page = await newVisitor(t, browser);
  await page.goto(`${nginx.origin}/before`);
  await page.goto(`${nginx.origin}/back`);
  await page.getByText('Help').click();
  await page.evaluate(() => history.back());
  await opens(page);
  assert.equal(new URL(page.url()).pathname, '/back');
  await close(page);
  await page.evaluate(() => history.back());
  await page.waitForURL('**/before');
  // Elsewhere nothing is put into the history.
  await page.goto(`${nginx.origin}/delay`);
  await page.getByText('Help').click();
  await page.evaluate(() => history.back());
  await page.waitForURL('**/before');
});

test('one at a time, by priority, and never over what the visitor does', async (t) => {
  const page = await visit(t, '/busy');
  await page.getByLabel('Name').focus();
  await pass(page, 12000);
  assert.equal(await isOpen(page), false, 'the visitor writes');
  await page.evaluate(() => { document.querySelector('#banner').hidden = false; });
  await page.getByLabel('Name').blur();
  await pass(page, 1000);
  assert.equal(await isOpen(page), false, 'there is a banner');
  await page.evaluate(() => {
    document.querySelector('#banner').hidden = true;
    document.querySelector('#own').showModal();
  });
  await pass(page, 1000);
  assert.equal(await page.getByRole('heading').count(), 0, 'the page has a dialog of its own');
  await page.evaluate(() => document.querySelector('#own').close());
  await pass(page, 500);
  await opens(page);
  assert.equal(await page.getByRole('heading', { name: 'High' }).isVisible(), true);
  await pass(page, 3000);
  assert.equal(await page.getByRole('heading', { name: 'Low' }).count(), 0);
  await close(page);
  await pass(page, 3000);
  assert.equal(await isOpen(page), false, 'the visitor looks at the page first');
  await pass(page, 3000);
  await opens(page);
  assert.equal(await page.getByRole('heading', { name: 'Low' }).isVisible(), true);
});

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
test('a phone that comes from a search engine is left alone, unless it asks', async (t) => {
  const referer = 'https://www.google.com/';
  const page = await visit(t, '/quiet', { options: phone, referer });
  await pass(page, 5000);
  assert.equal(await isOpen(page), false);
  await page.getByText('me', { exact: true }).tap();
  await opens(page);
  const search = await visit(t, '/search', { options: phone, referer });
  await pass(search, 5000);
  await opens(search);
  for (const [options, from] of [[{}, referer], [phone, 'https://shop.example/']]) {
    const other = await visit(t, '/quiet', { options, referer: from });
    await pass(other, 5000);
    await opens(other);
  }
});

test('a phone on which nothing is done any more', async (t) => {
  const page = await visit(t, '/exit', { options: phone });
  await pass(page, 30000);
  await page.touchscreen.tap(100, 300);
  await pass(page, 30000);
  assert.equal(await isOpen(page), false);
  await pass(page, 16000);
  await opens(page);
  // With a mouse that says nothing: one reads.
  const desk = await visit(t, '/exit');
  await pass(desk, 60000);
  assert.equal(await isOpen(desk), false);
});

test('what closes by itself waits for who is at it, and is not dismissed', async (t) => {
  const page = await visit(t, '/hides');
  await pass(page, 1000);
  await opens(page);
  await page.mouse.move(5, 5);
  await page.getByRole('heading').hover();
  await pass(page, 20000);
  assert.equal(await isOpen(page), true);
  await page.mouse.move(2, 2);
  await pass(page, 11000);
  assert.equal(await isOpen(page), false);
  assert.ok(page.reports.join().includes('impression=hides'));
  assert.ok(!page.reports.join().includes('dismiss'));
  const used = await visit(t, '/hides');
  await pass(used, 1000);
  await opens(used);
  await used.keyboard.press('Tab');
  await pass(used, 20000);
  assert.equal(await isOpen(used), true);
});

test('a page in the place of another begins anew', async (t) => {
  const page = await visit(t, '/delay');
  await pass(page, 20000);
  await opens(page);
  await close(page);
  await page.evaluate(() => history.replaceState(null, '', '#part'));
  await pass(page, 25000);
  assert.equal(await isOpen(page), false);
  await page.evaluate(() => history.pushState(null, '', '/another'));
  await pass(page, 15000);
  assert.equal(await isOpen(page), false);
  await pass(page, 6000);
  await opens(page);

  const bar = await visit(t, '/bar');
  await pass(bar, 2000);
  await until('it is seen', async () => (await pass(bar, 200), bar.reports.join().includes('impression=bar')));
  await bar.evaluate(() => history.pushState(null, '', '/another'));
  await until('it is seen again', async () =>
    (await pass(bar, 300), bar.reports.join().split('impression=bar').length === 3));
});

test('an impression takes a second', async (t) => {
  const page = await visit(t, '/bar');
  // The browser tells all who observe it in the same frame, this one last.
  const isSeen = (inView) => page.evaluate((expected) => new Promise((then) => {
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting === expected && then())
      .observe(document.querySelector('[data-pz-campaign=bar]'));
  }), inView);
  await isSeen(true);
  await pass(page, 900);
  // It is out of sight again before a second is over.
  await page.evaluate(() => scrollTo(0, 3000));
  await isSeen(false);
  await pass(page, 1500);
  assert.ok(!page.reports.join().includes('impression=bar'));
  await page.evaluate(() => scrollTo(0, 0));
  await isSeen(true);
  await pass(page, 1200);
  await until('it is seen', () => page.reports.join().includes('impression=bar'));
});

test("the shop's events are heard, also those before the script", async (t) => {
  const page = await visit(t, '/stub');
  await pass(page, 10);
  await until('it is heard', async () => (await page.title()) === 'heard 1');
  await pass(page, 500);
  await until('they are reported', () => page.reports.join('&').includes('view_item'));
  const sent = new URLSearchParams(page.reports.join('&'));
  assert.deepEqual(sent.getAll('metric'), ['add_to_cart', 'sign_up', 'view_item']);
  assert.deepEqual(sent.getAll('value'), ['5', '9']);
  assert.deepEqual(sent.getAll('items'), ['sku-1,sku-2']);
  // Whatever is pushed, the page's own list goes on.
  const size = await page.evaluate(() => {
    const thrower = { get event() { throw new Error('mine'); } };
    return [null, undefined, 'x', thrower, { event: {} }, []].map((entry) => window.dataLayer.push(entry)).pop();
  });
  assert.equal(size, 10);
  // A step is no conversion of what the visitor has seen; a purchase is.
  await page.reload();
  assert.equal(await page.locator('[data-pz-campaign=bought]').count(), 1);
  await until('it is noted', async () => (await pass(page, 300), page.evaluate(() => /pz=1\..*~/.test(document.cookie))));
  await page.evaluate(() => window.pz.track('purchase', { value: 20, currency: 'EUR', transaction_id: 'o-1' }));
  await page.reload();
  assert.equal(await page.locator('[data-pz-campaign=bought]').count(), 0);
});

test('elements that are named like the lists of events are none', async (t) => {
  const page = await visit(t, '/named');
  assert.equal(await page.evaluate(() => typeof window.pz.track), 'function');
});
