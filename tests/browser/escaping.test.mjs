// Hostile values in every place of a fragment that takes values, and in the fields of widgets, read by a
// real browser as HTML, as XHTML and in encodings other than UTF-8: each comes out as what it is, and none
// brings anything into the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, newVisitor, startNginx, startRedis } from './support.mjs';

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
// Encodings in which bytes of one character can be those of others, and what is before the slots.
const encodings = { 'utf-8': Buffer.from('Zażółć'), 'windows-1252': Buffer.from([0xc9, 0x74, 0xe9]), shift_jis: Buffer.from([0x83, 0x5c, 0x95, 0x5c]) };

// All values at once in each field, and one by one in lists.
const all = values.join(' ');
const chunks = Array.from({ length: 5 }, (_, i) => values.filter((_, j) => j % 5 === i && values[j].trim()));
const lists = {
  items: values.filter((value) => value.trim()).map((v, i) => ({ name: v, id: v, url: v, image: v, brand: v, price: i, currency: v, badge: v, description: v,
    add_to_cart: v, availability: v, rating: 4, rating_count: v })),
  questions: chunks.map((chunk, i) => ({ id: `q${i}`, text: chunk.join(' '), answers: chunk, low: chunk[0], high: chunk[1] })),
};
const text = '"{{values.all}}"';
const fields = (names) => names.split(' ').map((name) => `set ${name} ${text};`).join(' ');
const widgets = {
  'hello-bar': fields('text link link_text code discount price reason'),
  popup: fields('title text image link link_text code question answers thanks discount price reason'),
  'exit-popup': `${fields('title text image link code question thanks')} set answers "{{#values.list}}{{.}}|{{/values.list}}";`,
  'side-coupon': fields('code title text image link link_text discount reason'),
  'floating-icon': fields('title value text image code link link_text'),
  'purchase-progress': `set goal 50; set value 12; ${fields('text done_text currency link link_text')}`,
  recommendations: `set items values.items; ${fields('title text reason link link_text')}`,
  'continue-shopping': `set items values.items; ${fields('title text reason link link_text')}`,
  complements: `set items values.items; trigger click=h1; ${fields('title text reason link link_text')}`,
  countdown: `set deadline "evergreen 2h"; ${fields('title text done_text link link_text')}`,
  editorial: `set items values.items; ${fields('title link text image link_text')}`,
  notice: fields('text title image link link_text price old_price reason'),
  'lead-form': fields('title text placeholder consent link link_text action send thanks'),
  survey: `set questions values.questions; ${fields('title send thanks')}`,
  own: fields('title address list'),
};
const own = `<section class="own"{{> campaign}} title="{{title}}"><h2>{{title}}</h2><a href="{{address}}">{{address}}</a>
<script>var told = [{{title}}, "{{list}}", '{{title}}'];</script><style>.own::after { content: "{{title}}"; }</style>
<button type="button" data-pz-dismiss="" aria-label="{{close}}">×</button></section>`;
const widgetPage = (encoding) => Buffer.concat([Buffer.from('<!doctype html><html lang="en"><head><title>Widgets</title></head><body><h1>'),
  encodings[encoding], Buffer.from(`</h1><script>var pwned;</script>${Object.keys(widgets).map((name) => `<!--pz:${name}--><!--/pz-->`).join('')}</body></html>`)]);

const pages = { html: `<!doctype html>${page('')}`, xhtml: page(' xmlns="http://www.w3.org/1999/xhtml"') };

let store;
let nginx;
let browser;

before(async () => {
  store = await startRedis();
  await store.ask('SET', 'values', JSON.stringify({ all, list: values, ...lists }));
  nginx = await startNginx({
    files: {
      'html/index.html': pages.html,
      'html/page.xhtml': pages.xhtml,
      'values.html': fragment,
      ...Object.fromEntries(Object.keys(encodings).flatMap((encoding) => [
        [`html/${encoding}/values.html`, Buffer.from(page('').replace('<body>', `<body>${encodings[encoding].toString('latin1')}`), 'latin1')],
        [`html/${encoding}/widgets.html`, widgetPage(encoding)]])),
      'own.html': own,
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
  personalize_redis unix:${store.socket} timeout=5s connect_timeout=5s;
  personalize_source values key=values;
  personalize_wait 5s;
  personalize_campaign values { slot values; fragment values.html; }
  personalize_widget own { template own.html; field title required; field address; field list; }
  ${Object.entries(widgets).map(([name, sets]) => `personalize_campaign ${name} { slot ${name}; cap 99/session; widget ${name}; ${sets} }`).join('\n')}`,
    // No policy here: what leaves its place can run.
    server: Object.keys(encodings).map((encoding) =>
      `location /${encoding}/ { personalize on; charset ${encoding}; add_header X-Policy none; }`).join('\n'),
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
  await store?.stop();
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

for (const encoding of Object.keys(encodings)) {
  test(`no value leaves its place in a page in ${encoding}`, async (t) => {
    const visitor = await newVisitor(t, browser);
    await visitor.goto(`${nginx.origin}/${encoding}/values.html`);
    assert.equal((await visitor.evaluate(() => document.characterSet)).toLowerCase(), encoding);
    const seen = await visitor.evaluate(read);
    assert.equal(seen.pwned, true);
    assert.deepEqual(seen.literals, values);
    assert.deepEqual(seen.strings, values.flatMap((value) => [value, value, value]));
    assert.deepEqual(seen.json, values.map((value) => ({ value, text: value })));
    assert.equal(seen.elements, values.length * elementsOfItem);
    assert.deepEqual(seen.contents, values);
    assert.deepEqual(seen.titles, values);
    assert.deepEqual(seen.links, values);
    assert.deepEqual(seen.quotes, values);
    assert.deepEqual(seen.protocols.filter((protocol) => !['http:', 'https:', ':'].includes(protocol)), []);
  });

  test(`no value leaves its field of a widget in ${encoding}`, async (t) => {
    const visitor = await newVisitor(t, browser);
    // Pictures with such addresses are nowhere, of which the browser complains once it knows.
    await visitor.route('**', (route) => (route.request().resourceType() === 'image' ? route.fulfill({ status: 204 }) : route.fallback()));
    await visitor.goto(`${nginx.origin}/${encoding}/widgets.html`);
    await visitor.locator('pz-popup:defined').waitFor({ state: 'attached' });
    const seen = await visitor.evaluate(() => {
      /* global pwned, told */
      const inside = [...document.querySelectorAll('[data-pz-campaign] *, [data-pz-campaign]')];
      const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent);
      return {
        pwned,
        told,
        missing: [...document.querySelectorAll('[data-pz-campaign]')].map((one) => one.dataset.pzCampaign),
        handlers: inside.flatMap((one) => [...one.attributes]).filter(({ name }) => /^on/.test(name)).map(({ name }) => name),
        scripts: [...document.scripts].filter(({ src, textContent }) => !src && /pwned=1/.test(textContent) && !/^var told/.test(textContent)).length,
        strange: inside.map((one) => one.localName).filter((name) => /^(b|iframe|object|base|meta|embed)$/.test(name)),
        protocols: [...new Set(inside.flatMap((one) => [one.href, one.src, one.action]).filter((url) => typeof url === 'string' && url)
          .map((url) => /^[^/?#]*?:/.exec(url)?.[0] ?? ''))],
        headings: texts('.pz-popup-title, .pz-box-title, .pz-timer-title, .pz-recs-title, .pz-fab-title, .own h2, .pz-notice-title'),
        names: texts('pz-rows .pz-card-name').slice(0, 24),
        content: getComputedStyle(document.querySelector('.own'), '::after').content,
        attribute: document.querySelector('.own').title,
        placeholder: document.querySelector('pz-lead-form input').getAttribute('placeholder'),
      };
    });
    assert.equal(seen.pwned, undefined);
    assert.deepEqual(seen.told, [all, all, all]);
    assert.deepEqual(Object.keys(widgets).filter((name) => !seen.missing.includes(name)), []);
    assert.deepEqual(seen.handlers, []);
    assert.equal(seen.scripts, 0);
    assert.deepEqual(seen.strange, []);
    assert.deepEqual(seen.protocols.filter((protocol) => !/^(https?:)?$/.test(protocol)), []);
    assert.ok(seen.headings.length >= 10, `${seen.headings.length}`);
    seen.headings.forEach((heading) => assert.equal(heading.trim(), all.trim()));
    assert.deepEqual(seen.names, lists.items.slice(0, 24).map(({ name }) => name));
    assert.equal(seen.attribute, all);
    assert.equal(seen.placeholder, all);
    assert.ok(seen.content.startsWith('"plain red'), seen.content.slice(0, 40));
  });
}
