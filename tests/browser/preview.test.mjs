// A preview in a real browser: the link, what is forced, the badge, and its end. A real NGINX,
// started for these tests.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { launchBrowser, newContext, root, startNginx } from './support.mjs';

const page = `<!doctype html><html lang="en"><head><title>Shop</title></head><body>
  <h1>Shop</h1><!--pz:hello-bar--><!--/pz--><p>Welcome</p></body></html>`;

let nginx;
let origin;
let browser;

before(async () => {
  nginx = await startNginx({
    files: { 'html/shop': page, 'preview.key': `${'k'.repeat(40)}\n` },
    http: `
  personalize_visitor cookie=vid;
  personalize_preview secret_file=preview.key;
  personalize_experiment bar_copy { variants control free; enabled off; }
  personalize_campaign free {
    slot hello-bar; when experiment.bar_copy = free; cap 1/session;
    widget hello-bar; set text "Free delivery";
  }`,
    server: `add_header Content-Security-Policy "default-src 'self'";`,
  });
  ({ origin } = nginx);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

async function link(...items) {
  const { stdout } = await promisify(execFile)(join(root, 'scripts/preview-link'),
    ['--secret', join(nginx.directory, 'preview.key'), '--site', origin, '--to', '/shop', ...items]);
  return stdout.trim();
}

test('a link shows what it forces, with a badge that ends it', async (t) => {
  const context = await newContext(t, browser, { viewport: { width: 900, height: 500 } });
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
