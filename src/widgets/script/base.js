// @ts-check
// What all parts of the runtime script build on. scripts/bundle joins them inside one function: this one
// first, and watch.js, which sets everything going, after all but the widgets. Until then they only declare.

// HTML that a page's users write can name an element like a member of the document or of a form:
// <img name="cookie"> becomes document.cookie, <input name="closest"> becomes form.closest. So members
// of the document, and of elements that others have written, are taken from their prototypes. One that
// the browser does not know does nothing.
const descriptorOf = Object.getOwnPropertyDescriptor;
/** @type {(type: Function) => Record<string, (object: any, ...words: any[]) => any>} */
const membersOf = (type) => new Proxy({}, {
  get: (_, name) => {
    const { get, value } = descriptorOf(type.prototype, name) ?? {};
    return (object, ...words) => (get ?? value)?.apply(object, words);
  },
});
const { addEventListener: listen } = membersOf(EventTarget);
const { isConnected } = membersOf(Node);
const { style: styleOf } = membersOf(HTMLElement);
const page = membersOf(Document);
const { querySelector: find, querySelectorAll: all, readyState } = page;
const {
  querySelector: findInside, querySelectorAll: allInside, matches, closest,
  getAttribute: attribute, setAttribute, toggleAttribute,
} = membersOf(Element);
/** @type {(selector: string, element?: Element) => any[]} */
const findAll = (selector, element) => [...(element ? allInside(element, selector) : all(document, selector))];

const script = page.currentScript(document);
// The address of the script tells where the server listens; "" where the script stands in the page.
const endpoint = script?.src ?? '';

// Asks the server, for a while where the browser can end it.
/** @type {(path: string, options?: RequestInit) => Promise<Response>} */
const ask = (path, options) => fetch(new URL(path, endpoint), { signal: AbortSignal.timeout?.(3000), ...options });

// What the server says in attributes data-pz-NAME; null where it says nothing.
/** @type {(element: Element, name: string) => any} */
const told = (element, name) => attribute(element, `data-pz-${name}`);
const mark = (element, name, isSet = true) => toggleAttribute(element, `data-pz-${name}`, isSet);
const counted = '[data-pz-campaign]:not([data-pz-uncounted])';
/** @type {(element: Element) => string} */
const nameOf = (element) => told(element, 'campaign') ?? '';
const campaignOf = (element) => closest(element, '[data-pz-campaign]');
const dialogOf = (element) => findInside(element, 'dialog');

/** @type {(element: Element | null | undefined, isShown: boolean) => void} */
const turn = (element, isShown) => {
  element && toggleAttribute(element, 'hidden', !isShown);
};
const setText = (element, text) => {
  if (element) {
    element.textContent = text;
  }
};
const hasFocus = (element) => element && matches(element, ':focus-within');
// For what is no control, and takes the place of one that had the focus.
const moveFocus = (element) => {
  if (element) {
    element.tabIndex = -1;
    element.focus();
  }
};

// What the script has to remember of an element. (Members whose names end with _ are the script's own:
// scripts/bundle makes them short.)
const memory = Symbol('pz');
const of = (element) => element[memory] ??= {};

// What a custom element does: start(element) is called once for each that is in the document, whole.
/** @type {(name: string, start: (element: any) => void) => unknown} */
const define = (name, start) => customElements.define(name, class extends HTMLElement {
  connectedCallback() {
    const begin = async () => {
      try {
        await start(this);
      } catch {
        // Markup that lacks what belongs to it, or values that are none: it stays as it came.
      }
    };
    if (!of(this).begun_) {
      of(this).begun_ = true;
      // The parser may not have come to its end yet.
      readyState(document) === 'loading' ? listen(document, 'DOMContentLoaded', begin) : begin();
    }
  }
});

// A page may be prerendered, or opened in a tab behind, and never looked at. What is called here
// waits until somebody does.
const isHidden = () => page.hidden(document);
/** @type {(() => void)[] | null} */
let waiting = [];
/** @type {(then: () => void) => void} */
const onceVisible = (then) => {
  waiting ? waiting.push(then) : then();
};
const look = () => {
  if (waiting && !page.prerendering(document) && !isHidden()) {
    const ready = waiting;
    waiting = null;
    ready.forEach((then) => then());
  }
};
