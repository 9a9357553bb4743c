// Pages to compare parsers on: the inputs of html5lib's tree-construction cases, and made-up ones.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Each page once, as latin1 strings; none where the folder is absent.
export function conformancePages(folder) {
  if (!existsSync(folder)) {
    return [];
  }
  const pages = new Set();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.dat')).sort()) {
    const text = readFileSync(join(folder, file), 'latin1');
    for (const part of `\n${text}`.split('\n#data\n').slice(1)) {
      pages.add(part.slice(0, part.indexOf('\n#errors')));
    }
  }
  return [...pages];
}

// mulberry32
export function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const flow = ['div', 'section', 'article', 'main', 'ul', 'ol', 'dl', 'table', 'form', 'h1', 'h2', 'blockquote', 'pre', 'p', 'p', 'p', 'fieldset', 'details', 'center'];
const phrasing = ['span', 'b', 'i', 'a', 'em', 'code', 'nobr', 'font', 'button', 'label', 'svg', 'math', 'ruby', 'object', 'select', 'x-y', 'template', 'marquee'];
const formatting = ['b', 'i', 'a', 'em', 'strong', 'font', 'small', 'u', 'nobr'];
const voids = ['br', 'img', 'hr', 'input', 'wbr', 'embed', 'meta', 'link'];
const raw = ['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes', 'noscript'];
const within = {
  ul: ['li'], ol: ['li'], dl: ['dt', 'dd'], table: ['caption', 'colgroup', 'thead', 'tbody', 'tbody', 'tr', 'tr', 'tfoot'],
  thead: ['tr'], tbody: ['tr'], tfoot: ['tr'], tr: ['td', 'td', 'th'], colgroup: ['col'],
  select: ['option', 'optgroup'], optgroup: ['option'], ruby: ['rt', 'rp', 'rb', 'rtc'],
  svg: ['path', 'g', 'foreignObject', 'desc', 'title', 'a'], g: ['path'], math: ['mi', 'mtext', 'annotation-xml', 'mrow'],
};
const optional = ['p', 'li', 'dt', 'dd', 'option', 'optgroup', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th', 'colgroup', 'caption', 'rt', 'rp', 'rb', 'rtc'];
const attributes = ['', '', '', '', ' id=i', ' class=x', ' class="y x"', " class='y'", ' id="a" title="a > b"', ' hidden', ' CLASS = x id=i', ' class=y class=x', ' class="x/" /', ' encoding=text/html', ' type=hidden', " title='<p>'", ' class=&#120;'];
const texts = ['a', 'b ', ' ', '\n', 'text', '&amp;', 'a < b', '\0', '\xc3\xa9', '</>', '<?x?>', '<!x>', '<3'];
const beginnings = ['<!doctype html>', '<!doctype html><html><head><title>t</title></head><body>', '<html>', '<body>', '<head></head>', '<!DOCTYPE html><title>t</title>', '<!-- a -->', '', '', '', '<!doctype html><html><head><meta charset=utf-8><style>p{}</style><body class=x>', '<!doctype html PUBLIC "-//W3C//DTD HTML 3.2//EN">'];
const endings = ['', '', '</body></html>', '</body>', '</html>', '</body></html><!-- end -->', '</body>a', '</body></html><p>', '<!-- end -->'];
const names = [...flow, ...phrasing, ...voids, ...raw, ...Object.values(within).flat(), 'html', 'head', 'body', 'frameset', 'plaintext', 'image', 'listing', 'frame'];

// Pages without end, the same for the same seed.
export function* madeUpPages(seed) {
  // Pages of tables have numbers of their own, so that the others do not depend on them.
  const [numbers, numbersOfTables] = [randomNumbers(seed), randomNumbers(~seed)];
  let random;
  const one = (list) => list[Math.floor(random() * list.length)];
  const chance = (share) => random() < share;

  function tag(name) {
    const written = chance(0.03) ? name.toUpperCase() : name;
    return `<${written}${one(attributes)}${chance(0.04) ? '/' : ''}>`;
  }

  function misplaced() {
    return chance(0.5) ? `</${one(names.slice(0, -8))}>` : tag(one(names));
  }

  function element(name, depth, fault) {
    if (voids.includes(name) || name === 'col' || name === 'path') {
      return tag(name);
    }
    if (raw.includes(name)) {
      return `${tag(name)}${one(['', 'a', '<p>', '<!--', '<!-- <script> -->', ' </p> '])}</${name}>`;
    }
    const open = chance(fault) || (optional.includes(name) && chance(0.5));
    return tag(name) + content(name, depth - 1, fault) + (open ? '' : `</${name}>`);
  }

  function content(parent, depth, fault) {
    let html = '';
    for (let parts = Math.floor(random() * 4); parts > 0; parts--) {
      const kind = random();
      if (chance(fault)) {
        html += misplaced();
      } else if (depth <= 0 || kind < 0.2) {
        html += one(texts);
      } else if (kind < 0.25) {
        html += one(['<!-- c -->', '<!--a', '<!-->', '<![CDATA[x]]>', '<!--<p>-->']).replace(/^<!--a$/, '<!--a-->');
      } else if (within[parent] && !chance(fault)) {
        html += element(one(within[parent]), depth, fault);
      } else {
        html += element(one(kind < 0.6 ? flow : kind < 0.88 ? phrasing : kind < 0.95 ? voids : raw), depth, fault);
      }
    }
    return html;
  }

  // Not what parse5 takes otherwise than the standard: a row group's end tag in the row of another one,
  // which it does not ignore, and a template, to which it does not confine a search in table scope.
  const stray = () => misplaced().replace(/^<\/t(body|head|foot)>$/, '</td>').replace(/^<(\/?)template/i, '<$1u');

  // Words, many of them in an element of their own.
  function words(depth, fault) {
    let html = '';
    for (let parts = Math.floor(random() * 3); parts > 0; parts--) {
      const name = one(chance(0.8) ? formatting : ['span', 'p', 'button', 'h1', 'li', 'br', 'x-y', 'path']);
      const inner = depth > 0 && chance(0.3) ? words(depth - 1, fault) : one(texts);
      html += chance(0.2) ? one(texts) : tag(name) + inner + (chance(fault) ? stray() : `</${name}>`);
    }
    return html;
  }

  // A table as most are, but for the faults.
  function table(depth, fault) {
    const part = (name, inner) => (chance(fault) ? '' : tag(name)) + inner + (chance(fault) ? '' : `</${name}>`);
    const some = (make, most) => Array.from({ length: 1 + Math.floor(random() * most) }, () => (chance(fault) ? stray() : '') + make()).join(one(['', '\n']));
    const cell = () => part(one(['td', 'td', 'th']), depth > 0 && chance(0.1) ? table(depth - 1, fault) : words(0, fault));
    const group = (name) => tag(name) + some(() => part('tr', some(cell, 3)), 2) + (chance(fault) ? '' : `</${name}>`);
    return part('table', (chance(0.2) ? part('caption', words(0, fault)) : '') + some(() => group(one(['tbody', 'thead', 'tfoot'])), 2));
  }

  for (let number = 0; ; number += 1) {
    const isOfTables = number % 3 === 2;
    random = isOfTables ? numbersOfTables : numbers;
    const beginning = one(beginnings);
    let body = '';
    if (isOfTables) {
      const fault = one([0, 0, 0.02, 0.1]);
      body = words(1, fault) + (chance(0.7) ? table(1, fault) : '') + words(1, fault);
    } else if (chance(0.2)) {
      for (let parts = 2 + Math.floor(random() * 10); parts > 0; parts--) {
        body += chance(0.6) ? misplaced() : chance(0.5) ? one(texts) : element(one(names), 1, 0.1);
      }
    } else {
      body = content('body', 3, one([0, 0, 0.02, 0.1])) + content('body', 2, 0);
    }
    const page = beginning + body + one(endings);
    if (/^[ \t\n\f\r]*</.test(page)) {
      yield page;
    }
  }
}
