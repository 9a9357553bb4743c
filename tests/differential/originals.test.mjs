// What a visual change replaces and the page keeps for a script that can undo it (personalize_state on), in
// <template data-pz-was>: made-up originals that leave everything open, end what is not theirs, and hide markup in
// text. Around the changed element the page has the tree that it has where nothing is kept, with and without scripts.
// Judged by parse5.
//
//   DIFFERENTIAL_CASES=100000 DIFFERENTIAL_SEED=7 node --test tests/differential/originals.test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse as parseHtml } from 'parse5';
import { randomNumbers } from './pages.mjs';
import { attribute, isElement, print } from './tree.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const driver = process.env.VISUAL_PAGES ?? join(root, 'build/tests/visual_pages');
const count = Number(process.env.DIFFERENTIAL_CASES ?? 3000);
const random = randomNumbers(Number(process.env.DIFFERENTIAL_SEED ?? 1));
const one = (list) => list[Math.floor(random() * list.length)];
const chance = (share) => random() < share;

const tags = ['svg', 'svg', 'math', 'template', 'template', 'noscript', 'noscript', 'select', 'table', 'tr', 'td', 'caption', 'tbody', 'col',
  'b', 'i', 'a', 'nobr', 'font', 'p', 'div', 'li', 'dd', 'form', 'button', 'option', 'optgroup', 'object', 'marquee', 'foreignObject', 'desc', 'title',
  'mi', 'mtext', 'annotation-xml', 'h1', 'ruby', 'rt', 'x-y', 'g', 'iframe', 'xmp', 'textarea', 'style', 'script', 'plaintext', 'frameset', 'body', 'html', 'head'];
const texts = ['a', ' ', 'b & c', '<!-- c -->', '<!--', '-->', '<![CDATA[', ']]>', '<!-->', '<br>', '<img alt=d>', '<input>', '<hr>', '</p>', '</br>', '</template>', '</noscript>'];
const rare = new Set(['plaintext', 'frameset', 'body', 'html', 'head', 'iframe', 'xmp', 'textarea', 'style', 'script']);
const attributes = ['', '', '', ' class=x', ' encoding=text/html', ' color=red', ' shadowrootmode=open', ' title="</template>"', ' /'];
const name = () => {
  const found = one(tags);
  return rare.has(found) && chance(0.8) ? 'b' : found;
};
function content(depth) {
  let html = '';
  for (let parts = Math.floor(random() * 4); parts > 0; parts--) {
    const kind = random();
    if (kind < 0.25 || depth === 0) {
      html += one(texts);
    } else if (kind < 0.35) {
      html += `</${name()}>`;
    } else {
      const opened = name();
      html += `<${opened}${one(attributes)}>${content(depth - 1)}${chance(0.35) ? '' : `</${opened}>`}`;
    }
  }
  return html;
}
const arounds = [['', ''], ['', ''], ['<b>', '</b>'], ['<a href=#>', '</a>'], ['<p><i><font color=red>', '</font>'], ['<b><i>', ''], ['<table><tr><td>', '</table>'], ['<ul><li>', '</ul>'],
  ['<form>', '</form>'], ['<b><object>', '</object>'], ['<svg><foreignObject>', '</svg>'], ['<b>o</b><i>', '<p>'], ['<template>', '</template>'], ['<select>', '</select>'], ['<i><noscript></noscript>', '']];
const cases = Array.from({ length: count }, () => {
  const [begin, end] = one(arounds);
  const changed = one(['div', 'div', 'div', 'p', 'li', 'span', 'td', 'b', 'a', 'h1', 'section', 'button', 'x-y']);
  const original = content(3);
  const rest = one(['<h1>c</h1>', 'd<i>e</i>', '<p>f<p>g', '<td>h</td>', '<form>j</form>', content(1)]);
  const inner = one([[], [], [], [{ selector: 'b, p', attribute: 'html', action: 'set', value: 'in' }], [{ selector: '#x', attribute: 'html', action: 'append', value: '<u>+</u>' }]]);
  return {
    html: `<!doctype html><html><head><title>t</title></head><body>${begin}<${changed} id=x>${original}</${changed}>${rest}${end}<p>k</p></body></html>`,
    mutations: [{ selector: '#x', attribute: 'html', action: 'set', value: one(['new', '<i>new</i>', '', '<p>new</p>']) }, ...inner],
  };
});

function streamed(keep) {
  const answers = spawnSync(driver, { input: cases.map((each) => JSON.stringify({ ...each, keep, head: false })).join('\n'), maxBuffer: 1 << 30, encoding: 'utf8' });
  assert.equal(answers.status, 0, answers.stderr);
  return answers.stdout.trim().split('\n').map((line) => JSON.parse(line).html);
}

// The tree without what the page keeps: where it stands, behind the content of a changed element.
function shown(html, scriptingEnabled) {
  const tree = parseHtml(html, { scriptingEnabled });
  return print(tree, (node) => (isElement(node) && node.tagName === 'template' && attribute(node, 'data-pz-was') !== undefined ? '' : undefined));
}

test(`around ${count} made-up originals that are kept, the page is as it would be`, () => {
  const [plain, kept] = [streamed(false), streamed(true)];
  const faults = [];
  let keeping = 0;
  cases.forEach(({ html, mutations }, i) => {
    keeping += / data-pz-was=/.test(kept[i]) ? 1 : 0;
    // A <noscript> of the page may leave a comment open, in which others stand that are changed.
    const isElsewhere = mutations.some(({ selector }) => selector !== '#x') && html.includes('<noscript');
    for (const scripting of kept[i] === plain[i] || kept[i] === html ? [] : isElsewhere ? [true] : [true, false]) {
      // What is text there, because a <noscript> leaves it open, stays text.
      const got = shown(kept[i], scripting).replace(/<template data-pz-was="">[^]*?<\/template>/g, '');
      const expected = shown(plain[i], scripting);
      if (got !== expected) {
        faults.push({ case: i, scripting, html, kept: kept[i], expected, got });
      }
    }
  });
  console.log(`${keeping} of ${count} originals are kept`);
  assert.deepEqual({ faults: faults.length, first: faults.slice(0, 3) }, { faults: 0, first: [] });
  assert.ok(keeping > count / 4, `${keeping} are kept`);
});
