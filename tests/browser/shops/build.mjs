// Builds the small shops: what a server would render of them, and what browsers load.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

const bundle = (entry, output, ...options) => run('esbuild', [entry, '--bundle', '--log-level=error',
  `--outfile=${output}`, '--define:process.env.NODE_ENV="development"', '--define:__VUE_OPTIONS_API__=true',
  '--define:__VUE_PROD_DEVTOOLS__=false', '--define:__VUE_PROD_HYDRATION_MISMATCH_DETAILS__=true', ...options], { cwd: here });

// Gives the pages and the script of one shop: {'html/NAME/1': …, 'html/NAME.js': …}.
const build = async (name, client, server, ...options) => {
  // Inside this folder, so that what is not bundled is found.
  const folder = await mkdtemp(join(here, '.built-'));
  try {
    await Promise.all([
      bundle(client, join(folder, 'client.js'), '--format=iife', ...options),
      bundle(server, join(folder, 'server.mjs'), '--format=esm', '--platform=node',
        '--banner:js=import { createRequire } from "node:module"; const require = createRequire(import.meta.url);', ...options),
    ]);
    const { render } = await import(pathToFileURL(join(folder, 'server.mjs')));
    const files = { [`html/${name}.js`]: await readFile(join(folder, 'client.js'), 'utf8') };
    for (const item of [1, 2]) {
      files[`html/${name}/${item}`] = await render(item);
    }
    return files;
  } finally {
    await rm(folder, { recursive: true });
  }
};

const react = (version, renders) => {
  const name = `react-${version}-${renders}`;
  const old = version === 18 ? ['--alias:react=react-18', '--alias:react-dom=react-dom-18'] : [];
  return build(name, 'react.client.jsx', 'react.server.jsx', '--jsx=automatic',
    `--define:RENDERS="${renders}"`, `--define:SHOP="${name}"`, ...old);
};

// Gives the page {'html/grid/NAME': …} and its script of a grid in that version of React.
export const buildGrid = async (version) => {
  const name = `grid-${version}`;
  const old = version === 18 ? ['--alias:react=react-18', '--alias:react-dom=react-dom-18'] : [];
  const built = await build(name, 'grid.client.jsx', 'grid.server.jsx', '--jsx=automatic', ...old);
  return { [`html/${name}.js`]: built[`html/${name}.js`], [`html/grid/${version}`]: built[`html/${name}/1`].replace('/1.js', `/${name}.js`) };
};

const vue = () => build('vue', 'vue.client.js', 'vue.server.js');

const svelte = async () => {
  const { compile } = await import('svelte/compiler');
  const source = await readFile(join(here, 'Shop.svelte'), 'utf8');
  const folder = await mkdtemp(join(here, '.svelte-'));
  try {
    for (const generate of ['client', 'server']) {
      await writeFile(join(folder, `${generate}.js`), compile(source, { generate, dev: generate === 'client', filename: 'Shop.svelte' }).js.code);
    }
    await writeFile(join(folder, 'browser.js'), `
      import { hydrate } from 'svelte';
      import Shop from './client.js';
      window.mismatches = [];
      const { warn } = console;
      console.warn = (...words) => { /hydrat/.test(words.join()) && window.mismatches.push(words.join(' ')); warn(...words); };
      hydrate(Shop, { target: document.getElementById('app'), props: { item: Number(location.pathname.split('/')[2]) } });`);
    await writeFile(join(folder, 'render.js'), `
      import { render as renderShop } from 'svelte/server';
      import Shop from './server.js';
      export const render = (item) => '<!doctype html><html lang="en"><head><title>Shop</title><script src="/svelte.js" defer></script></head><body><div id="app">' +
        renderShop(Shop, { props: { item } }).body + '</div></body></html>';`);
    return await build('svelte', join(folder, 'browser.js'), join(folder, 'render.js'));
  } finally {
    await rm(folder, { recursive: true });
  }
};

export const hydrated = ['react-18-root', 'react-19-root', 'react-18-document', 'react-19-document', 'vue', 'svelte'];

export const buildShops = async () => Object.assign({}, ...await Promise.all([
  react(18, 'root'), react(19, 'root'), react(18, 'document'), react(19, 'document'), vue(), svelte()]));
