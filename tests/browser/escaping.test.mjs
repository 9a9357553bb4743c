// Hostile values in every place of a fragment that takes values, read by a real browser as HTML and as
// XHTML: each comes out as what it is, and none brings anything into the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, newVisitor, startNginx } from './support.mjs';

const values = [
  'plain', 'red', '', ' ', 'Zażółć 🎁', '"', "'", '`', '\\', '\\\\"', '</script><script>pwned=1</script>', '<!--<script>',
  '--><img src=x onerror="pwned=1"/>', ']]><b>x</b>', '";pwned=1;"', "';pwned=1;'", '${pwned=1}', '`;pwned=1;`',
  '");pwned=1;("', '\n;pwned=1\n', '\u2028pwned=1\u2029', '&quot;;pwned=1;&quot;', '&#39;;pwned=1', '*/pwned=1/*',
  '//', '/*', 'red}*{display:none', 'red;background:url(x)', 'url(javascript:pwned=1)', 'expression(pwned=1)',
  '\\22}*{display:none}', '</style><script>pwned=1</script>', "');background:red;('", 'javascript:pwned=1',
  'JaVa\tscript:pwned=1', 'data:text/html,<script>pwned=1</script>', '{{feature.secret}}', '<!--#include virtual="/" -->',
  '" onmouseover="pwned=1', '/a b.jpg 1x, javascript:pwned=1 2x', '__proto__', 'constructor', '\u00a0', '-1',
];

// What is inserted for each value.
const item = `<div class="value"><script>literals.push({{.}}); strings.push("{{.}}", '{{.}}', \`{{.}}\`);</script>
<script type="application/json">{"value": {{.}}, "text": "{{.}}"}</script>
<style>.none::after { color: {{.}}; content: "{{.}}"; background-image: url("{{.}}"); }</style>
<p hidden="" title="{{.}}" style="color: {{.}}; background-image: url('{{.}}'); quotes: '{{.}}' 'x'">
<a href="{{.}}">{{.}}</a><picture><source srcset="{{.}}"/></picture></p></div>`;
const elementsOfItem = 7;

const fragment = `<section id="values"><script>var literals = [], strings = [], pwned;</script>
{{#feature.values}}${item}{{/feature.values}}<script>var whole = {{feature.values}}, odd = {{feature.odd}};</script></section>`;

const page = (attributes) => `<html${attributes}><head><title>Values</title></head><body><!--pz:values--><!--/pz--></body></html>`;
const pages = { html: `<!doctype html>${page('')}`, xhtml: page(' xmlns="http://www.w3.org/1999/xhtml"') };

let nginx;
let browser;

before(async () => {
  nginx = await startNginx({
    files: {
      'html/index.html': pages.html,
      'html/page.xhtml': pages.xhtml,
      'values.html': fragment,
      'features.json': JSON.stringify({
        features: {
          values: { defaultValue: values },
          // JSON.stringify leaves __proto__ out.
          odd: { defaultValue: JSON.parse('{"__proto__": {"admin": true}, "</script>": [-1, 1e21, null, true]}') },
        },
      }),
    },
    http: `
  types { text/html html; application/xhtml+xml xhtml; }
  charset utf-8; charset_types text/html application/xhtml+xml;
  add_header Content-Security-Policy "script-src 'nonce-abc'; object-src 'none'; base-uri 'none'";
  personalize_types application/xhtml+xml;
  personalize_features features.json;
  personalize_campaign values { slot values; fragment values.html; }`,
    server: '',
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

// What the browser has made of the page.
const read = () => {
  const unescape = (css) => css.slice(1, -1).replace(/\\(?:([0-9a-f]{1,6}) ?|(.))/gi,
    (_, hex, character) => (hex ? String.fromCodePoint(parseInt(hex, 16)) : character));
  const all = (selector, what) => [...document.querySelectorAll(`#values ${selector}`)].map(what);
  /* global literals, strings, whole, odd, pwned */
  return {
    literals,
    strings,
    whole,
    odd: { own: Object.keys(odd), admin: odd.admin === undefined, list: odd['</script>'] },
    pwned: pwned === undefined,
    json: all('script[type]', (script) => JSON.parse(script.textContent)),
    elements: document.querySelectorAll('#values .value *').length,
    rules: all('style', (style) => style.sheet.cssRules.length),
    contents: all('style', (style) => unescape(style.sheet.cssRules[0].style.content)),
    declared: [...new Set(all('style', (style) => [...style.sheet.cssRules[0].style]).flat())].sort(),
    attributes: [...new Set(all('p', (p) => [...p.attributes].map(({ name }) => name)).flat())].sort(),
    styled: [...new Set(all('p', (p) => [...p.style]).flat())].sort(),
    quotes: all('p', (p) => unescape(p.style.quotes.slice(0, -4))),
    colors: [...new Set(all('p', (p) => p.style.color))],
    titles: all('p', (p) => p.title),
    links: all('a', (a) => a.textContent),
    protocols: [...new Set(all('a', (a) => a.protocol))],
    sources: [...new Set(all('source', (source) => source.srcset).filter((text) => /script:|data:/i.test(text)))],
  };
};

for (const kind of ['html', 'xhtml']) {
  test(`no value leaves its place in ${kind === 'html' ? 'HTML' : 'XHTML'}`, async (t) => {
    const visitor = await newVisitor(t, browser);
    await visitor.goto(`${nginx.origin}/${kind === 'html' ? '' : 'page.xhtml'}`);
    const seen = await visitor.evaluate(read);
    assert.equal(seen.pwned, true);
    assert.deepEqual(seen.literals, values);
    assert.deepEqual(seen.strings, values.flatMap((value) => [value, value, value]));
    assert.deepEqual(seen.whole, values);
    assert.deepEqual(seen.odd, { own: ['</script>', '__proto__'], admin: true, list: [-1, 1e21, null, true] });
    assert.deepEqual(seen.json, values.map((value) => ({ value, text: value })));
    assert.equal(seen.elements, values.length * elementsOfItem);
    assert.deepEqual(seen.rules, values.map(() => 1));
    assert.deepEqual(seen.contents, values);
    assert.deepEqual(seen.declared, ['background-image', 'color', 'content']);
    assert.deepEqual(seen.attributes, ['hidden', 'style', 'title']);
    assert.deepEqual(seen.styled, ['background-image', 'color', 'quotes']);
    assert.deepEqual(seen.quotes, values);
    assert.deepEqual(seen.colors, ['', 'red']);
    assert.deepEqual(seen.links, values);
    if (kind === 'html') {
      assert.deepEqual(seen.titles, values);
    }
    assert.deepEqual(seen.protocols.filter((protocol) => !['http:', 'https:', ':'].includes(protocol)), []);
    assert.deepEqual(seen.sources, []);
  });
}
