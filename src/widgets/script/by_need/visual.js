// @ts-check
// Makes the visual changes of GrowthBook's experiments that could not be made while the page was on its way,
// and keeps to all of them where a framework works on the page, as GrowthBook's dom-mutator does.
//   <script type="application/json" id="pz-visual">   the changes of this page
//   <style data-pz-visual="">                          hides what is changed here, until it is
// - What the server has made already is found in the page as it is, and not made again.
// - When a script has put another page in the place of this one, handover.js asks the server for the changes
//   of that page and tells of them (pz:decisions): those that are not among them are undone.

/** @typedef {{selector: string, attribute: string, action: string, value: string, parentSelector?: string, insertBeforeSelector?: string, streamed?: number}} Mutation */
/** @typedef {{experiment: string, change: string, variation: number, css?: string, js?: string, mutations: Mutation[]}} Changes */
/** @typedef {{element: any, kind: string, mutations: Mutation[], original: any, value: any, nodes: any[], left: number, observer?: MutationObserver}} Edit */

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
const { nonce } = ofDocument('currentScript');

// A policy of the page may let only those that it knows make HTML and scripts.
let policy;
const ofPolicy = (kind, text) => {
  policy ??= /** @type {any} */ (window).trustedTypes?.createPolicy('pz-visual', { createHTML: (html) => html, createScript: (script) => script }) ?? {};
  return policy[kind]?.(text) ?? text;
};
const htmlOf = (element) => element.innerHTML; // eslint-disable-line no-restricted-properties
const setHtml = (element, html) => {
  element.innerHTML = ofPolicy('createHTML', html); // eslint-disable-line no-restricted-properties
};
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
const isReplaced = (mutations) => mutations.some(({ action }) => action !== 'append');

// One kind of change: how a value is read and written, what mutations make of it, and what it was before
// those that it shows already. (undefined: it does not show them; null: that is not known.)
const textKind = (read, put, same) => ({
  read,
  put,
  make: (mutations, text) => {
    let made = text;
    mutations.forEach(({ action, value }) => {
      made = action === 'append' ? (made ?? '') + value : action === 'set' ? value : null;
    });
    return made === null ? null : same(made);
  },
  before: (mutations, text, make) => {
    if (isReplaced(mutations)) {
      return text === make(mutations, '') ? null : undefined;
    }
    const end = same(appended(mutations));
    return text?.endsWith(end) ? without(text, end) : undefined;
  },
});
// Nodes that are appended leave those before them alone, with what the page's scripts know of them.
const htmlKind = {
  ...textKind(htmlOf, (element, html, edit) => {
    const isAppended = !isReplaced(edit.mutations) && edit.mutations.length;
    edit.nodes.forEach((node) => node.remove());
    // (A text can have become one with that before it.)
    const rest = isAppended ? edit.original : html;
    htmlOf(element) === rest || setHtml(element, rest);
    edit.nodes = isAppended ? [] : [...element.childNodes];
    if (isAppended) {
      normal(appended(edit.mutations));
      edit.nodes = [...inert.childNodes].map((node) => document.importNode(node, true));
      element.append(...edit.nodes);
    }
  }, normal),
  // What is in the element came with the page.
  adopt: ({ childNodes }, mutations) => {
    const nodes = [...childNodes];
    if (isReplaced(mutations)) {
      return nodes;
    }
    normal(appended(mutations));
    return nodes.slice(Math.max(0, nodes.length - inert.childNodes.length));
  },
  // Scripts may do what they like with the nodes, as long as they stay.
  holds: ({ nodes, element }) => nodes.length ? nodes.every((node) => node.parentNode === element) : !element.hasChildNodes(),
};
const classKind = {
  read: (element) => element.getAttribute('class') ?? '',
  put: (element, text) => text ? element.setAttribute('class', text) : element.removeAttribute('class'),
  make: (mutations, text) => {
    const list = new Set(words(text ?? ''));
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
    if (mutations.some(({ attribute, action }) => action === 'set' || (action === 'remove' && attribute === 'className'))) {
      return make(mutations, '') === text ? null : undefined;
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
};
const attributeKind = (name) => textKind(
  (element) => element.getAttribute(name),
  (element, text) => text === null ? element.removeAttribute(name) : element.setAttribute(name, text),
  (text) => text);
const positionKind = {
  read: ({ parentNode, nextElementSibling }) => ({ parent: parentNode, next: nextElementSibling }),
  put: (element, { parent, next }) => {
    const fits = parent?.isConnected && !element.contains(parent) && (!next || next.parentNode === parent);
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
};
const kindOf = (name) => name === 'html' ? htmlKind : name === 'class' ? classKind : name === 'position' ? positionKind : attributeKind(name);
const nameOf = ({ attribute }) => attribute === 'className' ? 'class' : attribute;
const isSame = (a, b) => a === b || (a && b && a.parent && a.parent === b.parent && a.next === b.next);

/** @type {Changes[]} */
let changes = [];
/** @type {Mutation[]} */
let mutations = [];
/** @type {Map<any, Map<string, Edit>>} */
const edits = new Map();

const write = (edit) => {
  const kind = kindOf(edit.kind);
  edit.value = kind.make(edit.mutations, edit.original);
  if (!isSame(edit.value, kind.read(edit.element))) {
    kind.put(edit.element, edit.value, edit);
    edit.value = kind.read(edit.element);
  }
};
// Somebody else has written there. Whoever does so again and again is left alone.
const keep = (edit) => {
  const kind = kindOf(edit.kind);
  const now = kind.read(edit.element);
  const holds = kind.holds ? kind.holds(edit) : isSame(now, edit.value);
  if (!holds && edit.left-- > 0) {
    edit.original = now;
    write(edit);
  }
};
const forget = (edit) => {
  edit.observer?.disconnect();
  edits.get(edit.element)?.delete(edit.kind);
  edits.get(edit.element)?.size || edits.delete(edit.element);
};
const watch = (edit) => {
  edit.observer ??= new MutationObserver(() => keep(edit));
  const { kind, element } = edit;
  edit.observer.observe(kind === 'position' ? element.parentNode : element, kind === 'html'
    ? { childList: true, subtree: true, attributes: true, characterData: true }
    : kind === 'position' ? { childList: true } : { attributes: true, attributeFilter: [kind] });
};
/** @returns {Edit} */
const editOf = (element, kind) => {
  edits.has(element) || edits.set(element, new Map());
  const ofElement = /** @type {Map<string, Edit>} */ (edits.get(element));
  ofElement.has(kind) || ofElement.set(kind, { element, kind, mutations: [], original: undefined, value: undefined, nodes: [], left: 50 });
  return /** @type {Edit} */ (ofElement.get(kind));
};

// What such a selector matches is known when all is there that it looks at: where its last part alone does so,
// what is in the element's parent.
const looksAhead = (selector) => /:(last|only|nth-last|empty|has|not)/.test(selector);
const isKnown = (selector, element) => {
  if (ofDocument('readyState') !== 'loading' || !looksAhead(selector)) {
    return true;
  }
  const last = selector.split(/[\s>+~,]+(?![^(]*\))/).pop();
  return !looksAhead(selector.slice(0, -last.length)) && hasEnded(element.parentNode);
};
const isDone = (mutation) => nameOf(mutation) === 'position' && [...edits.values()].some((kinds) => kinds.get('position')?.mutations.includes(mutation));
// Finds what has come to match, and lets go what is no longer in the page.
const refresh = () => {
  edits.forEach((kinds, element) => element.isConnected || kinds.forEach(forget));
  /** @type {Set<Edit>} */
  const begun = new Set();
  mutations.forEach((mutation) => {
    const kind = nameOf(mutation);
    if (isDone(mutation)) {
      return;
    }
    const found = all(mutation.selector).filter((element) => isKnown(mutation.selector, element));
    (kind === 'position' ? found.slice(0, 1) : found).forEach((element) => {
      const edit = editOf(element, kind);
      if (!edit.mutations.includes(mutation)) {
        edit.mutations.push(mutation);
        begun.add(edit);
      }
    });
  });
  begun.forEach((edit) => {
    const kind = kindOf(edit.kind);
    edit.mutations.sort((a, b) => mutations.indexOf(a) - mutations.indexOf(b));
    if (!edit.observer) {
      const now = kind.read(edit.element);
      const made = edit.mutations.filter(({ streamed }) => streamed);
      const before = made.length ? kind.before(made, now, kind.make) : undefined;
      edit.original = before === undefined ? now : before;
      edit.nodes = before === undefined ? [] : kind.adopt?.(edit.element, made) ?? [];
    }
    write(edit);
    watch(edit);
  });
  // Places that were not there yet.
  edits.forEach((kinds) => {
    const edit = kinds.get('position');
    edit && edit.left > 0 && !isSame(kindOf('position').make(edit.mutations, edit.value), edit.value) && (edit.left--, write(edit));
  });
};

const undo = (gone) => [...edits.values()].forEach((kinds) => [...kinds.values()].forEach((edit) => {
  const rest = edit.mutations.filter((mutation) => !gone.includes(mutation));
  if (rest.length === edit.mutations.length) {
    return;
  }
  edit.mutations = rest;
  if (rest.length || edit.original !== null) {
    write(edit);
  }
  rest.length || forget(edit);
}));
const elementsOf = ({ experiment }) => all(`[data-pz-visual="${CSS.escape(experiment)}"]`);
const add = (tag, { experiment }, text) => {
  const element = document.createElement(tag);
  element.setAttribute('data-pz-visual', experiment);
  element.nonce = nonce;
  element.textContent = tag === 'script' ? ofPolicy('createScript', text) : text;
  ofDocument('head')?.append(element);
};
const keyOf = ({ experiment, change, variation }) => `${experiment}\n${change}\n${variation}`;

/** @type {(told: Changes[], isInPage: boolean) => void} */
const take = (told, isInPage) => {
  const has = (list, one) => list.some((other) => keyOf(other) === keyOf(one));
  const gone = changes.filter((one) => !has(told, one));
  const come = told.filter((one) => !has(changes, one));
  changes = [...changes.filter((one) => has(told, one)), ...come];
  mutations = changes.flatMap((one) => one.mutations);
  undo(gone.flatMap((one) => one.mutations));
  gone.forEach((one) => elementsOf(one).forEach((element) => element.remove()));
  come.forEach((one) => {
    if (!isInPage && !elementsOf(one).length) {
      one.css && add('style', one, one.css);
      one.js && add('script', one, one.js);
    }
  });
  refresh();
};

// What the browser has changed is shown: each rule of the style sheet hides what one mutation is about.
const isMade = (mutation) => [...edits.values()].some((kinds) => [...kinds.values()].some((edit) =>
  edit.mutations.includes(mutation) && isSame(edit.value, kindOf(edit.kind).make(edit.mutations, edit.original))));
const show = () => all('style[data-pz-visual=""]').forEach((style) => {
  const rules = [...style.sheet?.cssRules ?? []];
  rules.forEach((rule, i) => rule.selectorText && mutations.some((one) => !one.streamed && one.selector === rule.selectorText && isMade(one)) &&
    style.sheet.deleteRule([...style.sheet.cssRules].indexOf(rules[i])));
  ofDocument('readyState') === 'loading' || style.remove();
});
const settle = () => {
  refresh();
  show();
};

const mark = Symbol.for('pz-visual');
if (!(mark in document)) {
  Object.defineProperty(document, mark, { value: true });
  const said = all('script#pz-visual').pop();
  try {
    said && take(JSON.parse(said.textContent), true);
  } catch {
    // Somebody else's element.
  }
  settle();
  new MutationObserver(settle).observe(ofDocument('documentElement'), { subtree: true, childList: true });
  document.addEventListener('readystatechange', settle);
  const { pz } = /** @type {any} */ (window);
  const { visual } = pz?.decisions ?? {};
  visual && take(visual, Boolean(said));
  document.addEventListener('pz:decisions', (event) => take(/** @type {any} */ (event).detail.visual ?? [], false));
}
