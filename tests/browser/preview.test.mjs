// A preview in a real browser: the link, what is forced, the badge, and its end. A real NGINX,
// started for these tests.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { answers, ended, freePort, launchBrowser, root } from './support.mjs';

const page = `<!doctype html><html lang="en"><head><title>Shop</title></head><body>
  <h1>Shop</h1><!--pz:hello-bar--><!--/pz--><p>Welcome</p></body></html>`;

let directory;
let origin;
let browser;
let nginx;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'preview-'));
  await mkdir(join(directory, 'html'));
  await writeFile(join(directory, 'html/shop'), page);
  await writeFile(join(directory, 'preview.key'), `${'k'.repeat(40)}\n`, { mode: 0o600 });
  const port = await freePort();
  await writeFile(join(directory, 'nginx.conf'), `
load_module ${root}/build/ngx_http_personalize_module.so;
${process.getuid() === 0 ? 'user root;' : ''}
daemon off; pid nginx.pid; error_log error.log;
events {}
http {
  access_log off; default_type text/html;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  personalize_visitor cookie=vid;
  personalize_preview secret_file=preview.key;
  personalize_experiment bar_copy { variants control free; enabled off; }
  personalize_campaign free {
    slot hello-bar; when experiment.bar_copy = free; cap 1/session;
    widget hello-bar; set text "Free delivery";
  }
  server {
    listen 127.0.0.1:${port}; root html;
    add_header Content-Security-Policy "default-src 'self'";
    location / { personalize on; }
    location /_pz/ { personalize_endpoint; }
    location = /favicon.ico { return 204; }
  }
}`);
  nginx = spawn('nginx', ['-p', `${directory}/`, '-c', join(directory, 'nginx.conf'), '-e', 'stderr']);
  origin = `http://127.0.0.1:${port}`;
  await answers(origin, join(directory, 'error.log'));
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  if (nginx) {
    await ended(nginx);
  }
  await rm(directory, { recursive: true, force: true });
});

async function link(...items) {
  const { stdout } = await promisify(execFile)(join(root, 'scripts/preview-link'),
    ['--secret', join(directory, 'preview.key'), '--site', origin, '--to', '/shop', ...items]);
  return stdout.trim();
}

test('a link shows what it forces, with a badge that ends it', async (t) => {
  const context = await browser.newContext({ viewport: { width: 900, height: 500 } });
  t.after(() => context.close());
  const tab = await context.newPage();
  const complaints = [];
  const reports = [];
  tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  tab.on('pageerror', (error) => complaints.push(String(error)));
  tab.on('request', (request) => request.url().endsWith('/_pz/e') && reports.push(request.url()));

  await tab.goto(await link('experiment.bar_copy=free', 'country=PL'));
  assert.equal(tab.url(), `${origin}/shop`);
  await tab.getByText('Free delivery').waitFor();
  const badge = tab.getByRole('complementary', { name: 'Preview' });
  assert.deepEqual(await badge.getByRole('listitem').allTextContents(),
    ['experiment.bar_copy=free', 'country=PL']);
  const box = await badge.boundingBox();
  assert.ok(box.y + box.height <= 500 && box.y > 300 && box.x < 60, JSON.stringify(box));
  assert.equal(await badge.evaluate((element) => getComputedStyle(element).position), 'fixed');
  if (process.env.SCREENSHOT) {
    await tab.screenshot({ path: process.env.SCREENSHOT });
  }

  // Seen more often than its cap allows, since nothing is counted.
  for (let i = 0; i < 3; i++) {
    await tab.reload();
    await tab.getByText('Free delivery').waitFor();
  }
  assert.deepEqual(reports, []);
  assert.deepEqual((await context.cookies()).map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite })),
    [{ name: 'pz-preview', httpOnly: true, sameSite: 'Lax' }]);

  // By the keyboard alone.
  const end = tab.getByRole('link', { name: 'End preview' });
  for (let i = 0; i < 10 && !(await end.evaluate((element) => element === document.activeElement)); i++) {
    await tab.keyboard.press('Tab');
  }
  await Promise.all([tab.waitForNavigation(), tab.keyboard.press('Enter')]);
  assert.equal(tab.url(), `${origin}/shop`);
  assert.equal(await tab.locator('.pz-preview').count(), 0);
  assert.equal(await tab.getByText('Free delivery').count(), 0);
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(complaints, [], 'the browser complains');
});
