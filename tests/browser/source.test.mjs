// The sources of the runtime script: their types, and what a linter says of them as they are joined.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Linter } from 'eslint';

import { root } from './support.mjs';

const run = promisify(execFile);
const folder = join(root, 'src/widgets/script');
const scripts = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js')).sort();
const byNeed = scripts.filter((name) => name.startsWith('by_need/'));
const parts = scripts.filter((name) => !byNeed.includes(name));
// Each with its parts, in a folder of its name.
const bundles = byNeed.filter((name) => name.split('/').length === 2)
  .map((name) => [name, ...byNeed.filter((part) => part.startsWith(name.replace(/[.]js$/, '/')))]);

test('each part is checked by the compiler of TypeScript', async () => {
  for (const part of scripts) {
    assert.match(await readFile(join(folder, part), 'utf8'), /^\/\/ @ts-check\n/, part);
  }
  const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', import.meta.url));
  for (const project of [folder, join(folder, 'by_need'), join(folder, 'by_need/handover')]) {
    const { stdout } = await run(process.execPath, [compiler, '-p', project], { cwd: root }).catch((error) => error);
    assert.equal(stdout, '');
  }
});

// What browsers have, as far as the script asks for it.
const browser = `window document location history navigator customElements fetch localStorage URL URLSearchParams AbortSignal Blob
  FormData HTMLElement HTMLScriptElement HTMLTemplateElement Element Document Node EventTarget IntersectionObserver ResizeObserver
  MutationObserver getComputedStyle getSelection matchMedia innerHeight scrollY performance addEventListener origin self top sessionStorage setTimeout
  clearTimeout setInterval clearInterval CSS CustomEvent NodeFilter console`.split(/\s+/);

test('the linter finds nothing', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'script-'));
  t.after(() => rm(directory, { recursive: true }));
  const rules = Object.fromEntries(['no-undef', 'no-unused-vars', 'no-shadow-restricted-names', 'no-redeclare',
    'no-const-assign', 'no-dupe-keys', 'no-unreachable', 'no-fallthrough', 'no-eval', 'no-implied-eval', 'no-new-func',
    'no-script-url', 'no-self-compare', 'no-unsafe-optional-chaining', 'no-cond-assign', 'no-constant-condition',
    'no-var', 'prefer-const', 'eqeqeq', 'no-useless-escape', 'no-throw-literal', 'use-isnan', 'valid-typeof',
    'no-promise-executor-return', 'array-callback-return', 'no-self-assign', 'no-dupe-else-if'].map((name) => [name, 'error']));
  rules['array-callback-return'] = ['error', { checkForEach: false }];
  rules['no-restricted-properties'] = ['error', ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write', 'srcdoc']
    .map((property) => ({ property, message: 'Trusted Types forbid it.' }))];
  for (const joined of [parts, ...bundles]) {
    const file = join(directory, 'joined.js');
    await run(join(root, 'scripts/bundle'), [file, ...joined.map((part) => join(folder, part))],
      { env: { ...process.env, PLAIN_SCRIPT: '1' } });
    const found = new Linter().verify(await readFile(file, 'utf8'), [{
      languageOptions: { ecmaVersion: 2022, sourceType: 'script', globals: Object.fromEntries(browser.map((name) => [name, 'readonly'])) },
      rules,
    }]);
    assert.deepEqual(found.map(({ line, ruleId, message }) => `${joined[0]} ${line}: ${message} (${ruleId})`), []);
  }
});
