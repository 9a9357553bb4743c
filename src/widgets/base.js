// Shared by all widgets. They are custom elements: each starts to work when the parser reaches it,
// anywhere in the page, however late.
// Nothing happens the second time if the page contains the script more than once.
if (window.pzLoaded) {
  return;
}
window.pzLoaded = true;

const define = (name, element) => customElements.get(name) || customElements.define(name, element);
