// How many rules that a browser could fill the rewriter declines on real pages, and whether what it
// fills stands where a browser's tree has the place.
//
//   node real_pages.mjs [--rules=30] [--seed=1] [--most=N] FOLDER…
//
// Rules name elements that have a start tag (not what a lone </p> makes, nor clones of formatting)
// by id, by class and by the paths that visual editors make; each takes the first match and is tried
// alone. One that was declined there and is filled at a later match counts as declined. The pages are
// not part of this project: any folder of saved pages does. Prints a line for each rule that was declined or went wrong, and figures at the end.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomNumbers } from './pages.mjs';
import { rangeOf } from './ranges.mjs';
import { attribute, childrenOf, isElement, parentOf, parse, print } from './tree.mjs';

const { values, positionals: folders } = parseArgs({ allowPositionals: true, options: {
  rules: { type: 'string', default: '30' },
  seed: { type: 'string', default: '1' },
  most: { type: 'string', default: '1000000' },
} });
const driver = process.env.REWRITE_SPLICES ?? fileURLToPath(new URL('../../build/tests/rewrite_splices', import.meta.url));
const together = 10; // rules whose splices are judged in one parse
const positions = ['head-end', 'body-start', 'body-end'];

// --- Rules ---

// No markup can stand there, or not everything: <tr>, <option>.
const takesNoMarkup = new Set(['table', 'tbody', 'thead', 'tfoot', 'tr', 'colgroup', 'select', 'optgroup', 'option', 'html',
  'head', 'template', 'frameset', 'area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'param', 'source',
  'track', 'wbr', 'basefont', 'bgsound', 'frame', 'keygen', 'script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed',
  'noframes', 'noscript', 'plaintext']);
// A <form> between the parts of a table is closed where it begins.
const isClosedAtOnce = (node) => node.tagName === 'form' && ['table', 'tbody', 'thead', 'tfoot', 'tr'].includes(parentOf(node)?.tagName);
const takesMarkup = (node) => node.namespaceURI === 'http://www.w3.org/1999/xhtml' && !takesNoMarkup.has(node.tagName) && !isClosedAtOnce(node);

const escaped = (name) => name.replace(/^[0-9]/, (digit) => `\\3${digit} `).replace(/(?<!^\\3[0-9]?)[!-,./:-@[-^`{-~]/g, '\\$&');
const isName = (name) => /^[a-z_][\w:.@/-]*$/i.test(name);
const isType = (name) => /^[a-z][a-z0-9-]*$/.test(name);

// What browsers find first by an id, or by a type with a class.
class FirstMatches {
  constructor(elements) {
    this.first = new Map();
    this.repeated = new Set();
    for (const node of elements) {
      for (const selector of FirstMatches.selectorsOf(node)) {
        if (this.first.has(selector)) {
          this.repeated.add(selector);
        } else {
          this.first.set(selector, node);
        }
      }
    }
  }

  static selectorsOf(node) {
    const id = attribute(node, 'id') ?? '';
    const classes = (attribute(node, 'class') ?? '').split(/[ \t\n\f\r]+/);
    return [...(isName(id) ? [`#${id}`] : []), ...(isType(node.tagName) ? classes.filter(isName).map((name) => `${node.tagName}.${name}`) : [])];
  }

  static written(selector) {
    const at = selector.search(/[#.]/);
    return selector.slice(0, at + 1) + escaped(selector.slice(at + 1));
  }

  selectors(node) {
    return FirstMatches.selectorsOf(node).filter((selector) => this.first.get(selector) === node).map(FirstMatches.written);
  }

  // From <body>, or from the nearest element with an id that no other one has: in such the path may lead elsewhere.
  path(node) {
    const steps = [];
    for (; ; node = parentOf(node)) {
      const id = attribute(node, 'id') ?? '';
      if (steps.length > 0 && isName(id) && !this.repeated.has(`#${id}`)) {
        return [FirstMatches.written(`#${id}`), ...steps].join(' > ');
      }
      if (node.tagName === 'body') {
        return ['body', ...steps].join(' > ');
      }
      if (!parentOf(node)?.tagName || !isType(node.tagName)) {
        return undefined;
      }
      const siblings = childrenOf(parentOf(node)).filter(isElement);
      const alone = siblings.filter((other) => other.tagName === node.tagName).length === 1;
      steps.unshift(alone ? node.tagName : `${node.tagName}:nth-child(${siblings.indexOf(node) + 1})`);
    }
  }
}

function* elementsOf(root) {
  for (const child of root.tagName === 'template' ? [] : root.childNodes ?? []) {
    if (isElement(child)) {
      yield child;
    }
    yield* elementsOf(child);
  }
}

function rulesOf(tree, count, random) {
  const one = (list) => list[Math.floor(random() * list.length)];
  const elements = [...elementsOf(tree)];
  const first = new FirstMatches(elements);
  const body = elements.find((node) => node.tagName === 'body');
  const within = body ? [...elementsOf(body)].filter((node) => node.begin !== undefined) : [];
  const rules = positions.map((placement) => ({ placement, text: placement }));
  for (let tries = 0; within.length > 0 && tries < count * 10 && rules.length < count + positions.length; tries += 1) {
    const target = one(within);
    const fits = [...(takesMarkup(parentOf(target)) ? ['before', 'after', 'replace'] : []),
      ...(takesMarkup(target) ? ['inner', 'prepend', 'append'] : [])];
    const kinds = [first.selectors(target), [first.path(target)]].filter((list) => list[0] !== undefined);
    if (fits.length > 0 && kinds.length > 0) {
      const placement = one(fits);
      const selector = one(one(kinds));
      rules.push({ placement, target, text: `${placement} ${selector}`,
        later: () => elements.filter((node) => FirstMatches.selectorsOf(node).map(FirstMatches.written).includes(selector)).slice(1) });
    }
  }
  return rules;
}

// --- Judging ---

const contents = [(n) => `<x-mark n=${n}>m</x-mark>`,
  ...['div', 'li', 'dd', 'option', 'optgroup', 'rb', 'rt', 'rtc'].map((name) => (n) => `<${name} class=x-mark n=${n}>m</${name}>`)];
const contentOf = ({ placement }, content, n) => (placement === 'head-end' ? `<meta class=x-mark n=${n}>` : content(n));
const isMark = (node) => isElement(node) && (node.tagName === 'x-mark' || attribute(node, 'class') === 'x-mark');

// The tree that has the content of the rules at their targets, printed.
function expected(tree, rules) {
  const before = new Map(); // children of what is changed
  const change = (parent, edit) => {
    before.set(parent, before.get(parent) ?? parent.childNodes);
    parent.childNodes = [...parent.childNodes];
    edit(parent.childNodes);
  };
  rules.forEach(({ placement, target }, n) => {
    const mark = { nodeName: 'x-mark', tagName: 'x-mark', attrs: [{ name: 'n', value: String(n) }], childNodes: [] };
    if (!target) {
      return;
    }
    if (['before', 'after', 'replace'].includes(placement)) {
      change(target.parentNode, (children) => children.splice(
        children.indexOf(target) + (placement === 'after' ? 1 : 0), placement === 'replace' ? 1 : 0, mark));
    } else {
      change(target, (children) => children.splice(
        placement === 'append' ? children.length : 0, placement === 'inner' ? children.length : 0, mark));
    }
  });
  const printed = printedWithMarks(tree, rules);
  before.forEach((children, parent) => { parent.childNodes = children; });
  return printed;
}

function spliced(html, rules, splices, content) {
  const edits = splices.map(([begin, end, ends], n) => ({ begin, end, text: ends + contentOf(rules[n], content, n) }));
  let result = '';
  let at = 0;
  for (const { begin, end, text } of edits.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) {
      return undefined;
    }
    result += html.slice(at, begin) + text;
    at = end;
  }
  return result + html.slice(at);
}

const printedWithMarks = (tree, rules) => print(tree, (node) => {
  if (!isMark(node)) {
    return undefined;
  }
  const n = attribute(node, 'n');
  return rules[n].target ? `<mark ${n}>` : '';
});

function isRight(page, rules, splices, content) {
  const html = spliced(page.html, rules, splices, content);
  return html !== undefined && printedWithMarks(parse(html), rules) === expected(page.tree, rules);
}

const isWithin = (node, ancestor) => {
  for (; node; node = parentOf(node)) {
    if (node === ancestor) {
      return true;
    }
  }
  return false;
};

// Those that are wrong.
function wrongOf(page, placed) {
  const wrong = [];
  const waiting = [...placed];
  while (waiting.length > 0) {
    const group = [];
    for (let i = 0; i < waiting.length && group.length < together;) {
      const { rule, splice } = waiting[i];
      const meets = group.some((other) => (rule.target && other.rule.target &&
        (isWithin(rule.target, other.rule.target) || isWithin(other.rule.target, rule.target))) ||
        (splice[0] <= other.splice[1] && splice[1] >= other.splice[0]));
      if (meets) {
        i += 1;
      } else {
        group.push(...waiting.splice(i, 1));
      }
    }
    const rightly = (some, content) => isRight(page, some.map(({ rule }) => rule), some.map(({ splice }) => splice), content);
    if (!rightly(group, contents[0])) {
      wrong.push(...group.filter((one) => !contents.some((content) => rightly([one], content))));
    }
  }
  return wrong;
}

// --- Pages ---

const run = spawn(driver, [], { stdio: ['pipe', 'pipe', 'inherit'] });
run.on('exit', (code) => code && process.exit(code));
const lines = (async function* () {
  let rest = '';
  for await (const data of run.stdout) {
    const parts = (rest + data).split('\n');
    rest = parts.pop();
    yield* parts;
  }
})();

async function splicesOf(html, rules) {
  const send = (text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    run.stdin.write(Buffer.concat([length, Buffer.from(text, 'latin1')]));
  };
  send(html);
  send(rules.map(({ text }) => `${text}\n`).join(''));
  const { value } = await lines.next();
  return value.trimEnd().split(' ').map((word) => {
    const [splices, doubts] = word.split(':');
    return { splices: splices === '' ? [] : splices.split(',').map(rangeOf), doubts: Number(doubts) };
  });
}

const files = folders.flatMap((folder) => readdirSync(folder).filter((name) => /\.html?$/.test(name)).sort().map((name) => join(folder, name)));
const step = Math.max(1, files.length / Number(values.most));
const figures = { pages: 0, passed: 0, rules: 0, declined: 0, wrong: 0, losing: 0 };
for (let number = 0; number < files.length; number += step) {
  const file = files[Math.floor(number)];
  // A byte order mark is no part of the page; a second one is text.
  const html = readFileSync(file, 'latin1').replace(/^\xef\xbb\xbf(\xef\xbb\xbf)?/, (_, second) => (second ? '...' : ''));
  const tree = parse(html);
  const rules = rulesOf(tree, Number(values.rules), randomNumbers(Number(values.seed) * 1000003 + Math.floor(number)));
  const found = await splicesOf(html, rules);
  figures.pages += 1;
  // AMP, charsets that are not like ASCII, framesets: whole pages that are passed on.
  if (found.every(({ splices }) => splices.length === 0)) {
    figures.passed += 1;
    console.log(`passed on: ${file}`);
    continue;
  }
  const declined = rules.filter((_, n) => found[n].splices.length === 0);
  const placed = rules.map((rule, n) => ({ rule, splice: found[n].splices[0] })).filter(({ splice }) => splice);
  const page = { html, tree };
  const isLate = ({ rule, splice }) => found[rules.indexOf(rule)].doubts > 0 &&
    rule.later?.().some((target) => contents.some((content) => isRight(page, [{ ...rule, target }], [splice], content)));
  const wrong = wrongOf(page, placed).filter((one) => !(isLate(one) && declined.push(one.rule)));
  declined.forEach((rule) => console.log(`declined: ${file}: ${rule.text}`));
  wrong.forEach(({ rule, splice }) => console.log(`wrong: ${file}: ${rule.text} at ${splice.join(' ')}`));
  figures.rules += rules.length;
  figures.declined += declined.length;
  figures.wrong += wrong.length;
  figures.losing += declined.length + wrong.length > 0 ? 1 : 0;
}
run.stdin.end();
const share = (part, whole) => `${(100 * part / Math.max(1, whole)).toFixed(3)} %`;
console.log(`${figures.pages} pages, ${figures.passed} of them passed on as a whole; ${figures.rules} rules, ` +
  `${figures.declined} declined (${share(figures.declined, figures.rules)}), ${figures.wrong} wrong; ` +
  `${figures.losing} pages lost a rule (${share(figures.losing, figures.pages - figures.passed)})`);
