// @ts-check
// Tells how long the page was in view and how far down it was scrolled, for session.visible_seconds and
// session.scroll: with each report what has come to it since the last one, so that the server only adds.
// Reports go when the page is left or covered, and just before: the next page is asked for at a click,
// earlier than this one is gone.

// HTML that users write can name an element like a member of the document (base.js).
const ofDocument = (name) => Object.getOwnPropertyDescriptor(Document.prototype, name)?.get?.call(document);
const server = ofDocument('currentScript').src;
const isInView = () => !ofDocument('hidden') && !ofDocument('prerendering');

// In milliseconds: since when it is in view (0: it is not), and what was not told yet.
let since = 0;
let seen = 0;
// In percent of what can be scrolled, of the page at this address: a script may put another in its place.
let depth = 0;
let depthTold = 0;
let address = '';

const clock = () => {
  const now = performance.now();
  seen += since && now - since;
  since = isInView() ? now : 0;
};
const tell = () => {
  clock();
  const seconds = Math.floor(seen / 1000);
  const scroll = Math.floor(depth) - depthTold;
  if ((seconds || scroll) && navigator.sendBeacon(new URL('e', server), new URLSearchParams(`visible=${seconds}&scroll=${scroll}`))) {
    seen -= seconds * 1000;
    depthTold += scroll;
  }
};
const measure = () => {
  const now = location.pathname + location.search;
  if (now !== address) {
    tell();
    address = now;
    depth = depthTold = 0;
  }
  const { scrollHeight, clientHeight } = ofDocument('documentElement');
  const room = scrollHeight - clientHeight;
  if (since) {
    // A page that cannot be scrolled has been seen. Others end between two pixels.
    depth = Math.max(depth, room > 0 ? Math.min(100, ((scrollY + 1) / room) * 100) : 100);
  }
};

/** @type {(names: string[], then: () => void) => void} */
const at = (names, then) => names.forEach((name) => addEventListener(name, then, { capture: true, passive: true }));
at(['pageshow', 'prerenderingchange'], () => {
  clock();
  measure();
});
at(['scroll'], measure);
at(['click', 'submit', 'visibilitychange', 'pagehide'], () => {
  measure();
  tell();
});
