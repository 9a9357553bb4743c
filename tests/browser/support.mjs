// What the tests in a browser share.
import { access, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Until a server that was just started answers; `log` is its file of errors.
export async function answers(url, log) {
  for (let i = 0; i < 100; i++) {
    if (await fetch(url).then(() => true, () => false)) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody answers at ${url}: ${await readFile(log, 'utf8')}`);
}

// Has the server's process end orderly.
export async function ended(server) {
  const exit = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGQUIT');
  await exit;
}

async function findOnPath(program) {
  for (const folder of process.env.PATH.split(delimiter)) {
    const path = join(folder, program);
    if (await access(path).then(() => true, () => false)) {
      return path;
    }
  }
  throw new Error(`${program} is not installed: run scripts/setup`);
}

export async function launchBrowser() {
  return chromium.launch({
    executablePath: await findOnPath('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

// As a mouse that goes for the tab bar.
export async function leaveAtTheTop(page) {
  await page.mouse.move(700, 400);
  await page.mouse.move(700, 60, { steps: 8 });
  await page.mouse.move(700, -20, { steps: 4 });
}
