// The list of bots against public lists: crawlers, monitors and the like are bots, browsers are not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const driver = process.env.SIGNALS_DEVICES ?? join(root, 'build/tests/signals_devices');
const require = createRequire(import.meta.url);

const classify = (userAgents) => {
  const { stdout, status, error } = spawnSync(driver, { input: userAgents.join('\n') + '\n', maxBuffer: 1 << 28, encoding: 'utf8' });
  assert.ok(!error && status === 0, `${driver}: ${error ?? status}`);
  return stdout.trimEnd().split('\n');
};

// People look at pages with these, though they are in the list.
const browsers = [/ Instagram /, / MetaIAB /, / (Code|Trae)\/\S+ Chrome\//, / Fluid\//, / Hotjar Version\//, /^PS_Daily\//];

test('crawlers, monitors, previews and scanners are bots', () => {
  const rows = require('crawler-user-agents').flatMap(({ instances = [], tags = [] }) =>
    instances.map((instance) => ({ userAgent: instance.replaceAll('\n', ' '), isLibrary: tags.includes('http-library') })));
  assert.ok(rows.length > 2000);
  const devices = classify(rows.map(({ userAgent }) => userAgent));
  // HTTP libraries and command-line tools are not: people and tests run them.
  const missed = rows.filter(({ isLibrary }, i) => devices[i] !== 'bot' && !isLibrary).map(({ userAgent }) => userAgent);
  const unknown = missed.filter((userAgent) => !browsers.some((pattern) => pattern.test(userAgent)));
  assert.deepEqual(unknown, []);
  assert.ok(missed.length < 10, missed.join('\n'));
});

test('browsers are not', () => {
  const file = new URL('node_modules/user-agents/dist/user-agents.json', import.meta.url);
  const userAgents = [...new Set(JSON.parse(readFileSync(file)).map(({ userAgent }) => userAgent))];
  assert.ok(userAgents.length > 500);
  const devices = classify(userAgents);
  assert.deepEqual(userAgents.filter((_, i) => devices[i] === 'bot'), []);
});
