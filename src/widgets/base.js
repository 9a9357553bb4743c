// Shared by all widgets, which are custom elements: each begins to work when the parser reaches it,
// wherever it is put into the page, and however late.
// A page that brings the script itself, too, has it once.
if (window.pzLoaded) {
  return;
}
window.pzLoaded = true;

const define = (name, element) => customElements.get(name) || customElements.define(name, element);
