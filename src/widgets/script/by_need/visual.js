// @ts-check
// Makes the visual changes of GrowthBook's experiments that could not be made while the page was on its way,
// and keeps to all of them where a framework works on the page, as GrowthBook's dom-mutator does.
//   <script type="application/json" id="pz-visual">   the changes of this page
//   <style data-pz-visual="">                          hides what is changed here, until it is
//   <template data-pz-was="">, data-pz-was-NAME="="    what the server has replaced (visual_page.h)
// - What the server has made already is found in the page as it is, and not made again. An element that it has
//   moved says so (data-pz-moved): a selector may match another one there.
// - When a script has put another page in the place of this one, handover.js asks the server for the changes
//   of that page and tells of them (pz:decisions): those that are not among them are undone.

/** @typedef {{selector: string, attribute: string, action: string, value: string, parentSelector?: string, insertBeforeSelector?: string, streamed?: number, moves?: number}} Mutation */
/** @typedef {{experiment: string, change: string, variation: number, css?: string, js?: string, mutations: Mutation[], sheets?: any[], left?: number}} Changes */
// What is changed of an element. `original`: what the page has there by itself; of HTML the nodes, while others stand
// in their place. `nodes`: those that were put there. `left`: how often it may be made again, `at`: as of then.
/** @typedef {{element: any, kind: string, mutations: Mutation[], original: any, value: any, nodes: any[], left: number, at: number, observer?: MutationObserver}} Edit */

// HTML that users write can name an element like a member of the document (base.js).
const ofDocument = (name) => Object.getOwnPropertyDescriptor(Document.prototype, name)?.get?.call(document);
/** @type {(selector: string) => any[]} */
const all = (selector) => {
  try {
    return [...Document.prototype.querySelectorAll.call(document, selector)];
  } catch {
    return []; // No selector of this browser.
  }
};
const script = ofDocument('currentScript');
const { nonce } = script;

// A policy of the page may let only those that it knows make HTML and scripts.
const { trustedTypes } = /** @type {any} */ (window);
let policy;
const ofPolicy = (type, text) => {
  try {
    const same = (it) => it;
    policy ??= trustedTypes?.createPolicy('pz-visual', { createHTML: same, createScript: same, createScriptURL: same }) ?? {};
  } catch {
    policy = {}; // The page does not know this one.
  }
  return policy[`create${type}`]?.(text) ?? text;
};
const htmlOf = (element) => element.innerHTML; // eslint-disable-line no-restricted-properties
const setHtml = (element, html) => {
  element.innerHTML = ofPolicy('HTML', html); // eslint-disable-line no-restricted-properties
};
// What is in a <template> is not its children.
const inside = (element) => element instanceof HTMLTemplateElement ? element.content : element;
// HTML as it is read from an element into which it was put. The document is inert: nothing in it is loaded.
const inert = document.implementation.createHTMLDocument('').body;
const normal = (html) => {
  setHtml(inert, html);
  return htmlOf(inert);
};

// Whether the parser is past the element.
const hasEnded = (element) => {
  let node = element;
  while (node && !node.nextSibling) {
    node = node.parentNode;
  }
  return Boolean(node) || ofDocument('readyState') !== 'loading';
};

const words = (text) => text.split(/\s+/).filter(Boolean);
const without = (text, end) => text.slice(0, text.length - end.length);

const appended = (mutations) => mutations.map(({ value }) => value).join('');
const fromLastSet = (mutations) => mutations.slice(Math.max(0, mutations.map(({ action }) => action).lastIndexOf('set')));
const isReplaced = (mutations) => mutations.some(({ attribute, action }) => action === 'set' || (action === 'remove' && attribute !== 'class'));
const isSame = (a, b) => a === b || (a && b && a.parent && a.parent === b.parent && a.next === b.next);

// An original that the stream has replaced, unless it was kept.
const unknown = Symbol('unknown');
// A kind of change whose values are read and put as a whole. `make`: what mutations make of a value; `before`: what it
// was before those that it shows already. (undefined: it does not show them.)
const valueKind = ({ read, put, make, before }) => ({
  now: ({ element }) => read(element),
  make,
  holds: ({ element, value }) => isSame(read(element), value),
  apply: (edit) => {
    const { element, mutations, original } = edit;
    const isLost = original === unknown && !isReplaced(mutations);
    const value = isLost ? read(element) : mutations.length ? make(mutations, original) : original;
    isSame(value, read(element)) || put(element, value);
    edit.value = read(element);
  },
  adopt: (edit, mutations) => {
    const { element, kind } = edit;
    const name = `data-pz-was-${kind}`;
    const kept = element.getAttribute(name);
    element.removeAttribute(name);
    const was = before(mutations, edit.original, make);
    if (was === unknown && kept !== null) {
      edit.original = kept ? kept.slice(1) : kind === 'class' ? '' : null;
    } else if (was !== undefined) {
      edit.original = was;
    }
  },
});
// Scripts in an original that was kept have not run, nor do they when it comes back: those that a parser makes for
// other scripts never do.
const silence = (root) => root.querySelectorAll('*').forEach((element) => {
  element.shadowRoot && silence(element.shadowRoot);
  if (element.localName !== 'script') {
    return;
  }
  const isDrawn = element.namespaceURI?.endsWith('/svg');
  const around = isDrawn ? document.createElementNS(element.namespaceURI, 'svg') : element;
  const spot = document.createComment('');
  element.replaceWith(spot);
  inert.replaceChildren(around);
  isDrawn && around.append(element);
  try {
    setHtml(inert, htmlOf(inert));
    spot.replaceWith(/** @type {any} */ (inert.querySelector('script')));
  } catch {
    spot.remove(); // The page's policy forbids it.
  }
});
// Nodes that are appended leave those before them alone, with what the page's scripts know of them; and those in
// whose place others stand come back as they were.
const htmlKind = {
  now: () => undefined, // It stands in the element.
  holds: ({ element, mutations, nodes }) => isReplaced(mutations) && !nodes.length ? !inside(element).hasChildNodes()
    // Scripts may do what they like with the nodes, as long as they stay.
    : nodes.every((node) => node.parentNode === inside(element)),
  apply: (edit) => {
    const { element, mutations } = edit;
    const into = inside(element);
    const isSet = isReplaced(mutations);
    const html = appended(fromLastSet(mutations));
    const value = `${isSet} ${html}`;
    if (edit.value === value && htmlKind.holds(edit)) {
      return;
    }
    const made = normal(html);
    if (edit.original !== unknown) {
      edit.nodes.forEach((node) => node.remove());
      edit.original && into.replaceChildren(...edit.original);
      edit.original = isSet ? [...into.childNodes] : undefined;
    }
    edit.nodes = [];
    edit.value = value;
    if (isSet) {
      into.replaceChildren();
      setHtml(element, made);
      edit.nodes = [...into.childNodes];
    } else if (html) {
      edit.nodes = [...inert.childNodes].map((node) => into.ownerDocument.importNode(node, true));
      into.append(...edit.nodes);
    }
  },
  // What is in the element came with the page.
  adopt: (edit, mutations) => {
    const { element } = edit;
    const isSet = isReplaced(mutations);
    const html = appended(fromLastSet(mutations));
    const kept = element.querySelector(':scope > template[data-pz-was]');
    kept?.remove();
    kept && silence(kept.content);
    const now = htmlOf(element);
    if (isSet ? now === normal(html) : now.endsWith(normal(html))) {
      const all = [...element.childNodes];
      const count = inert.childNodes.length;
      edit.nodes = isSet ? all : count ? all.slice(-count) : [];
      edit.original = !isSet ? undefined : kept ? [...kept.content.childNodes] : unknown;
      edit.value = `${isSet} ${html}`;
      // A text is one with that before it.
      const [first] = edit.nodes;
      const before = !isSet && first?.nodeType === 3 ? first.data.length - (inert.firstChild?.nodeValue?.length ?? 0) : 0;
      if (before > 0) {
        edit.nodes[0] = first.splitText(before);
      }
    }
  },
};
const classKind = valueKind({
  read: (element) => element.getAttribute('class') ?? '',
  put: (element, text) => text ? element.setAttribute('class', text) : element.removeAttribute('class'),
  make: (mutations, text) => {
    const list = new Set(words(text === unknown ? '' : text));
    mutations.forEach(({ attribute, action, value }) => {
      if (attribute === 'className') {
        const made = action === 'remove' ? '' : action === 'set' ? value : [...list].join(' ') + value;
        list.clear();
        words(made).forEach((word) => list.add(word));
      } else if (action === 'remove') {
        list.delete(value);
      } else {
        action === 'set' && list.clear();
        value && list.add(value);
      }
    });
    return [...list].join(' ');
  },
  before: (mutations, text, make) => {
    if (isReplaced(mutations)) {
      return make(mutations, '') === text ? unknown : undefined;
    }
    let from = text;
    [...mutations].reverse().forEach(({ attribute, action, value }) => {
      if (action === 'append') {
        from = attribute !== 'className' ? words(from).filter((word) => !words(value).includes(word)).join(' ')
          : from.endsWith(value) ? without(from, value) : from;
      }
    });
    return [from, text].find((one) => make(mutations, one) === text);
  },
});
// Some can run something.
const trusted = (element, name, text) => {
  const type = trustedTypes?.getAttributeType?.(element.localName, name, element.namespaceURI);
  return type ? ofPolicy(type.replace('Trusted', ''), text) : text;
};
const attributeKind = (name) => valueKind({
  read: (element) => element.getAttribute(name),
  put: (element, text) => text === null ? element.removeAttribute(name) : element.setAttribute(name, trusted(element, name, text)),
  make: (mutations, text) => {
    let made = text === unknown ? null : text;
    mutations.forEach(({ action, value }) => {
      made = action === 'append' ? (made ?? '') + value : action === 'set' ? value : null;
    });
    return made;
  },
  before: (mutations, text, make) => {
    if (isReplaced(mutations)) {
      return text === make(mutations, null) ? unknown : undefined;
    }
    const end = appended(mutations);
    return text?.endsWith(end) ? without(text, end) : undefined;
  },
});
const positionKind = valueKind({
  read: ({ parentNode, nextElementSibling }) => ({ parent: parentNode, next: nextElementSibling }),
  put: (element, { parent, next }) => {
    const fits = element.isConnected && parent?.isConnected && !element.contains(parent) && (!next || next.parentNode === parent);
    fits && next !== element && parent.insertBefore(element, next);
  },
  make: (mutations, place) => {
    let made = place;
    mutations.forEach(({ parentSelector, insertBeforeSelector }) => {
      const parent = all(parentSelector)[0];
      const next = insertBeforeSelector ? all(insertBeforeSelector)[0] : null;
      made = parent && (next || (!insertBeforeSelector && hasEnded(parent))) ? { parent, next } : made;
    });
    return made;
  },
  before: () => undefined,
});
const kindOf = (name) => name === 'html' ? htmlKind : name === 'class' ? classKind : name === 'position' ? positionKind : attributeKind(name);
const nameOf = ({ attribute }) => attribute === 'className' ? 'class' : attribute;

// The element that has told of them.
let teller;
/** @type {Changes[]} */
let changes = [];
/** @type {Mutation[]} */
let mutations = [];
// Of elements as long as there are any: a script may take one out of the page and put it back.
/** @type {WeakMap<any, Map<string, Edit>>} */
const edits = new WeakMap();
/** @type {Set<WeakRef<Edit>>} */
const known = new Set();
const unused = new FinalizationRegistry((ref) => known.delete(/** @type {WeakRef<Edit>} */ (ref)));
/** @type {(then: (edit: Edit) => void) => void} */
const eachEdit = (then) => known.forEach((ref) => {
  const edit = ref.deref();
  edit && then(edit);
});
// What mutations have come to match; and what they move.
/** @type {Map<Mutation, WeakSet<any>>} */
const found = new Map();
/** @type {Map<Mutation, Edit>} */
const moved = new Map();

// `streamed`: those of its mutations that the element shows already.
/** @type {(edit: Edit, streamed?: Mutation[]) => void} */
const write = (edit, streamed = []) => {
  const kind = kindOf(edit.kind);
  try {
    streamed.length && kind.adopt(edit, streamed);
    kind.apply(edit);
  } catch {
    edit.left = -Infinity; // The page's policy forbids it.
  }
};
// Whoever undoes it again and again is left alone: it is made again fifty times, and ten times a second in the long run.
const isDue = (edit) => {
  const now = performance.now();
  edit.left = Math.min(50, edit.left + (now - edit.at) / 100);
  edit.at = now;
  return edit.left >= 1 && edit.left--;
};
// Somebody else has written there.
const keep = (edit) => {
  const kind = kindOf(edit.kind);
  if (!kind.holds(edit) && isDue(edit)) {
    edit.original = kind.now(edit);
    write(edit);
  }
};
const watch = (edit) => {
  edit.observer ??= new MutationObserver(() => keep(edit));
  const { kind, element } = edit;
  edit.observer.observe(kind === 'position' ? element.parentNode : kind === 'html' ? inside(element) : element, kind === 'html' || kind === 'position'
    ? { childList: true } : { attributes: true, attributeFilter: [kind] });
};
const forget = (edit) => {
  edit.observer?.disconnect();
  edits.get(edit.element)?.delete(edit.kind);
};
/** @returns {Edit} */
const editOf = (element, kind) => {
  edits.has(element) || edits.set(element, new Map());
  const ofElement = /** @type {Map<string, Edit>} */ (edits.get(element));
  if (!ofElement.has(kind)) {
    const edit = { element, kind, mutations: [], original: undefined, value: undefined, nodes: [], left: 50, at: 0 };
    const ref = new WeakRef(edit);
    ofElement.set(kind, edit);
    known.add(ref);
    unused.register(edit, ref);
  }
  return /** @type {Edit} */ (ofElement.get(kind));
};

const leave = (edit, gone) => {
  const rest = edit.mutations.filter((mutation) => !gone.has(mutation));
  if (rest.length < edit.mutations.length) {
    edit.mutations = rest;
    write(edit);
    rest.length || forget(edit);
  }
};

// What the server moves can come behind others that match.
/** @type {(mutation: Mutation) => string} */
const markOf = ({ moves }) => moves === undefined ? '' : `[data-pz-moved="${moves}"]`;
// What such a selector matches is known when all is there that it looks at: where its last part alone does so,
// what is in the element's parent.
const looksAhead = (selector) => /:(last|only|nth-last|empty|has|not)/.test(selector);
const isKnown = (selector, element) => {
  const last = selector.split(/[\s>+~,]+(?![^(]*\))/).pop();
  return !looksAhead(selector.slice(0, -last.length)) && hasEnded(element.parentNode);
};
// Finds what has come to match.
const refresh = () => {
  const isLoading = ofDocument('readyState') === 'loading';
  /** @type {Set<Edit>} */
  const begun = new Set();
  let isAnyEarly = false;
  mutations.forEach((mutation) => {
    const kind = nameOf(mutation);
    const isPosition = kind === 'position';
    // What those before it match is looked for where the page has it.
    const waits = isPosition && isAnyEarly;
    const mayBeEarly = isLoading && looksAhead(mutation.selector);
    isAnyEarly ||= mayBeEarly;
    const marked = all(markOf(mutation)).slice(0, 1);
    const last = moved.get(mutation);
    if (last?.element.isConnected && [last.element, ...marked].pop() === last.element) {
      return;
    }
    last && marked.length && leave(last, new Set([mutation]));
    if (waits && !marked.length) {
      return;
    }
    const matches = marked.length ? marked : all(mutation.selector);
    (isPosition ? matches.slice(0, 1) : matches).forEach((element) => {
      // What is in an element that has not ended is not all that comes.
      const isEarly = (mayBeEarly && !isKnown(mutation.selector, element)) || (isLoading && kind === 'html' && !hasEnded(element));
      if (isEarly || found.get(mutation)?.has(element)) {
        return;
      }
      const edit = editOf(element, kind);
      edit.mutations.push(mutation);
      begun.add(edit);
      found.has(mutation) || found.set(mutation, new WeakSet());
      found.get(mutation)?.add(element);
      isPosition && moved.set(mutation, edit);
    });
  });
  begun.forEach((edit) => {
    edit.mutations.sort((a, b) => mutations.indexOf(a) - mutations.indexOf(b));
    if (edit.observer) {
      write(edit);
    } else {
      edit.original = kindOf(edit.kind).now(edit);
      write(edit, edit.mutations.filter(({ streamed }) => streamed));
    }
    watch(edit);
  });
  moved.forEach((edit) => {
    if (edit.element.isConnected) {
      keep(edit);
      // Places that were not there yet.
      isSame(positionKind.make(edit.mutations, edit.value), edit.value) || (isDue(edit) && write(edit));
      watch(edit);
    }
  });
};

const undo = (gone) => eachEdit((edit) => leave(edit, gone));
const elementsOf = ({ experiment }, tag) => all(`${tag}[data-pz-visual="${CSS.escape(experiment)}"]`);
const add = (tag, { experiment }, text) => {
  const element = document.createElement(tag);
  element.setAttribute('data-pz-visual', experiment);
  element.nonce = nonce;
  element.textContent = tag === 'script' ? ofPolicy('Script', text) : text;
  ofDocument('head')?.append(element);
};
const keyOf = ({ experiment, change, variation }) => `${experiment}\n${change}\n${variation}`;

/** @type {(told: Changes[], isInPage?: boolean) => void} */
const take = (told, isInPage) => {
  const has = (list, one) => list.some((other) => keyOf(other) === keyOf(one));
  const gone = changes.filter((one) => !has(told, one));
  const come = told.filter((one) => !has(changes, one));
  changes = [...changes.filter((one) => has(told, one)), ...come];
  mutations = changes.flatMap((one) => one.mutations);
  undo(new Set(gone.flatMap((one) => one.mutations)));
  gone.forEach((one) => {
    elementsOf(one, '*').forEach((element) => element.remove());
    one.mutations.forEach((mutation) => {
      found.delete(mutation);
      moved.delete(mutation);
    });
  });
  come.forEach((one) => {
    one.left = 20;
    if (isInPage) {
      one.sheets = [...teller.parentNode.children].filter((element) => element.matches(`style[data-pz-visual="${CSS.escape(one.experiment)}"]`));
    }
    // Whoever swaps what is in the body has left out the head of the page.
    ['style', 'script'].forEach((tag) => {
      const text = tag === 'style' ? one.css : one.js;
      text && !isInPage && !elementsOf(one, tag).length && add(tag, one, text);
    });
  });
  refresh();
};
// Style sheets come back where a framework renders the document anew.
const keepSheets = () => changes.forEach((one) => {
  const sheets = elementsOf(one, 'style');
  if (sheets.length) {
    one.sheets = sheets;
  } else if (one.sheets && one.left && one.left-- > 0) {
    ofDocument('head')?.append(...one.sheets);
  }
});

// What the browser has changed is shown: each rule of the style sheet hides what one mutation is about.
const show = () => all('style[data-pz-visual=""]').forEach((style) => {
  const rules = [...style.sheet?.cssRules ?? []];
  const isOf = (text, one) => markOf(one) ? text.includes(markOf(one)) : one.selector === text;
  rules.forEach((rule, i) => rule.selectorText && mutations.some((one) => !one.streamed && isOf(rule.selectorText, one) && found.has(one)) &&
    style.sheet.deleteRule([...style.sheet.cssRules].indexOf(rules[i])));
  ofDocument('readyState') === 'loading' || style.remove();
});
const here = () => location.pathname + location.search;
const tellers = 'script#pz-visual';
const hear = (element) => {
  teller = element;
  try {
    take(JSON.parse(element.textContent), true);
  } catch {
    // Somebody else's element.
  }
};
// Turbo and htmx put the body of another page, or what is in it, in the place of this one: without personalize_state
// nobody tells of changes that are not in its head.
/** @type {{path: string, body?: any, inside: any[]}} */
let page = { path: here(), inside: [] };
const look = () => {
  const path = here();
  const body = ofDocument('body');
  const isAnew = body !== page.body || !page.inside.some((node) => node.isConnected);
  const newest = all(tellers).pop();
  const isTold = newest && newest !== teller;
  if (isTold) {
    hear(newest);
  } else if (isAnew && path !== page.path && !(/** @type {any} */ (window)).pz?.decisions) {
    take([]);
  }
  if (isTold || isAnew || ofDocument('readyState') === 'loading') {
    page = { path, body, inside: [...body?.children ?? []] };
  }
};
const settle = () => {
  look();
  refresh();
  keepSheets();
  show();
};

const mark = Symbol.for('pz-visual');
if (!(mark in document)) {
  Object.defineProperty(document, mark, { value: true });
  // A framework can be faster, and throw away the head that this script came with.
  const { previousElementSibling } = script;
  previousElementSibling?.matches(tellers) && hear(previousElementSibling);
  settle();
  new MutationObserver(settle).observe(document, { subtree: true, childList: true });
  document.addEventListener('readystatechange', settle);
  const { visual } = /** @type {any} */ (window).pz?.decisions ?? {};
  visual && take(visual, Boolean(teller));
  document.addEventListener('pz:decisions', (event) => take(/** @type {any} */ (event).detail.visual ?? []));
}
