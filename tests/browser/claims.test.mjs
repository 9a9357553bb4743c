// Codes and prizes that visitors claim: a real NGINX, Redis and Chromium, from the page to the list.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, newVisitor, startNginx, startRedis, stopClock, until } from './support.mjs';

const policy = "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const page = `<!doctype html><html lang="en"><head><title>Shop</title></head><body><h1>Shop</h1>
  <!--pz:bar--><!--/pz--><!--pz:coupon-->No coupon<!--/pz--><!--pz:prize-->No prize<!--/pz--></body></html>`;

let store;
let redis;
let nginx;
let browser;

before(async () => {
  store = await startRedis();
  redis = store.ask;
  await redis('RPUSH', 'codes:summer', 'SUMMER-3', 'SUMMER-2', 'SUMMER-1');
  nginx = await startNginx({
    files: { 'html/index.html': page, 'visitor.key': '0123456789abcdef'.repeat(4) },
    http: `
    personalize_redis unix:${store.socket} timeout=5s connect_timeout=5s;
    personalize_visitor cookie=vid issue=on secret_file=visitor.key;`,
    server: `
    personalize_bots except=HeadlessChrome;
    location = /forget { personalize_forget; }
    personalize_wait 5s;
    add_header Content-Security-Policy "${policy}";
    personalize_campaign bar { slot bar; when request.arg.bar = 1; widget hello-bar; set text Bar; }
    personalize_campaign summer { slot coupon; widget side-coupon; set title "10 %"; code pool=codes:summer; }
    personalize_campaign lucky { slot prize; widget scratch-coupon; set title "Scratch";
      set prizes '[{"text": "5 % off", "code": "FIVE", "stock": 1}]'; }`,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
  await store?.stop();
});

// A visitor on the second page, when the id has come back.
async function comeBack(t, prepare = () => {}) {
  const visitor = await newVisitor(t, browser);
  await prepare(visitor);
  await visitor.goto(nginx.origin);
  assert.match(await visitor.textContent('body'), /No coupon/);
  await visitor.goto(nginx.origin);
  return visitor;
}

test('a code of a pool is claimed by a click, and is there on the next page', async (t) => {
  const visitor = await comeBack(t);
  assert.doesNotMatch(await visitor.content(), /SUMMER-/);
  const code = visitor.locator('.pz-side .pz-code');
  const button = visitor.locator('.pz-side [data-pz-claim-now]');
  await visitor.locator('.pz-side-tab').click();
  await button.click();
  await until('the code is there', async () => (await code.textContent()) === 'SUMMER-1');
  assert.equal(await redis('LLEN', 'codes:summer'), '2');

  // On the next page nobody is asked again.
  const asked = [];
  visitor.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const response = await visitor.reload();
  assert.doesNotMatch(await response.text(), /SUMMER-/, 'pages do not have it');
  await visitor.locator('.pz-side-tab').click();
  await visitor.getByText('SUMMER-1').waitFor();
  assert.equal(await button.isVisible(), false);
  assert.ok(await visitor.locator('.pz-side .pz-copy').isVisible());
  assert.ok(!asked.includes('/_pz/claim'));

  // What the browser has lost, the server tells again.
  await visitor.evaluate(() => localStorage.clear());
  await visitor.reload();
  await visitor.locator('.pz-side-tab').click();
  await button.click();
  await until('the code is there', async () => (await code.textContent()) === 'SUMMER-1');
  assert.equal(await redis('LLEN', 'codes:summer'), '2');
});

test('what was claimed is shown to nobody else in that browser, and forgotten with the visitor', async (t) => {
  // Nothing is seen for a second, and noted: the cookie is what the test makes of it.
  const visitor = await comeBack(t, stopClock);
  const context = visitor.context();
  const kept = { mark: 'of somebody', code: 'SECRET', text: '' };
  const keep = (gift) => visitor.evaluate((one) => { localStorage['pz:summer'] = JSON.stringify(one); }, gift);
  const mark = await visitor.locator('[data-pz-campaign=summer]').evaluate((e) => e.dataset.pzClaim.split('.')[1]);
  const isShown = async () => {
    await visitor.reload();
    await visitor.locator('pz-side-coupon:defined').waitFor({ state: 'attached' });
    return (await visitor.locator('.pz-side .pz-code').textContent()) === 'SECRET';
  };
  // The state of a visitor who has claimed.
  await context.addCookies([{ name: 'pz', value: '1.1.1.1', url: nginx.origin }]);
  await keep({ ...kept, mark });
  assert.equal(await isShown(), true);
  await keep(kept);
  assert.equal(await isShown(), false, 'it was another visitor\'s');
  await keep({ code: 'SECRET' });
  assert.equal(await isShown(), false, 'it is nobody\'s');
  await keep({ ...kept, mark, until: Date.now() - 1000 });
  assert.equal(await isShown(), false, 'it is over');
  await visitor.evaluate(() => { localStorage['pz:summer'] = '{'; });
  assert.equal(await isShown(), false);

  const isKept = () => visitor.evaluate(() => localStorage.length > 0);
  // Without consent there is no coupon; a bar has the script.
  await keep({ ...kept, mark });
  await context.setExtraHTTPHeaders({ 'Sec-GPC': '1' });
  await visitor.goto(`${nginx.origin}/?bar=1`);
  await visitor.locator('pz-hello-bar:defined').waitFor();
  await until('it is forgotten', async () => !(await isKept()));
  await context.setExtraHTTPHeaders({});

  await visitor.goto(nginx.origin);
  await keep({ ...kept, mark });
  await context.clearCookies({ name: 'pz' });
  assert.equal(await isShown(), false);
  assert.equal(await isKept(), false);
});

test('who is forgotten in an open page stays so', async (t) => {
  const visitor = await comeBack(t);
  await visitor.locator('.pz-side-tab').click();
  await visitor.locator('.pz-side [data-pz-claim-now]').click();
  await visitor.locator('.pz-side .pz-code').waitFor();
  const kept = () => visitor.evaluate(() => `${document.cookie} ${Object.keys(localStorage)}`);
  assert.match(await kept(), /pz=1\..* pz:summer/);
  assert.equal(await visitor.evaluate(async () => (await fetch('/forget', { method: 'POST' })).status), 204);
  // What is done in it is told, and not kept.
  const told = visitor.waitForResponse('**/_pz/e');
  await visitor.locator('.pz-side [data-pz-dismiss]').click();
  await told;
  assert.doesNotMatch(await kept(), /pz/);
  // On the next page somebody new begins.
  await visitor.goto(`${nginx.origin}/?bar=1`);
  await until('the bar is noted', async () => /pz=1\.1\.[^~]*~[^~]*$/.test(await kept()));
});

test('a prize is revealed, and the last one is gone', async (t) => {
  const visitor = await comeBack(t);
  assert.doesNotMatch(await visitor.content(), /FIVE|5 % off/);
  // Has the page, too, while there is a prize.
  const late = await comeBack(t);
  await visitor.locator('.pz-reveal').click();
  await until('the prize is told', async () => (await visitor.textContent('.pz-prize')) === '5 % off');
  assert.equal(await visitor.textContent('.pz-scratch .pz-code'), 'FIVE');
  const claims = await redis('--scan', '--pattern', 'pz:claim:lucky:*');
  assert.deepEqual(JSON.parse(await redis('LINDEX', claims, '-1')), { code: 'FIVE', text: '5 % off', prize: 'FIVE' });

  // On the next page it is uncovered.
  const response = await visitor.reload();
  assert.doesNotMatch(await response.text(), /FIVE|5 % off/);
  await until('the prize is shown', async () => (await visitor.textContent('.pz-prize')) === '5 % off');
  assert.equal(await visitor.locator('.pz-scratch-cover').isVisible(), false);
  assert.ok(await visitor.getByText('FIVE').isVisible());

  // The browser notes the status 410 as an error.
  late.context().removeAllListeners('console');
  await late.locator('.pz-reveal').click();
  await late.locator('.pz-scratch .pz-claim-gone').waitFor();
});
