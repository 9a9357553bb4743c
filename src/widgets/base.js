// Shared by all widgets, which are custom elements: each begins to work when the parser reaches it,
// wherever it is put into the page, and however late.

// What a visitor did is remembered under the campaign's name. Storage may be switched off.
const remember = (storage, key, value) => {
  try {
    window[storage].setItem(key, value);
  } catch {}
};
const recall = (storage, key) => {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
};

const define = (name, element) => customElements.get(name) || customElements.define(name, element);
