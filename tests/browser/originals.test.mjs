// Pages' own content that visual changes have replaced comes back as a browser would have read it, whatever it is, and
// its scripts do not run then. A real NGINX and Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, newVisitor, startNginx, until, userAgent } from './support.mjs';

const originals = {
  templates: '<template id="t"><p>in<template><b>deep</b></template></p></template><i>x</i>',
  noscript: 'a<noscript><p>no</p></noscript>b',
  drawing: '<svg viewBox="0 0 1 1"><title>T</title><path d="M0 0"/><foreignObject><p>f</p></foreignObject></svg>',
  formula: '<math><mi definitionURL="x">x</mi><annotation-xml encoding="text/html"><p>h</p></annotation-xml></math>',
  table: '<table><caption>c</caption><tr><td>1<td>2<tr><td>3</table>',
  choice: '<select><option>1<option selected>2<optgroup label="g"><option>3</select>',
  shadow: '<div><template shadowrootmode="open"><style>p{color:red}</style><p>shadow</p><slot></slot></template><b>light</b></div>',
  script: '<p>a</p><script>window.ran++</script><p>b</p><svg><script>window.ran++</script></svg>',
  module: '<script type="module">window.ran++</script><script src="/ran.js"></script><script>window.ran++;</script>',
  hidden: '<div><template shadowrootmode="open"><script>window.ran++</script></template></div>',
  custom: '<x-own a="1">c</x-own>',
  ids: '<p id="twice">1</p><p id="twice">2</p><span id="m2">m</span>',
  text: 'a<!-- c -->b&amp;c<textarea>\n\nx</textarea><pre>\n\ny</pre>',
};
const page = (inside) => `<!doctype html><html><head><meta charset="utf-8"><title>Shop</title><script>
  window.ran = 0; window.connected = 0;
  customElements.define('x-own', class extends HTMLElement { connectedCallback() { window.connected++; } });
</script></head><body><main id="m">${inside}</main></body></html>`;

let nginx;
let browser;

before(async () => {
  const names = Object.keys(originals);
  nginx = await startNginx({
    files: {
      'html/ran.js': 'window.ran++;',
      ...Object.fromEntries(names.flatMap((name) => [[`html/made/${name}`, page(originals[name])], [`html/own/${name}`, page(originals[name])]])),
      'features.json': JSON.stringify({ features: {}, experiments: [{
        key: 'made', changeId: 'vs_made', hashAttribute: 'id', hashVersion: 2, weights: [0, 1], coverage: 1,
        urlPatterns: [{ include: true, type: 'simple', pattern: '/made/*' }],
        variations: [{}, { domMutations: [{ selector: '#m', attribute: 'html', action: 'set', value: 'New <b>one</b>' }] }] }] }),
    },
    http: 'personalize_features features.json id=visitor.id visual=on;',
    server: `personalize_visitor cookie=vid issue=on; personalize_bots except=HeadlessChrome; personalize_state on;
      location = /ran.js { personalize off; types { text/javascript js; } }`,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await nginx?.stop();
});

const looks = (shopper) => shopper.evaluate(() => {
  const tell = (node) => {
    if (node.nodeType !== 1) {
      return `[${node.nodeName} ${node.nodeValue}]`;
    }
    const inside = [...node.shadowRoot?.childNodes ?? [], '|', ...(node.content ?? node).childNodes];
    return `<${node.namespaceURI} ${node.localName} ${[...node.attributes].map(({ name, value }) => `${name}=${value}`)}>${inside.map((one) => one === '|' ? one : tell(one)).join('')}`;
  };
  return tell(document.querySelector('#m'));
});
const tellOf = (shopper, visual) => shopper.evaluate((detail) => document.dispatchEvent(new CustomEvent('pz:decisions', { detail })), { visual });

for (const name of Object.keys(originals)) {
  test(`${name}: what was replaced comes back as it was`, async (t) => {
    const shopper = await newVisitor(t, browser, { userAgent });
    await shopper.goto(`${nginx.origin}/own/${name}`, { waitUntil: 'load' });
    const own = await looks(shopper);
    const html = await (await fetch(`${nginx.origin}/made/${name}`)).text();
    assert.match(html, /<main id="m">New <b>one<\/b><template data-pz-was="">/, 'the stream has replaced it');
    await shopper.goto(`${nginx.origin}/made/${name}`, { waitUntil: 'load' });
    await until('the scripts are there', () => shopper.evaluate(() => window.pz?.decisions?.visual && !document.querySelector('[data-pz-was]')));
    const made = await looks(shopper);
    const { visual } = await shopper.evaluate(() => window.pz.decisions);
    for (const connected of [1, 2]) {
      await tellOf(shopper, []);
      await until('it is back', async () => await looks(shopper) === own);
      assert.deepEqual(await shopper.evaluate(() => [window.ran, window.connected]), [0, name === 'custom' ? connected : 0]);
      await tellOf(shopper, visual);
      await until('it is changed again', async () => await looks(shopper) === made);
    }
  });
}
