// Shared by all widgets. They are custom elements: each starts to work when the parser reaches it,
// anywhere in the page, however late.
// Nothing happens the second time if the page contains the script more than once. (An element called
// pzLoaded is not true.)
if (window.pzLoaded === true) {
  return;
}
window.pzLoaded = true;

// HTML that a page's users write can name an element like a member of the document or of a form:
// <img name="cookie"> becomes document.cookie, <input name="closest"> becomes form.closest. So members
// of the document, and of elements that others have written, are taken from their prototypes. One that
// the browser does not know does nothing.
const member = (type, name) => {
  const { get, value } = Object.getOwnPropertyDescriptor(type.prototype, name) ?? {};
  return (object, ...words) => Reflect.apply(get ?? value ?? (() => undefined), object, words);
};
const listen = member(EventTarget, 'addEventListener');
const find = member(Document, 'querySelector');
const findAll = member(Document, 'querySelectorAll');
const findInside = member(Element, 'querySelector');
const findAllInside = member(Element, 'querySelectorAll');
const matches = member(Element, 'matches');
const closest = member(Element, 'closest');
const attribute = member(Element, 'getAttribute');
const setAttribute = member(Element, 'setAttribute');
const removeAttribute = member(Element, 'removeAttribute');
const styleOf = member(HTMLElement, 'style');

const script = member(Document, 'currentScript')(document);
// The address of the script tells where the server listens; "" where the script stands in the page.
const endpoint = script instanceof HTMLScriptElement ? script.src : '';

const define = (name, element) => customElements.get(name) || customElements.define(name, element);

// A page may be prerendered, or opened in a tab behind, and never looked at. What is called here
// waits until somebody does.
const isPrerendering = member(Document, 'prerendering');
const isHidden = member(Document, 'hidden');
let waiting = [];
const onceVisible = (then) => (waiting ? waiting.push(then) : then());
const look = () => {
  if (waiting && !isPrerendering(document) && !isHidden(document)) {
    const ready = waiting;
    waiting = null;
    ready.forEach((then) => then());
  }
};
listen(document, 'prerenderingchange', look);
listen(document, 'visibilitychange', look);
