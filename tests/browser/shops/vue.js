// The same in Vue. An element without children keeps what the server has put into it.
import { createSSRApp, h, onMounted, ref } from 'vue';

const shell = '<!doctype html><html lang="en"><head><title>Shop</title><script src="/vue.js" defer></script></head>';

export const make = (item) => createSSRApp({
  setup() {
    const shown = ref(item);
    onMounted(() => {
      addEventListener('popstate', () => { shown.value = Number(location.pathname.split('/')[2]); });
      document.documentElement.dataset.hydrated = '';
    });
    const go = (event) => {
      event.preventDefault();
      shown.value = 3 - shown.value;
      history.pushState(null, '', `/vue/${shown.value}`);
    };
    return () => h('main', [
      h('h1', `Item ${shown.value}`),
      h('div', { 'key': shown.value, 'data-pz-slot': 'recs', 'data-allow-mismatch': 'children' }),
      h('a', { href: `/vue/${3 - shown.value}`, onClick: go }, 'The other'),
    ]);
  },
});

export const page = (html) => `${shell}<body><div id="app">${html}</div></body></html>`;
