// The rewriter against parse5: wherever it was sure enough to put content into a page, that page
// parses to the tree of the original with exactly the content put where the rule says.
//
//   DIFFERENTIAL_SECONDS=600 DIFFERENTIAL_SEED=7 node --test tests/differential
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { conformancePages, madeUpPages } from './pages.mjs';
import { rangeOf } from './ranges.mjs';
import { attribute, childrenOf, firstParentOf, isBetween, isElement, nodeAt, parentOf, parse, pathOf, print, settle, walk } from './tree.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const driver = process.env.REWRITE_SPLICES ?? join(root, 'build/tests/rewrite_splices');
const data = process.env.CONFORMANCE_DATA ?? join(root, '../shared/conformance');
const seconds = Number(process.env.DIFFERENTIAL_SECONDS ?? 15);
const seed = Number(process.env.DIFFERENTIAL_SEED ?? 1);
const batchSize = 200;
const mostFaults = Number(process.env.DIFFERENTIAL_SHOW ?? 20);

const hasClass = (node, name) => (attribute(node, 'class') ?? '').split(/[ \t\n\f\r]+/).includes(name);
const isA = (node, ...names) => isElement(node ?? {}) && names.includes(node.tagName);
function isWithin(node, accepts) {
  for (let above = firstParentOf(node); above; above = firstParentOf(above)) {
    if (isElement(above) && accepts(above)) {
      return true;
    }
  }
  return false;
}

const follows = (node, accepts) => node.earlier.some(accepts);
const followsAtOnce = (node, accepts) => node.earlier.slice(-1).some(accepts);
const numberOf = (node, accepts) => node.earlier.filter(accepts).length + 1;
const isLike = (node) => (other) => other.tagName === node.tagName;
const isX = (node) => hasClass(node, 'x');

// [selector, whether an element matches it]
const selectors = [
  ['p', (node) => isA(node, 'p')],
  ['#i', (node) => attribute(node, 'id') === 'i'],
  ['.x', (node) => hasClass(node, 'x')],
  ['body', (node) => isA(node, 'body')],
  ['div > p, ul > li', (node) => (isA(node, 'p') && isA(firstParentOf(node), 'div')) || (isA(node, 'li') && isA(firstParentOf(node), 'ul'))],
  ['b > p, i > *, a > div > :nth-child(2)', (node) => (isA(node, 'p') && isA(firstParentOf(node), 'b')) || isA(firstParentOf(node), 'i') ||
    (node.index === 2 && isA(firstParentOf(node), 'div') && isA(parentOf(firstParentOf(node)), 'a'))],
  ['p b, td a', (node) => (isA(node, 'b') && isWithin(node, (above) => isA(above, 'p'))) || (isA(node, 'a') && isWithin(node, (above) => isA(above, 'td')))],
  [':nth-child(2)', (node) => node.index === 2],
  ['* + p, .x ~ li', (node) => (isA(node, 'p') && node.earlier.length > 0) || (isA(node, 'li') && follows(node, isX))],
  ['p + p', (node) => isA(node, 'p') && followsAtOnce(node, (other) => isA(other, 'p'))],
  ['div > b ~ *', (node) => isA(firstParentOf(node), 'div') && follows(node, (other) => isA(other, 'b'))],
  ['p:nth-of-type(2)', (node) => isA(node, 'p') && numberOf(node, isLike(node)) === 2],
  ['div > :nth-of-type(odd)', (node) => isA(firstParentOf(node), 'div') && numberOf(node, isLike(node)) % 2 === 1],
  ['div > :nth-child(2 of .x)', (node) => isX(node) && isA(firstParentOf(node), 'div') && numberOf(node, isX) === 2],
  [':is(div, td, p) > :is(b, span + a, .x:first-child)', (node) => isA(firstParentOf(node), 'div', 'td', 'p') &&
    (isA(node, 'b') || (isA(node, 'a') && followsAtOnce(node, (other) => isA(other, 'span'))) || (isX(node) && node.index === 1))],
  ['p:not(div p, :first-of-type)', (node) => isA(node, 'p') && !isWithin(node, (above) => isA(above, 'div')) && numberOf(node, isLike(node)) > 1],
  ['.x:not(p):not(#i)', (node) => hasClass(node, 'x') && !isA(node, 'p') && attribute(node, 'id') !== 'i'],
];
const placements = ['inner', 'replace', 'before', 'after', 'prepend', 'append'];
const positions = ['head-end', 'body-start', 'body-end'];
const rules = [
  ...placements.map((placement) => ({ placement, selector: '*', accepts: () => true })),
  ...selectors.map(([selector, accepts]) => ({ placement: 'before', selector, accepts, structural: /[ >:+~]/.test(selector) })),
  ...selectors.slice(4, 8).flatMap(([selector, accepts]) =>
    ['after', 'append'].map((placement) => ({ placement, selector, accepts, structural: true }))),
  ...positions.map((placement) => ({ placement })),
];
const beforeAll = rules.findIndex(({ placement, selector }) => placement === 'before' && selector === '*');

// Elements that the parser makes without a start tag. (Others that have none are clones, or
// made by a </p> or </br>: they match nothing.)
const implied = ['html', 'head', 'body', 'tbody', 'tr', 'colgroup'];

// Content that stays where it is put in body, and in head.
const inBody = '<x-mark>m</x-mark>';
const inHead = '<meta class=x-mark>';
// Content that first ends what may be left open before it: the page left the end tag out.
const endingOthers = ['div', 'li', 'dd', 'option', 'optgroup', 'rb', 'rt', 'rtc'].map((name) => `<${name} class=x-mark>m</${name}>`);

const htmlNamespace = 'http://www.w3.org/1999/xhtml';
const isMark = (node) => isA(node, 'x-mark') || (isElement(node) && attribute(node, 'class') === 'x-mark');

function splicesOf(pages) {
  const parts = pages.flatMap((page) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(page.length);
    return [length, Buffer.from(page, 'latin1')];
  });
  const words = rules.map(({ placement, selector }) => (selector ? `${placement} ${selector}` : placement));
  const run = spawnSync(driver, words, { input: Buffer.concat(parts), maxBuffer: 1 << 28 });
  assert.equal(run.error, undefined, `${driver}: ${run.error?.message}`);
  assert.equal(run.status, 0, run.stderr.toString());
  return run.stdout.toString().trimEnd().split('\n').map((line) => line.trimEnd().split(' ').map((word) => {
    const [splices, doubts, gaveUp] = word.split(':');
    return {
      splices: splices === '' ? [] : splices.split(',').map(rangeOf),
      doubts: Number(doubts),
      gaveUp: gaveUp === '1',
    };
  }));
}

class Page {
  constructor(html) {
    this.html = html;
    this.tree = parse(html);
    this.printed = print(this.tree);
    this.elements = [...walk(this.tree)].filter(isElement);
    const begun = (name) => this.elements.some((node) => isA(node, name) && node.namespaceURI === htmlNamespace && node.sourceCodeLocation);
    const doctype = this.tree.childNodes.some((node) => node.nodeName === '#documentType');
    // What the scanner has seen before it comes to head, or to body.
    this.isWholeFromStart = doctype || begun('html') || begun('head');
    this.isWhole = this.isWholeFromStart || begun('body');
    this.hasClones = this.elements.some((node) => node.begin === undefined && !isA(node, ...implied));
    this.hasFrames = begun('frameset');
  }

  // The same page, where elements are what they have become.
  get settled() {
    this.settledTree ??= settle(parse(this.html));
    return this.settledTree;
  }

  // Elements that a rule is to find.
  matches(rule) {
    return this.elements.filter((node) => rule.accepts(node) && !isWithin(node, (above) => isA(above, 'template')) &&
      (node.begin !== undefined || (!node.sourceCodeLocation && isA(node, ...implied) &&
        (this.isWholeFromStart || !isA(node, 'html', 'head', 'body')))));
  }

  spliced([begin, end, ends], content) {
    const tree = parse(this.html.slice(0, begin) + ends + content + this.html.slice(end));
    const marks = [...walk(tree)].filter(isMark);
    return { tree, marks, mark: marks[0], behind: begin + ends.length + content.length };
  }

  // The page as far as it was known when the scanner put something before or into an element at its
  // start tag: what comes later may still take the element elsewhere.
  asKnownAt(placement, begin) {
    const end = placement === 'prepend' ? begin :
      this.elements.find((node) => node.begin === begin)?.sourceCodeLocation.startTag.endOffset;
    return end === undefined ? this : new Page(this.html.slice(0, end));
  }
}

// What stands behind </head> and </body> may still go into them.
function comesLate(node, after) {
  const goesIntoThem = isA(parentOf(node), 'head', 'body') || /^[ \t\n\f\r]*$/.test(node.value ?? 'a');
  return goesIntoThem && (node.sourceCodeLocation?.startOffset ?? 0) >= after.behind;
}

// The element of the original that the content was put at, or what is wrong.
function targetOf(page, placement, after) {
  if (after.marks.length !== 1) {
    return `the content is there ${after.marks.length} times`;
  }
  const path = pathOf(after.mark);
  const parent = parentOf(after.mark);
  const siblings = childrenOf(parent);
  const at = siblings.indexOf(after.mark);
  let target;
  let expected = page.printed;
  let printed;
  if (placement === 'inner' || placement === 'replace') {
    // White space behind </body> becomes content of body.
    if (placement === 'inner' && !siblings.slice(0, at).concat(siblings.slice(at + 1)).every((node) => comesLate(node, after))) {
      return 'the element has other content too';
    }
    const changed = placement === 'inner' ? path.slice(0, -1) : path;
    target = nodeAt(page.tree, changed);
    if (!target || (placement === 'inner' && print(target, () => undefined).split(' ')[0].split('>')[0] !== print(parent).split(' ')[0].split('>')[0])) {
      return 'the content is in no element of the original';
    }
    const same = nodeAt(after.tree, changed);
    expected = print(page.tree, (node) => (node === target ? '<changed>' : undefined));
    printed = print(after.tree, (node) => (node === same ? '<changed>' : undefined));
  } else {
    printed = print(after.tree, (node) => (node === after.mark ? '' : undefined));
    if (placement === 'before') {
      target = isElement(siblings[at + 1] ?? {}) && nodeAt(page.tree, path);
    } else if (placement === 'after') {
      target = isElement(siblings[at - 1] ?? {}) && nodeAt(page.tree, [...path.slice(0, -1), path.at(-1) - 1]);
    } else if (placement === 'prepend') {
      target = at === 0 && nodeAt(page.tree, path.slice(0, -1));
    } else {
      target = siblings.slice(at + 1).every((node) => comesLate(node, after)) && nodeAt(page.tree, path.slice(0, -1));
    }
    if (!target) {
      return `the content is not ${placement} an element`;
    }
  }
  return printed === expected ? target : `the tree is\n  ${printed}\nnot\n  ${expected}`;
}

function sameButFor(mark, page, tree) {
  return print(tree, (node) => (node === mark ? '' : undefined)) === page.printed;
}

// Where an element's start tag and the splice must meet.
function startsThere(page, placement, target, [begin]) {
  const tag = target.sourceCodeLocation?.startTag;
  const lineFeed = placement === 'prepend' && isA(target, 'pre', 'listing') ? /^((<\/>)*(\r\n|\r|\n))?/.exec(page.html.slice(tag?.endOffset))[0].length : 0;
  const meets = (location) => (placement === 'before' || placement === 'replace' ? location?.startOffset : location?.endOffset + lineFeed) === begin;
  if (placement === 'after' || placement === 'append') {
    return !tag || begin >= tag.endOffset;
  }
  return !tag || meets(tag);
}

// At the end of body, in whatever is still open there. What is wrong, or undefined.
function faultAtBodyEnd(page, splice) {
  const after = page.spliced(splice, inBody);
  const body = after.marks.length === 1 && after.tree.childNodes.find((node) => isA(node, 'html'))?.childNodes.find((node) => isA(node, 'body'));
  if (!body || !isBetween(after.mark, body)) {
    return 'the content is not in body';
  }
  // With the clones of formatting elements that are still open there.
  let added = after.mark;
  while (parentOf(added).begin === undefined && childrenOf(parentOf(added)).length === 1 && parentOf(added) !== body) {
    added = parentOf(added);
  }
  if (!sameButFor(added, page, after.tree)) {
    return 'the tree is another';
  }
  const nodes = [...walk(body)];
  const later = nodes.slice(nodes.indexOf(after.mark) + 1).filter((node) => !isBetween(node, after.mark));
  return later.some((node) => node.sourceCodeLocation && node.sourceCodeLocation.startOffset < after.behind) ? 'content of before stands behind it' : undefined;
}

function faultOfPosition(page, rule, splice) {
  if (rule.placement === 'body-end') {
    return faultAtBodyEnd(page, splice);
  }
  const [content, parentName] = rule.placement === 'head-end' ? [inHead, 'head'] : [inBody, 'body'];
  const after = page.spliced(splice, content);
  if (after.marks.length !== 1 || !isA(parentOf(after.mark), parentName)) {
    return `the content is not in ${parentName}`;
  }
  if (!sameButFor(after.mark, page, after.tree)) {
    return 'the tree is another';
  }
  const siblings = childrenOf(parentOf(after.mark));
  const at = siblings.indexOf(after.mark);
  const right = rule.placement === 'body-start' ? at === 0 :
    siblings.slice(at + 1).every((node) => node.sourceCodeLocation.startOffset >= after.behind);
  return right ? undefined : `it is not at its place in ${parentName}`;
}

// The elements that the splice may be meant for (content that ends what is open before it may fit
// several), or only the first of them that `enough` is content with; and what is wrong where there
// is none.
function targetsOfSplice(page, rule, splice, enough = () => false) {
  const { placement } = rule;
  const targets = new Set();
  let first;
  const early = placement === 'before' || placement === 'prepend';
  const known = early ? page.asKnownAt(placement, splice[0]) : page;
  for (const content of [inHead, inBody, ...endingOthers]) {
    const after = known.spliced(splice, content);
    let fault;
    let target = targetOf(known, placement, after);
    if (early && typeof target !== 'string' && known !== page) {
      const whole = page.spliced(splice, content);
      if (!sameButFor(whole.mark, page, whole.tree)) {
        target = 'the rest of the tree is another';
      }
    }
    if (typeof target === 'string') {
      fault = target;
    } else if (content === inHead && !isA(parentOf(after.mark), 'head')) {
      fault = 'this content is for head';
    } else if (!rule.accepts(target) && (early || !rule.accepts(nodeAt(page.settled, pathOf(target))))) {
      fault = `<${target.nodeName}> does not match`;
    } else if (!startsThere(page, placement, target, splice)) {
      fault = `the start tag of <${target.nodeName}> stands elsewhere`;
    } else {
      targets.add(target.begin ?? target.tagName);
      if (enough(target.begin ?? target.tagName)) {
        return { targets };
      }
    }
    if (content === inBody) {
      first = fault;
    }
  }
  const body = page.elements.find((node) => isA(node, 'body'));
  if (placement === 'append' && body && rule.accepts(body) && !faultAtBodyEnd(page, splice)) {
    targets.add(body.begin ?? 'body');
  }
  return { targets, fault: targets.size === 0 ? first : undefined };
}

// Gives each splice a target of its own, where that is possible: a maximum matching, by paths on
// which those that came before are moved to others. The faults, by splice.
function faultsOfSplices(page, rule, splices) {
  const claimed = new Set();
  const unclaimed = (target) => !claimed.has(target) && claimed.add(target);
  const simply = splices.every((splice) => {
    const before = claimed.size;
    const { targets } = targetsOfSplice(page, rule, splice, unclaimed);
    return claimed.size > before || [...targets].some(unclaimed);
  });
  if (simply) {
    return splices.map(() => undefined);
  }
  const found = splices.map((splice) => targetsOfSplice(page, rule, splice));
  const owner = new Map();
  const settle = (number, tried) => [...found[number].targets].some((target) => {
    if (tried.has(target)) {
      return false;
    }
    tried.add(target);
    if (owner.has(target) && !settle(owner.get(target), tried)) {
      return false;
    }
    owner.set(target, number);
    return true;
  });
  return found.map(({ fault }, number) => fault ?? (settle(number, new Set()) ? undefined : 'all that it can be meant for have been matched already'));
}

function compare(pages, counts, faults) {
  const found = splicesOf(pages);
  pages.forEach((html, number) => {
    const page = new Page(html);
    if (page.hasFrames) {
      return; // They take the place of body, whatever was put into that.
    }
    rules.forEach((rule, ruleNumber) => {
      const { splices, doubts, gaveUp } = found[number][ruleNumber];
      const faultsOf = rule.selector ? faultsOfSplices(page, rule, splices) : splices.map((splice) => faultOfPosition(page, rule, splice));
      const report = (fault) => faults.push({ html, fault: `${rule.placement} ${rule.selector ?? ''}: ${fault}` });
      for (const [number, splice] of splices.entries()) {
        const fault = faultsOf[number];
        counts.sure += 1;
        if (fault) {
          counts.wrong += 1;
          report(`at ${splice}: ${fault}`);
        }
      }
      counts.unsure += doubts;
      if (gaveUp) {
        return;
      }
      // Where the tree was in doubt (nothing can be put before html, head and body in any case), a
      // selector that looks around may not even find a candidate.
      const never = page.matches({ accepts: (node) => isA(node, 'html', 'head', 'body') }).length;
      if (rule.structural && (page.hasClones || found[number][beforeAll].doubts > never)) {
        return;
      }
      const expected = rule.selector ? page.matches(rule).length : Number(page.isWhole);
      if (splices.length + doubts < expected) {
        counts.wrong += 1;
        report(`${splices.length} found and ${doubts} refused of ${expected}`);
      }
    });
  });
  counts.pages += pages.length;
}

function judge(context, counts, faults) {
  context.diagnostic(`${counts.pages} pages: ${counts.sure} sure, ${counts.unsure} unsure, ${counts.wrong} sure and wrong`);
  faults.sort((a, b) => a.html.length - b.html.length); // the simplest tell most
  assert.equal(counts.wrong, 0, faults.slice(0, mostFaults).map(({ html, fault }) => `${JSON.stringify(html)}\n${fault}`).join('\n\n'));
  assert.ok(counts.sure * 4 > counts.unsure, 'it is hardly ever sure');
}

test('inputs of the tree-construction cases', (context) => {
  const pages = conformancePages(join(data, 'html/tree'));
  if (pages.length === 0) {
    context.skip(`${data} is not there`);
    return;
  }
  const counts = { pages: 0, sure: 0, unsure: 0, wrong: 0 };
  const faults = [];
  for (let at = 0; at < pages.length; at += batchSize) {
    compare(pages.slice(at, at + batchSize), counts, faults);
  }
  judge(context, counts, faults);
});

test(`made-up pages, seed ${seed}, ${seconds} s`, (context) => {
  const counts = { pages: 0, sure: 0, unsure: 0, wrong: 0 };
  const faults = [];
  const until = Date.now() + seconds * 1000;
  const made = madeUpPages(seed);
  do {
    compare(Array.from({ length: batchSize }, () => made.next().value), counts, faults);
  } while (Date.now() < until);
  judge(context, counts, faults);
});
