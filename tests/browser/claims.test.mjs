// Codes and prizes that visitors claim: a real NGINX, Redis and Chromium, from the page to the list.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { launchBrowser, newVisitor, startNginx, until } from './support.mjs';

const policy = "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const page = `<!doctype html><html lang="en"><head><title>Shop</title></head><body><h1>Shop</h1>
  <!--pz:coupon-->No coupon<!--/pz--><!--pz:prize-->No prize<!--/pz--></body></html>`;

let directory;
let server;
let nginx;
let browser;

const redis = async (...words) =>
  (await promisify(execFile)('redis-cli', ['-s', join(directory, 'redis.sock'), ...words])).stdout.trim();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-'));
  server = spawn('redis-server', ['--port', '0', '--save', '', '--unixsocket', join(directory, 'redis.sock'),
    '--dir', directory], { stdio: 'ignore' });
  await until('Redis answers', () => redis('PING').then((said) => said === 'PONG', () => false));
  await redis('RPUSH', 'codes:summer', 'SUMMER-2', 'SUMMER-1');
  nginx = await startNginx({
    files: { 'html/index.html': page, 'visitor.key': '0123456789abcdef'.repeat(4) },
    http: `
    personalize_redis unix:${join(directory, 'redis.sock')} timeout=5s connect_timeout=5s;
    personalize_visitor cookie=vid issue=on secret_file=visitor.key;`,
    server: `
    personalize_bots except=HeadlessChrome;
    personalize_wait 5s;
    add_header Content-Security-Policy "${policy}";
    personalize_campaign summer { slot coupon; widget side-coupon; set title "10 %"; code pool=codes:summer; }
    personalize_campaign lucky { slot prize; widget scratch-coupon; set title "Scratch";
      set prizes '[{"text": "5 % off", "code": "FIVE", "stock": 1}]'; }`,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
  server?.kill();
  await rm(directory, { recursive: true, force: true });
});

// A visitor on the second page, when the id has come back.
async function comeBack(t) {
  const visitor = await newVisitor(t, browser);
  await visitor.goto(nginx.origin);
  assert.match(await visitor.textContent('body'), /No coupon/);
  await visitor.goto(nginx.origin);
  return visitor;
}

test('a code of a pool is claimed by a click, and stays the visitor\'s', async (t) => {
  const visitor = await comeBack(t);
  assert.doesNotMatch(await visitor.content(), /SUMMER-/);
  for (let times = 0; times < 2; ++times) {  // claimed, and told again
    await visitor.locator('.pz-side-tab').click();
    await visitor.locator('.pz-side [data-pz-claim-now]').click();
    await until('the code is there', async () => (await visitor.textContent('.pz-side .pz-code')) === 'SUMMER-1');
    assert.equal(await redis('LLEN', 'codes:summer'), '1');
    await visitor.reload();
  }
});

test('a prize is revealed, and the last one is gone', async (t) => {
  const visitor = await comeBack(t);
  assert.doesNotMatch(await visitor.content(), /FIVE|5 % off/);
  await visitor.locator('.pz-reveal').click();
  await until('the prize is told', async () => (await visitor.textContent('.pz-prize')) === '5 % off');
  assert.equal(await visitor.textContent('.pz-scratch .pz-code'), 'FIVE');
  const claims = await redis('--scan', '--pattern', 'pz:claim:lucky:*');
  assert.deepEqual(JSON.parse(await redis('LINDEX', claims, '-1')), { code: 'FIVE', text: '5 % off', prize: 'FIVE' });

  const late = await newVisitor(t, browser);
  await late.goto(nginx.origin);
  await late.goto(nginx.origin);
  // The browser notes the status 410 as an error.
  late.context().removeAllListeners('console');
  await late.locator('.pz-reveal').click();
  await late.locator('.pz-scratch .pz-claim-gone').waitFor();
});
