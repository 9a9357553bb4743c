// What the tests in a browser share.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

export const root = fileURLToPath(new URL('../..', import.meta.url));

// One of those that the kernel gives to no connection meanwhile. What has the same number in UDP keeps other tests from
// choosing it before a server listens there: it is held until the test's process ends.
export async function freePort() {
  const isFree = (socket) => new Promise((resolve) => {
    socket.once('error', () => resolve(false)).once('listening', () => resolve(true));
  });
  for (;;) {
    const port = randomInt(15000, 32000);
    const held = createSocket('udp4');
    const server = createServer();
    if (await isFree(held.bind({ port, address: '127.0.0.1', exclusive: true }))
      && await isFree(server.listen(port, '127.0.0.1'))) {
      await new Promise((resolve) => server.close(resolve));
      held.unref();
      return port;
    }
    held.close();
  }
}

// What is waited for takes as long as a machine with much else to do needs, in milliseconds.
const patience = 120000;

// Until what is asked for holds.
export async function until(what, ask) {
  const end = Date.now() + patience;
  while (!await ask()) {
    if (Date.now() > end) {
      throw new Error(`never happened: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// A real NGINX with the module, on a port and in a directory of its own. `files` has their texts by
// their names there, pages among them in html/; `http` and `server` are what the configuration says
// in those blocks; `endpoint` tells whether widgets have one. stop() ends it orderly, and leaves
// nothing.
export async function startNginx({ files, http = '', server, endpoint = true }) {
  const directory = await mkdtemp(join(tmpdir(), 'nginx-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text, { mode: 0o600 });
  }
  const port = await freePort();
  const configuration = join(directory, 'nginx.conf');
  await writeFile(configuration, `
load_module ${root}/build/ngx_http_personalize_module.so;
${process.getuid() === 0 ? 'user root;' : ''}
daemon off; pid nginx.pid; error_log error.log;
events {}
http {
  access_log off; default_type text/html;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ${http}
  server {
    listen 127.0.0.1:${port}; root html;
    ${server}
    location / { personalize on; }
    ${endpoint ? 'location /_pz/ { personalize_endpoint; }' : ''}
    location = /favicon.ico { return 204; }
  }
}`);
  const nginx = spawn('nginx', ['-p', `${directory}/`, '-c', configuration, '-e', 'stderr']);
  const exit = new Promise((resolve) => nginx.on('exit', resolve));
  const origin = `http://127.0.0.1:${port}`;
  const stop = async () => {
    nginx.kill('SIGQUIT');
    await exit;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await until('NGINX answers', () => fetch(origin).then(() => true, () => nginx.exitCode !== null));
    assert.equal(nginx.exitCode, null, 'NGINX runs');
  } catch (error) {
    error.message += await readFile(join(directory, 'error.log'), 'utf8').catch(() => '');
    await stop();
    throw error;
  }
  return { directory, origin, stop };
}

// A Redis on a socket, with nothing in it. ask() gives what it answers to a command; it answers nobody between
// suspend() and resume(); stop() ends it.
export async function startRedis() {
  const directory = await mkdtemp(join(tmpdir(), 'redis-'));
  const socket = join(directory, 'redis.sock');
  const server = spawn('redis-server', ['--port', '0', '--save', '', '--unixsocket', socket, '--dir', directory], { stdio: 'ignore' });
  const ask = async (...words) => (await promisify(execFile)('redis-cli', ['-s', socket, ...words])).stdout.trim();
  await until('Redis answers', () => ask('PING').then((said) => said === 'PONG', () => false));
  const stop = async () => {
    server.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  };
  const suspend = () => server.kill('SIGSTOP');
  const resume = () => server.kill('SIGCONT');
  return { socket, ask, suspend, resume, stop };
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

const switches = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export async function launchBrowser(options = {}) {
  return chromium.launch({
    ...options,
    executablePath: await findOnPath('chromium'),
    args: switches,
    timeout: patience,
  });
}

// A browser that nobody watches: pages are prerendered only where no debugger is attached. It opens
// `url`, and must be told the rest by the pages. Returns a function that ends it.
export async function launchAlone(url) {
  const directory = await mkdtemp(join(tmpdir(), 'chromium-'));
  const browser = spawn(await findOnPath('chromium'),
    [...switches, '--headless=new', `--user-data-dir=${directory}`, url], { stdio: 'ignore' });
  const exit = new Promise((resolve) => browser.on('exit', resolve));
  return async () => {
    browser.kill();
    await exit;
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
}

// What a browser says of itself in which somebody looks at pages: "HeadlessChrome" is a bot.
export const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

// What is to be done when a test has ended, the last first: a page would complain of a server that is gone. All is done,
// though something fails: no server stays.
const ends = new WeakMap();
export function atEnd(t, what) {
  if (!ends.has(t)) {
    ends.set(t, []);
    t.after(() => endAll(ends.get(t)));
  }
  ends.get(t).push(what);
}
async function endAll(all) {
  try {
    await all.pop()();
  } finally {
    await (all.length && endAll(all));
  }
}

// A browser that has seen nothing before, for a test whose pages complain as they should.
export async function newContext(t, browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  // Scripts give up an answer after three seconds, which a slow machine, or a test that holds it back, may take.
  await context.addInitScript(() => { AbortSignal.timeout = () => new AbortController().signal; });
  atEnd(t, () => context.close());
  return context;
}

// A page in a browser that has seen nothing before; what it complains of fails the test.
export async function newVisitor(t, browser, options = {}) {
  const complaints = [];
  atEnd(t, () => assert.deepEqual(complaints, [], 'the browser complains'));
  const context = await newContext(t, browser, options);
  context.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return context.newPage();
}

// For what must not happen: timers that the page has set for less have run then, be the machine as slow as it may.
export const linger = (page, ms) => page.evaluate((time) => new Promise((then) => setTimeout(then, time)), ms);

// From here on time passes in the page's scripts when the test says so, be the machine as slow as it may.
export async function stopClock(page, time = Date.now()) {
  await page.clock.install({ time });
  await page.clock.pauseAt(time + 20000);
}

// As a mouse that goes for the tab bar, of a visitor who has been there for a moment, and stays away. (The
// script counts that moment in steps of its own, of which there are fewer on a busy machine.)
export async function leaveAtTheTop(page) {
  await page.bringToFront();
  await page.evaluate(() => {
    window.hasBeenThere ??= new Promise((resolve) => {
      let steps = 0;
      setInterval(() => ++steps === 6 && resolve(), 250);
    });
    return window.hasBeenThere;
  });
  await page.mouse.move(700, 400);
  await page.mouse.move(700, 60, { steps: 8 });
  await page.mouse.move(700, -20, { steps: 4 });
  await linger(page, 250); // longer than the script waits for it to come back
}
