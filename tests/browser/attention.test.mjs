// How long a page was in view and how far down it was scrolled: what attention.js tells, and what comes of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, newVisitor, startNginx, startRedis, stopClock, until, userAgent } from './support.mjs';

const page = (body) => `<!doctype html><html><head><title>Page</title></head><body>${body}</body></html>`;
const links = '<a href="/short">Short</a> <a href="/long">Long</a>';

let nginx;
let redis;
let browser;

before(async () => {
  redis = await startRedis();
  nginx = await startNginx({
    files: {
      'html/short': page(`<!--pz:s--><!--/pz-->${links}`),
      'html/long': page(`<!--pz:s--><!--/pz-->${links}<p style="height: 5000px">Long</p>`),
      'html/hostile': page(`<!--pz:s--><!--/pz--><img name="currentScript"><img name="hidden"><form name="documentElement"></form>${links}`),
      'seen.html': '<output>{{session.visible_seconds}} {{session.scroll}}</output>',
    },
    http: `personalize_redis unix:${redis.socket} timeout=5s connect_timeout=5s; personalize_wait 5s;
           personalize_visitor cookie=vid issue=on; personalize_session;
           # What is sent when a page is left does not say what the context does.
           personalize_bots except=HeadlessChrome;`,
    server: `add_header Content-Security-Policy "default-src 'self'; style-src 'unsafe-inline'";
             personalize_campaign all { slot s; fragment seen.html; }`,
  });
  browser = await launchBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
  await redis?.stop();
});

const visitor = async (t) => {
  const one = await newVisitor(t, browser, { userAgent });
  await stopClock(one, 0);
  const go = (path) => one.goto(nginx.origin + path);
  const kept = async () => {
    const id = (await one.context().cookies()).find(({ name }) => name === 'vid').value.split('.')[0];
    const words = (await redis.ask('HMGET', `pz:attention:${id}`, 'visible_seconds', 'scroll')).split('\n');
    return [Number(words[0]), Number(words[1] ?? 0)];
  };
  return { one, go, kept };
};
const scrollTo = (one, part) => one.evaluate((share) => new Promise((then) => {
  addEventListener('scroll', () => then(undefined), { once: true });
  window.scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * share);
}), part);
const cover = (one, isCovered) => one.evaluate((hidden) => {
  Object.defineProperty(Document.prototype, 'hidden', { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
}, isCovered);

test('what is told when a page is left is summed up over pages', async (t) => {
  const { one, go, kept } = await visitor(t);
  await go('/long');
  await one.clock.fastForward(12_400);
  await go('/short');
  await until('the first page has told', async () => (await kept())[0] === 12);
  assert.equal((await kept())[1], 0);
  await one.clock.fastForward(8_000);
  await go('/long');
  // A page that cannot be scrolled has been seen.
  await until('the second page has told', async () => (await kept()).join() === '20,100');
  await go('/short');
  assert.equal(await one.textContent('output'), '20 100');
});

test('time in which nobody looks does not count, and nothing is told twice', async (t) => {
  const { one, go, kept } = await visitor(t);
  await go('/long');
  await one.clock.fastForward(5_000);
  await scrollTo(one, 0.5);
  await cover(one, true);
  await until('the page has told', async () => (await kept()).join() === '5,50');
  await one.clock.fastForward(60_000);
  await cover(one, false);
  await one.clock.fastForward(3_000);
  await cover(one, true);
  await until('what has come to it is told', async () => (await kept())[0] === 8);
  assert.equal((await kept())[1], 50);
});

test('the page that a click leads to knows of this one', async (t) => {
  const { one, go, kept } = await visitor(t);
  await go('/long');
  await one.clock.fastForward(70_000);
  await one.evaluate(() => {
    addEventListener('click', (event) => event.preventDefault());
    document.querySelector('a').click();
  });
  await until('the click has told', async () => (await kept())[0] === 70);
});

test('a page that a script puts in the place of another is scrolled anew', async (t) => {
  const { one, go, kept } = await visitor(t);
  await go('/long');
  await one.clock.fastForward(1_000);
  await scrollTo(one, 1);
  await one.evaluate(() => history.pushState(null, '', '/long?2'));
  await scrollTo(one, 0.5);
  await cover(one, true);
  await until('both are told', async () => (await kept())[1] === 150);
});

test('names that users give to elements change nothing', async (t) => {
  const { one, go, kept } = await visitor(t);
  await go('/hostile');
  await one.clock.fastForward(4_000);
  await go('/short');
  await until('the page has told', async () => (await kept())[0] === 4);
});
