// What the script does in widgets, by pointer, touch and keyboard, in a page whose Content-Security-Policy
// allows nothing but the module's own nonces and forbids writing HTML from scripts. A real NGINX, started
// for these tests.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, linger, newVisitor, startNginx, stopClock, until } from './support.mjs';

const policy = (nonce) => `default-src 'none'; script-src 'strict-dynamic' 'nonce-${nonce}'; style-src 'nonce-${nonce}'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;
const later = (ms) => new Date(Date.now() + ms).toISOString().replace(/\.\d+/, '');
const questions = JSON.stringify([
  { id: 'why', text: 'Why?', kind: 'single', answers: ['Price', 'Size'] },
  { id: 'rate', text: 'How likely?', kind: 'scale' },
  { id: 'more', text: 'What else?', kind: 'text' },
]);
const items = JSON.stringify(Array.from({ length: 12 }, (_, i) => ({ id: `sku-${i}`, title: `Shoe ${i}`, url: `/to/${i}`, price: 10 + i })));
const widgets = {
  coupon: `widget side-coupon; set title Yours; set code SUMMER;`,
  bar: `widget hello-bar; set text One; set text Two; set text Three;`,
  fab: `widget floating-icon; set title Help; set text Text; set value 3; set link /to/help; set link_text Go;`,
  progress: `widget purchase-progress; set goal 50; set goal 80; set value 12.5; set currency EUR; set text "{remaining} to free delivery"; set done_text Done;`,
  rows: `widget recommendations; set title "For you"; set items '${items}';`,
  complements: `widget complements; set title "Goes with it"; set items '${items}'; trigger event=add_to_cart;`,
  lead: `widget lead-form; set title News; set thanks Thanks; stop after=dismiss;`,
  leadpost: `widget lead-form; set title News; set thanks Thanks; set action /subscribe;`,
  survey: `widget survey; set title Two; set questions '${questions}'; set thanks Thanks;`,
  exit: `widget exit-popup; set title "Before you go"; set question Why?; set answers "Price|Size"; set thanks Thanks; trigger click=h1;`,
  count: `widget countdown; set title Sale; set deadline ${later(90061000)}; set done_text Over;`,
  ever: `widget countdown; set title Yours; set deadline "evergreen 2h";`,
  scratch: '',
};

const page = `<!DOCTYPE html><html lang="en"><head><title>Page</title><meta name="viewport" content="width=device-width"></head>
  <body><h1>Page</h1><!--pz:s--><!--/pz--><p><a href="#end">End</a></p></body></html>`;
// As A's markup has it once the server gives a ticket.
const scratch = `<pz-scratch-coupon data-pz-campaign="scratch" data-pz-claim="TICKET"><div class="pz-scratch-box">
  <div class="pz-scratch"><div class="pz-scratch-prize"><p class="pz-prize"></p><span class="pz-coupon">
  <code class="pz-code" hidden=""></code><button class="pz-copy" type="button" data-pz-copy="" data-pz-done="Copied">Copy</button>
  <span class="pz-claim-failed" role="alert" hidden="">Try again</span><span class="pz-claim-gone" role="alert" hidden="">Gone</span>
  <span class="pz-visually-hidden" role="status"></span></span></div>
  <canvas class="pz-scratch-cover" aria-hidden="true"></canvas></div>
  <button class="pz-reveal" type="button">Reveal</button></div></pz-scratch-coupon>`;

let nginx;
let browser;

before(async () => {
  const files = { 'scratch.html': scratch, 'html/subscribe': 'subscribed' };
  let server = `
    add_header Content-Security-Policy "${policy('$request_id')}";
    location = /status { personalize_status; }
    location /to/ { return 204; }
    location = /subscribe { if ($request_method != POST) { return 405; } return 204; }`;
  for (const [name, statements] of Object.entries(widgets)) {
    files[`html/${name}`] = page;
    files[`html/x/${name}`] = page.replace('<html', '<html xmlns="http://www.w3.org/1999/xhtml"').replace(/<meta[^>]*>/, '');
    server += `personalize_campaign ${name} { slot s; when request.path in /${name} /x/${name}; ${name === 'ever' ? '' : 'cap 99/session;'} ${statements || 'fragment scratch.html;'} }\n`;
  }
  nginx = await startNginx({ files, server: `${server}
    location /x/ { personalize on; personalize_types application/xhtml+xml; default_type application/xhtml+xml; }` });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

async function visit(t, path, options = {}) {
  const page = await newVisitor(t, browser, options);
  page.reports = '';
  page.on('request', (request) => {
    page.reports += request.url().endsWith('/_pz/e') ? `&${request.postData()}` : '';
  });
  await page.goto(nginx.origin + path);
  return page;
}
const reported = (page, what) => until(`${what} is reported`, () => page.reports.includes(what));
const touch = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test('a code is copied, and remembered', async (t) => {
  const page = await newVisitor(t, browser, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.route('**/_pz/e', (route) => route.fulfill({ status: 204 }));
  // It is told for a moment.
  await stopClock(page);
  await page.goto(`${nginx.origin}/coupon`);
  await page.locator('summary').click();
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'SUMMER');
  assert.equal(await page.getByRole('status').textContent(), 'Copied');
  await page.clock.runFor(3000);
  await page.getByRole('button', { name: 'Copy', exact: true }).waitFor();
  await until('the claim is noted', async () => page.evaluate(() => document.cookie.split('~')[1]?.split('.').length === 13));
  await page.reload();
  await page.locator('[data-pz-claimed]').waitFor({ state: 'attached' });
});

test('where the clipboard is closed, the code is selected', async (t) => {
  const page = await visit(t, '/coupon');
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('closed'));
    document.execCommand = () => false;
  });
  await page.locator('summary').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Copy' }).focus();
  await page.keyboard.press('Enter');
  await until('it is selected', () => page.evaluate(() => getSelection().toString() === 'SUMMER'));
  assert.ok(!page.reports.includes('claim='));
});

async function answerClaims(page, answers) {
  const asked = [];
  await page.route('**/_pz/claim', async (route) => {
    asked.push(route.request().postData());
    const { status, body } = answers[Math.min(asked.length, answers.length) - 1];
    await route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body ?? {}) });
  });
  return asked;
}
const isRevealed = async (page) => (await page.locator('[data-pz-revealed]').count()) > 0;
const won = { status: 200, body: { code: 'LUCKY', text: '<b>10 %</b> "off"' } };

for (const how of ['mouse', 'finger', 'keys', 'button']) {
  test(`a cover is scratched off: ${how}`, async (t) => {
    const page = await newVisitor(t, browser, how === 'finger' ? touch : {});
    const asked = await answerClaims(page, [won]);
    await page.goto(`${nginx.origin}/scratch`);
    const canvas = page.locator('canvas');
    // The style sheet, which a fragment does not have, keeps fingers from scrolling there.
    await canvas.evaluate((element) => { element.style.touchAction = 'none'; });
    const { x, y, width, height } = await canvas.boundingBox();
    const client = await page.context().newCDPSession(page);
    const swipe = async (row) => {
      const at = (i) => [x + (width * (i + 0.5)) / 8, y + (height * (row + 0.5)) / 4];
      if (how === 'mouse') {
        await page.mouse.move(...at(0));
        await page.mouse.down();
        for (let i = 1; i < 8; i++) await page.mouse.move(...at(i));
        await page.mouse.up();
      } else {
        const send = (type, i) => client.send('Input.dispatchTouchEvent',
          { type, touchPoints: i === undefined ? [] : [{ x: at(i)[0], y: at(i)[1] }] });
        await send('touchStart', 0);
        for (let i = 1; i < 8; i++) await send('touchMove', i);
        await send('touchEnd');
      }
    };
    if (how === 'button') {
      await page.getByRole('button', { name: 'Reveal' }).click();
    } else if (how === 'keys') {
      await page.getByRole('button', { name: 'Reveal' }).focus();
      await page.keyboard.press('ArrowRight');
      assert.equal(await isRevealed(page), false, 'half of it is there');
      await page.keyboard.press('ArrowRight');
    } else {
      await swipe(0);
      assert.equal(await isRevealed(page), false, 'most of it is there');
      await swipe(1);
      await swipe(2);
    }
    await page.locator('[data-pz-revealed]').waitFor();
    assert.equal(await page.locator('.pz-code').textContent(), 'LUCKY');
    assert.equal(await page.locator('.pz-prize').textContent(), '<b>10 %</b> "off"', 'a text is a text');
    assert.deepEqual(asked, ['t=TICKET']);
    if (how === 'keys') {
      assert.equal(await page.evaluate(() => document.activeElement.className), 'pz-scratch-prize');
    }
  });
}

test('a claim without an answer can be tried again; what is gone is gone', async (t) => {
  const page = await newVisitor(t, browser);
  const log = page.context().listeners('console');
  page.context().removeAllListeners('console');
  const asked = await answerClaims(page, [{ status: 503 }, { status: 429 }, won]);
  await page.goto(`${nginx.origin}/scratch`);
  for (let i = 0; i < 2; i++) {
    await page.getByRole('button', { name: 'Reveal' }).click();
    await page.getByText('Try again').waitFor({ state: 'attached' });
    assert.equal(await isRevealed(page), false);
  }
  await page.getByRole('button', { name: 'Reveal' }).click();
  await page.locator('[data-pz-revealed]').waitFor();
  assert.equal(asked.length, 3);
  await page.unroute('**/_pz/claim');
  await answerClaims(page, [{ status: 410, body: { gone: true } }]);
  await page.reload();
  await page.getByRole('button', { name: 'Reveal' }).click();
  await page.getByText('Gone').waitFor();
  log.forEach((listener) => page.context().on('console', listener));
});

test('messages take turns, but not under the visitor', async (t) => {
  const page = await newVisitor(t, browser);
  await stopClock(page);
  await page.goto(`${nginx.origin}/bar`);
  const now = () => page.locator('.pz-bar-message:not([hidden])').textContent();
  assert.equal(await now(), 'One');
  await page.clock.runFor(6500);
  assert.equal(await now(), 'Two');
  await page.locator('pz-hello-bar').hover();
  await page.clock.runFor(13000);
  assert.equal(await now(), 'Two');
  await page.locator('.pz-bar-next').click();
  assert.equal(await now(), 'Three');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.mouse.move(5, 400);
  await page.evaluate(() => document.activeElement.blur());
  await page.clock.runFor(13000);
  assert.equal(await now(), 'Three', 'without motion nothing turns by itself');
});

test('a floating icon opens a card by keyboard, and gives the focus back', async (t) => {
  const page = await visit(t, '/fab');
  const button = page.locator('.pz-fab');
  await button.focus();
  await page.keyboard.press('Enter');
  const card = page.getByRole('dialog');
  await card.waitFor();
  assert.equal(await page.locator('.pz-badge').isVisible(), false);
  await page.keyboard.press('Escape');
  assert.equal(await card.isVisible(), false);
  assert.equal(await page.evaluate(() => document.activeElement.className), 'pz-fab');
  await button.click();
  await page.getByRole('button', { name: 'Close' }).click();
  assert.equal(await card.isVisible(), false);
});

test('progress follows the cart', async (t) => {
  const page = await visit(t, '/progress');
  const text = () => page.locator('.pz-progress-text').textContent();
  assert.match(await text(), /37\.50 to free delivery/);
  await page.evaluate(() => window.dataLayer.push({ event: 'add_to_cart', ecommerce: { value: 10 } }));
  assert.match(await text(), /27\.50 to free delivery/);
  await page.evaluate(() => window.pz.set('cart_value', 60));
  assert.match(await text(), /20\.00/);
  assert.deepEqual(await page.locator('progress').evaluateAll((bars) => bars.map(({ value }) => value)), [50, 10]);
  assert.equal(await page.locator('.pz-progress-step[data-pz-reached]').count(), 1);
  // A shop that says the value itself is not added to.
  await page.evaluate(() => window.dataLayer.push({ event: 'add_to_cart', ecommerce: { value: 10 } }));
  assert.match(await text(), /20\.00/);
  await page.evaluate(() => document.dispatchEvent(new CustomEvent('pz:set', { detail: { cart_value: 90 } })));
  assert.equal(await text(), 'Done');
  await page.evaluate(() => window.pz.set('cart_value', 'rubbish'));
  assert.equal(await text(), 'Done');
});

test('rows scroll by buttons, and tell what was clicked', async (t) => {
  const page = await visit(t, '/rows');
  const next = page.locator('.pz-row-next');
  const previous = page.locator('.pz-row-prev');
  await next.waitFor();
  assert.equal(await previous.getAttribute('aria-disabled'), 'true');
  await next.click();
  await until('it scrolls', async () => (await previous.getAttribute('aria-disabled')) === 'false');
  await page.getByRole('link', { name: 'Shoe 7' }).click();
  await reported(page, 'click=rows&item=sku-7&list=rows&position=8');
});

test('a row tells which products it has, and one of them can be dismissed', async (t) => {
  const page = await visit(t, '/rows');
  await reported(page, 'impression=rows&list=rows&items=sku-0%2Csku-1%2Csku-2');
  // As a shop's own fragment does.
  await page.evaluate(() => {
    const button = document.createElement('button');
    button.textContent = 'Not for me';
    button.dataset.pzDismiss = '';
    document.querySelector('[data-pz-item="sku-2"]').append(button);
    button.click();
  });
  await reported(page, 'dismiss=rows&item=sku-2&list=rows&position=3');
  assert.equal(await page.locator('[data-pz-item="sku-2"]').isVisible(), false);
  assert.equal(await page.locator('[data-pz-item="sku-1"]').isVisible(), true);
});

test('complements open where something was put into the cart', async (t) => {
  const page = await visit(t, '/complements');
  await page.evaluate(() => { window.dataLayer.push({ event: 'add_to_cart', ecommerce: { value: 3 } }); });
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await reported(page, 'dismiss=complements');
});

test('an address is sent once', async (t) => {
  const page = await visit(t, '/lead');
  await page.getByRole('textbox').fill('ann@example.com');
  await page.evaluate(() => {
    const form = document.querySelector('form');
    form.requestSubmit();
    form.requestSubmit();
  });
  await page.getByText('Thanks').waitFor();
  await reported(page, 'lead=lead&text=ann%40example.com');
  assert.equal(page.reports.split('lead=lead').length, 2);
});

test('an address goes to the shop without leaving the page, and is no part of the event', async (t) => {
  const page = await visit(t, '/leadpost');
  const sent = [];
  page.on('request', (request) => request.url().endsWith('/subscribe') && sent.push(request.postData()));
  await page.getByRole('textbox').fill('ann@example.com');
  await page.keyboard.press('Enter');
  await page.getByText('Thanks').waitFor();
  assert.deepEqual(sent, ['email=ann%40example.com']);
  await reported(page, 'lead=leadpost');
  assert.ok(!page.reports.includes('example.com'));
});

test('without scripts the form is a form', async (t) => {
  const page = await newVisitor(t, browser, { javaScriptEnabled: false });
  await page.goto(`${nginx.origin}/leadpost`);
  await page.getByRole('textbox').fill('ann@example.com');
  const asked = page.waitForRequest('**/subscribe');
  await page.keyboard.press('Enter');
  assert.equal((await asked).postData(), 'email=ann%40example.com');
});

test('a survey asks one question at a time, and keeps what was answered', async (t) => {
  const page = await visit(t, '/survey');
  assert.equal(await page.getByRole('group').count(), 1);
  await page.getByLabel('Price').focus();
  await page.keyboard.press('Space');
  await page.locator('.pz-next:visible').focus();
  await page.keyboard.press('Enter');
  await reported(page, 'answer=survey&question=why&text=Price');
  assert.equal(await page.evaluate(() => document.activeElement.matches('fieldset')), true);
  // Radio buttons, by arrows.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowRight');
  await page.goto(`${nginx.origin}/bar`);
  await reported(page, 'answer=survey&question=rate&text=1');
  await page.goto(`${nginx.origin}/survey`);
  for (let i = 0; i < 2; i++) {
    await page.locator('.pz-next:visible').click();
  }
  await page.getByRole('textbox').fill('<script>&');
  await page.locator('.pz-send').click();
  await page.getByText('Thanks').waitFor();
  await reported(page, 'question=more&text=%3Cscript%3E%26');
});

test('a survey that is finished does not come again; one that was begun does', async (t) => {
  const page = await visit(t, '/survey');
  const isThere = async () => (await page.locator('pz-survey').count()) > 0;
  await page.getByLabel('Price').check();
  await page.locator('.pz-next:visible').click();
  await reported(page, 'answer=survey');
  await page.reload();
  assert.equal(await isThere(), true, 'an answer to one question stops nothing');
  // Passing questions over is an answer, too.
  for (let i = 0; i < 2; i++) {
    await page.locator('.pz-next:visible').click();
  }
  await page.locator('.pz-send').click();
  await reported(page, 'finish=survey');
  await page.goto(`${nginx.origin}/survey?again`);
  assert.equal(await isThere(), false);
});

test('thousands of events hold up neither the page nor the endpoint', async (t) => {
  const page = await visit(t, '/bar');
  let asked = 0;
  page.on('request', (request) => { asked += request.url().endsWith('/_pz/e') ? 1 : 0; });
  const [took, heard] = await page.evaluate(() => new Promise((resolve) => {
    let count = 0;
    window.pz.on('add_to_cart', () => { count++; });
    const begin = performance.now();
    for (let i = 0; i < 10000; i++) {
      window.dataLayer.push({ event: 'add_to_cart', ecommerce: { value: 1, items: [{ item_id: `sku-${i}` }] } });
    }
    const end = performance.now();
    const isOver = () => count >= 10000 || performance.now() > end + 20000;
    const look = () => (isOver() ? setTimeout(() => resolve([end - begin, count]), 200) : setTimeout(look, 20));
    look();
  }));
  assert.ok(took < 8000, `${took} ms`);
  assert.equal(heard, 10000, 'handlers hear of all of them');
  await reported(page, 'items=sku-99');
  const told = () => page.reports.split('metric=add_to_cart').length - 1;
  assert.ok(told() >= 100 && told() <= 110, `${told()} conversions`);
  assert.ok(asked <= 8, `${asked} requests`);
  // Others are told all the same.
  await page.locator('[data-pz-dismiss]').first().click();
  await reported(page, 'dismiss=bar');
});

test('a handler that tells of its own event again is heard, and stays within bounds', async (t) => {
  const page = await visit(t, '/bar');
  await page.evaluate(() => {
    window.pz.on('search', () => window.pz.track('search', {}));
    window.pz.track('search', {});
  });
  const told = () => page.reports.split('metric=search').length - 1;
  await until('they are told', () => told() >= 100);
  await linger(page, 1500);
  assert.ok(told() <= 110, `${told()} conversions`);
});

test('who answers why they leave is thanked, and has not dismissed', async (t) => {
  const page = await visit(t, '/exit');
  await page.getByRole('heading', { name: 'Page' }).click();
  await page.getByLabel('Size').check();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Thanks').waitFor();
  await page.keyboard.press('Escape');
  await reported(page, 'answer=exit');
  await reported(page, 'finish=exit');
  await linger(page, 200);
  assert.ok(!page.reports.includes('dismiss'));
  await page.reload();
  assert.equal(await page.locator('pz-exit-popup').count(), 0, 'who has answered is not asked again');
});

// What is left, in seconds.
const left = (page) => page.evaluate(() => [86400, 3600, 60, 1].reduce((sum, unit) =>
  sum + unit * Number(document.querySelector(`[data-pz-unit="${unit}"] .pz-countdown-number`)?.textContent ?? 0), 0));

test('a countdown of the visitor\'s own goes on, to the second, on the next page', async (t) => {
  const page = await visit(t, '/ever');
  await reported(page, 'impression=ever');
  await until('the end is kept', () => page.evaluate(() => localStorage['pz:end:ever'] > 0));
  const before = await left(page);
  await page.reload();
  await page.locator('pz-countdown:defined').waitFor();
  const after = await left(page);
  assert.ok(before <= 7200 && after <= before && after > before - 60, `${before} ${after}`);
});

test('a countdown is right, whatever the clock says', async (t) => {
  const page = await newVisitor(t, browser);
  await page.goto(`${nginx.origin}/count`);
  const right = await left(page);
  assert.ok(right > 89000 && right <= 90061, String(right));
  for (const wrong of [-86400000, 5000000]) {
    const other = await newVisitor(t, browser);
    await other.clock.install({ time: Date.now() + wrong });
    await other.goto(`${nginx.origin}/count`);
    await other.clock.runFor(1100);
    await until('it is right', async () => Math.abs(await left(other) - right) < 120);
  }
});

test('a countdown ends in its place', async (t) => {
  const page = await newVisitor(t, browser);
  await stopClock(page);
  await page.goto(`${nginx.origin}/count`);
  await page.clock.runFor(1100);
  const before = await left(page);
  await page.clock.fastForward(3600000);
  await until('an hour is over', async () => Math.abs(before - 3600 - await left(page)) < 5);
  await page.clock.fastForward(90000000);
  await page.getByText('Over').waitFor();
  assert.equal(await page.locator('time').isVisible(), false);
});

test('in pages that are XML', async (t) => {
  // What opens over the page was not opened, and is not seen.
  const isOverlay = (name) => ['complements', 'exit'].includes(name);
  await Promise.all(Object.keys(widgets).map(async (name) => {
    const page = await visit(t, `/x/${name}`);
    assert.equal(await page.evaluate(() => document.contentType), 'application/xhtml+xml');
    assert.equal(await page.evaluate(() => typeof window.pz.track), 'function', name);
    await (isOverlay(name) || reported(page, `impression=${name}`));
  }));
});
