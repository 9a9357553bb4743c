// @ts-check
// Keeps to what the server has decided where a framework works on the page, too (personalize_state).
//   <script type="application/json" id="pz-state">   what was decided: window.pz.decisions
//   data-pz-slot="NAME"                              on an element: the slot's place
// - A slot whose content a framework throws away, as when it hydrates, gets it back when the page has come
//   to rest. One that is thrown away twice is left alone, and an event pz:lost tells of it.
// - When a script has put another page in the place of this one, the server is asked for the slots of that
//   page (ENDPOINT/slots), and for those that appear later. Where that page has come with a state of its
//   own, as by Turbo or htmx, it is the server's already; one that was fetched like data, or ahead, the
//   server is told of.
// On the document, pz:decisions tells when there are new ones.

// HTML that users write can name an element like a member of the document (base.js).
const ofDocument = (name) => Object.getOwnPropertyDescriptor(Document.prototype, name)?.get?.call(document);
/** @type {(selector: string, inside?: any) => any[]} */
const all = (selector, inside) => [...(inside ? inside.querySelectorAll(selector) : Document.prototype.querySelectorAll.call(document, selector))];
const { src: server, nonce } = ofDocument('currentScript');
/** @type {(name: string, detail: any) => unknown} */
const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const here = () => location.pathname + location.search;

/** @typedef {{campaign: string, html: string}} Content */
/** @type {{slots: Record<string, Content>, [member: string]: any}} */
let decisions = { slots: {} };
// The element that told of them.
let teller;
// What stands in a slot, how often it was put back, and what of the page's own had to make way.
// (`isMarked`: an element says which slot it is. The end of the body can be found, too; others cannot be again.)
/** @typedef {{nodes: any[], isMarked: boolean, returns: number, isTold: boolean, hidden: (() => void)[]}} Place */
/** @type {Map<string, Place>} */
let places = new Map();
// The slots that the server knows to be in this page: it has filled them, or they keep their default.
/** @type {Set<string>} */
let known = new Set();
let address = here();
let asked = 0;

const namesInPage = () => all('[data-pz-slot]').map((element) => element.getAttribute('data-pz-slot')).filter(Boolean);
const elementOf = (name) => all(`[data-pz-slot="${CSS.escape(name)}"]`)[0];
// A slot may be marked by comments: <!--pz:NAME-->Default<!--/pz-->.
const commentOf = (name) => {
  const walker = document.createTreeWalker(ofDocument('documentElement'), NodeFilter.SHOW_COMMENT);
  let comment;
  do {
    comment = /** @type {Comment | null} */ (walker.nextNode());
  } while (comment && comment.data !== `pz:${name}`);
  return comment;
};
const markOf = (name) => elementOf(name) ?? commentOf(name);
const targetOf = (name) => markOf(name) ?? (/^body-/.test(name) ? ofDocument('body') : null);

const publish = () => {
  const scope = /** @type {any} */ (window);
  (scope.pz ??= []).decisions = decisions;
  // A page can be the first with visual changes.
  if (decisions.visual?.length && !all('script[src*="/visual.js?"]')[0]) {
    const script = document.createElement('script');
    script.src = `${new URL('visual.js', server)}?`;
    script.nonce = nonce;
    ofDocument('head')?.append(script);
  }
};

// A policy of the page may let only those that it knows make HTML.
let policy;
const parse = (html) => {
  policy ??= /** @type {any} */ (window).trustedTypes?.createPolicy('pz', { createHTML: (text) => text }) ?? { createHTML: (text) => text };
  const template = document.createElement('template');
  template.innerHTML = policy.createHTML(html); // eslint-disable-line no-restricted-properties
  return template.content;
};

// Makes nodes of HTML. Style sheets and scripts that the page has are left out, and scripts that it has not
// are made anew, since those of parsed HTML do not run. `isNew`: they have not run in the page yet.
const build = (html, isNew) => {
  const content = parse(html);
  const has = (tag, name) => all(`${tag}[${name}]`).map((other) => other[name]);
  all('link[rel=stylesheet]', content).forEach((link) => has('link', 'href').includes(link.href) && link.remove());
  all('script', content).forEach((script) => {
    const isThere = script.src ? has('script', 'src').includes(script.src) : !isNew;
    if (isThere || (script.type && !/javascript|module/.test(script.type))) {
      isThere && script.remove();
      return;
    }
    const made = document.createElement('script');
    [...script.attributes].forEach(({ name, value }) => made.setAttribute(name, value));
    made.text = script.text;
    made.nonce = nonce;
    made.async = false;
    // The runtime script makes window.pz anew.
    made.addEventListener('load', publish);
    script.replaceWith(made);
  });
  return [...content.childNodes];
};

// What stands in a slot now; null where nothing marks it.
const inside = (name) => {
  const element = elementOf(name);
  const comment = element ? null : commentOf(name);
  const nodes = [];
  for (let node = comment?.nextSibling; node && node.nodeValue !== '/pz'; node = node.nextSibling) {
    nodes.push(node);
  }
  return element ? [...element.childNodes] : comment && nodes;
};
// Finds what the server has put into a slot.
const find = (name, { campaign, html }) => {
  const nodes = inside(name);
  const marked = all(`[data-pz-campaign="${CSS.escape(campaign)}"]`);
  if (!nodes) {
    return marked;
  }
  const expected = [...parse(html).childNodes];
  const isSame = nodes.length === expected.length && nodes.every((node, i) => node.isEqualNode(expected[i]));
  return isSame || marked.some((element) => nodes.some((node) => node.contains(element))) ? nodes : [];
};
// Whether it would be found.
const canTell = (name, place) => place.isMarked || place.nodes.length || /data-pz-campaign/.test(decisions.slots[name].html);
const isThere = ({ nodes }) => nodes.some((node) => node.isConnected && node.nodeType === 1) ||
  (nodes.length && nodes.every((node) => node.isConnected));

// Makes room in a slot. A framework may come back to its nodes, so that they stay where they are.
const hide = (nodes) => nodes.map((node) => {
  if (node.style) {
    const { style } = node;
    const before = style.getPropertyValue('display');
    const priority = style.getPropertyPriority('display');
    style.setProperty('display', 'none', 'important');
    return () => style.setProperty('display', before, priority);
  }
  const text = node.nodeValue;
  node.nodeValue = '';
  return () => {
    node.nodeValue = text;
  };
});
const put = (name, place) => {
  const others = inside(name)?.filter((node) => !place.nodes.includes(node));
  if (others) {
    place.hidden = hide(others);
    elementOf(name) ? elementOf(name).prepend(...place.nodes) : commentOf(name)?.after(...place.nodes);
  } else {
    const body = ofDocument('body');
    name === 'body-start' ? body.prepend(...place.nodes) : body.append(...place.nodes);
  }
};
const takeAway = (place) => {
  place.nodes.forEach((node) => node.remove());
  place.hidden.forEach((show) => show());
};

/** @returns {Place} */
const placeOf = (name, nodes) => ({ nodes, isMarked: Boolean(markOf(name)), returns: 0, isTold: false, hidden: [] });

// Takes what a page came with.
const adopt = (element) => {
  teller = element;
  try {
    decisions = JSON.parse(element.textContent);
  } catch {
    return; // Somebody else's element.
  }
  places = new Map(Object.entries(decisions.slots).map(([name, content]) => [name, placeOf(name, find(name, content))]));
  // Documents that they need came when the page was past them.
  (decisions.late ?? []).forEach((name) => {
    const place = places.get(name);
    if (place && targetOf(name)) {
      place.nodes = build(decisions.slots[name].html, true);
      put(name, place);
    }
  });
  known = new Set([...places.keys(), ...namesInPage()]);
  address = here();
  asked = 0;
  publish();
  say('pz:decisions', decisions);
};

const lose = (name, place) => {
  place.isTold = true;
  const detail = { slot: name, campaign: decisions.slots[name].campaign };
  console.warn('personalize: a script has thrown away the content of a slot, again', detail);
  say('pz:lost', detail);
};
const restore = () => places.forEach((place, name) => {
  if (isThere(place) || place.isTold || !canTell(name, place)) {
    return;
  }
  if (place.returns) {
    lose(name, place);
    return;
  }
  if (!targetOf(name)) {
    // A page may have no such slot any more, or not yet.
    place.isMarked || !place.nodes.length || lose(name, place);
    return;
  }
  place.returns++;
  place.nodes = place.nodes.length ? place.nodes : build(decisions.slots[name].html, false);
  put(name, place);
});

// Fills slots as the server tells.
const fill = (names, told) => names.forEach((name) => {
  const content = told[name];
  const place = places.get(name);
  const before = decisions.slots[name];
  if (place && content && before?.html === content.html && isThere(place)) {
    return;
  }
  place && takeAway(place);
  places.delete(name);
  if (content && elementOf(name)) {
    const made = placeOf(name, build(content.html, true));
    places.set(name, made);
    put(name, made);
  }
});

// Where the page may have slots that are as the server has made them. It passes over those that no campaign fills.
const namesInHtml = () => {
  const walker = document.createTreeWalker(ofDocument('documentElement'), NodeFilter.SHOW_COMMENT);
  const names = ['head-end', 'body-start', 'body-end', ...Object.keys(decisions.slots), ...namesInPage()];
  while (walker.nextNode()) {
    names.push(...(/^pz:(.+)$/.exec(/** @type {Comment} */ (walker.currentNode).data)?.slice(1) ?? []));
  }
  return names;
};
// Asks the server for slots. `isView`: the visitor has come to the page. `others` stay as they are, and count.
const ask = async (names, isView, others = []) => {
  const path = here();
  names.forEach((name) => known.add(name));
  if (++asked > 20) {
    return;
  }
  const asksFor = [...new Set([...names, ...others])];
  const words = [['path', path], ['count', isView ? 'view' : 'exposure'],
    ...(asksFor.length ? asksFor : ['']).slice(0, 32).map((name) => ['slot', name])];
  try {
    const answer = await fetch(new URL(`slots?${new URLSearchParams(words)}`, server), {
      headers: { Accept: 'application/json' }, signal: AbortSignal.timeout?.(3000) });
    const told = answer.ok && await answer.json();
    if (told && here() === path) {
      fill(names, told.slots);
      const staying = Object.entries(decisions.slots).filter(([name]) => !names.includes(name) && places.has(name));
      decisions = { ...decisions, ...told, slots: { ...told.slots, ...Object.fromEntries(staying) } };
      publish();
      say('pz:decisions', decisions);
    }
  } catch {
    // Nobody answers: the page stays as it is.
  }
};

// Something has changed, and the page has come to rest.
const settle = () => {
  if (ofDocument('readyState') !== 'complete' || all('html[aria-busy=true], html[data-turbo-preview]')[0]) {
    rest();
    return;
  }
  const newest = all('script#pz-state').pop();
  const isView = here() !== address;
  if (newest && newest !== teller) {
    adopt(newest);
  }
  const isElsewhere = here() !== address;
  if (isElsewhere) {
    address = here();
    asked = 0;
    known = new Set();
    places.forEach((place, name) => {
      place.returns = 0;
      place.isTold = false;
      place.isMarked || isThere(place) || places.delete(name);
    });
  }
  restore();
  const names = [...new Set(namesInPage())].filter((name) => !known.has(name));
  const isCounted = !isView || (!isElsewhere && decisions.counted !== false);
  if (names.length || !isCounted) {
    ask(names, !isCounted, isCounted || isElsewhere ? [] : namesInHtml());
  }
};
// Waits for 100 ms without a change, or for a second of changes.
let first = 0;
let timer;
const rest = () => {
  const now = performance.now();
  first ||= now;
  clearTimeout(timer);
  timer = setTimeout(() => {
    first = 0;
    settle();
  }, Math.max(0, Math.min(100, first + 1000 - now)));
};

const state = all('script#pz-state').pop();
if (state) {
  adopt(state);
}
new MutationObserver(rest).observe(document, { subtree: true, childList: true });
addEventListener('load', rest);
addEventListener('popstate', rest);
const { navigation } = /** @type {any} */ (window);
if (navigation) {
  navigation.addEventListener('currententrychange', rest);
} else {
  setInterval(() => here() !== address && rest(), 250);
}
rest();
