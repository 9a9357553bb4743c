// @ts-check
// window.pz, by which the shop's scripts tell of events and hear of them:
//   pz.track('add_to_cart', {value: 12})     an event; GA4's are reported as conversions too
//   pz.on('add_to_cart', (data, name) => …)  of track(), of dataLayer, and the script's own pz:NAME
//   pz.set('cart_value', 62.5)               a value that widgets show
//   pz.push(['track', …], …)                 the same; also before the script is there: pz is a list then
// What is pushed to dataLayer with a name, by gtag() or as {event: NAME}, is an event like those of track().
/** @type {[string, Function][]} */
const handlers = [];
// What a handler throws is its own matter. One that tells of the same event again, as what passes events
// on to dataLayer does, does not hold up the page.
const emit = (name, data) => {
  handlers.forEach(([one, then]) => one === name && setTimeout(then, 0, data, name));
  happen('event', (value) => value === name);
};

// What widgets show of the cart (purchase-progress.js).
/** @type {(() => void)[]} */
const progresses = [];
// What is known of the cart, in place of what the page says; and whether the shop has said it.
let cart = NaN;
let isCartSet = false;
const setCart = (value) => {
  if (value >= 0) {
    cart = Number(value);
    progresses.forEach((update) => update());
  }
};
// GA4 tells what was put in or taken out, or what is in all. A shop that sets the value knows better.
const followCart = (name, { value }) => {
  const sign = { add_to_cart: 1, remove_from_cart: -1, view_cart: 0, begin_checkout: 0 }[name];
  if (sign !== undefined && !isCartSet) {
    setCart(sign ? Math.max(0, cart + sign * value) : value);
  }
};

const track = (name, data) => {
  data ??= {};
  const { value, currency, transaction_id: order, items } = data;
  if (/^(add_(payment_info|shipping_info|to_cart|to_wishlist)|begin_checkout|generate_lead|join_group|login|purchase|remove_from_cart|search|select_item|share|sign_up|tutorial_complete|view_(cart|item))$/.test(name)) {
    const ids = Array.isArray(items) ? items.map((item) => item?.item_id ?? item?.item_name).join() || '[]' : '';
    tell('conversion', '', stores && name === 'purchase', [['metric', name], ['value', isFinite(value) ? value : ''],
      ['currency', currency], ['order', order], ['items', ids]]);
  }
  emit(name, data);
};
const api = {
  track,
  on: (name, then) => {
    handlers.push([name, then]);
  },
  set: (name, value) => {
    if (name === 'cart_value') {
      isCartSet = true;
      setCart(value);
    }
  },
  // One that is not understood does not keep the others from being.
  push: (...calls) => calls.forEach((call) => {
    try {
      const [name, ...words] = call;
      api[name](...words);
    } catch {
      // Whatever it is, it is not ours.
    }
  }),
};

// An entry of dataLayer: {event: NAME, ecommerce: {…}}, or the arguments of gtag('event', NAME, {…}).
const readLayer = (entry) => {
  try {
    const isCall = entry[0] === 'event';
    const name = isCall ? entry[1] : entry.event;
    const data = (isCall ? entry[2] : entry.ecommerce) ?? {};
    if (name) {
      followCart(name, data);
      track(name, data);
    }
  } catch {
    // Whatever it is, it is not ours.
  }
};
listen(document, 'pz:set', ({ detail }) => Object.entries(detail ?? {}).forEach(([name, value]) => api.set(name, value)));
listen(document, 'pz:conversion', ({ detail }) => tell('conversion', String(detail || ''), stores));
const startEvents = () => {
  const scope = /** @type {any} */ (window);
  const early = scope.pz;
  scope.pz = api;
  if (Array.isArray(early)) {
    api.push(...early);
  }
  const layer = scope.dataLayer ??= [];
  if (Array.isArray(layer)) {
    const { push } = layer;
    layer.push = (...entries) => {
      entries.forEach(readLayer);
      return push.apply(layer, entries);
    };
    layer.forEach(readLayer);
  }
};
