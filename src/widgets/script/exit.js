// @ts-check
// When a visitor is about to leave.
// (Browsers take what listens to touches of the document as passive.)
/** @type {(name: string, then: (event: any) => void) => void} */
const watch = (name, then) => listen(document, name, then, true);

// With a mouse: the pointer leaves upwards at the top edge and does not come back at once. Not so at the
// beginning, while a button is held, over a field or its list, out of a frame, or while the window is not
// the one in use: what the pointer is over then are the browser's own things.
let pointerTop = 0;
let leaving = 0;
const stay = () => clearTimeout(leaving);
watch('mousemove', ({ clientY }) => {
  stay();
  pointerTop = clientY;
});
watch('mouseout', ({ target, relatedTarget, clientY, buttons }) => {
  if (!relatedTarget && clientY <= 0 && clientY <= pointerTop && !buttons && viewTime >= 1000 &&
    page.hasFocus(document) && !hasCaret() && !matches(target, 'iframe')) {
    stay();
    leaving = setTimeout(() => happen('exit_intent'), 150);
  }
});

// With a finger: 400 px upwards within 300 ms by a visitor who was further down than one screen. A finger
// has to have done that: what a link to the top or a script scrolls, and the browser's own ways to the
// top, are none. The page follows a finger that moves down, or still rolls from its swing.
let lowest = 0;
let since = 0;
let from = 0;
let fingerTop = 0;
let follows = false;
let moved = 0;
watch('touchstart', ({ touches }) => {
  fingerTop = touches[0].clientY;
  follows = false;
});
watch('touchmove', ({ touches, timeStamp }) => {
  const y = touches[0].clientY;
  fingerTop = Math.min(fingerTop, y);
  // A finger that taps trembles.
  follows = y - fingerTop > 10;
  moved = timeStamp;
});
watch('scroll', ({ target, timeStamp: now }) => {
  if (target !== document) {
    return;
  }
  const y = scrollY;
  // What comes after a pause is no swing.
  follows &&= now - moved < 200;
  moved = now;
  if (!follows || y > from || now - since > 300) {
    since = now;
    from = y;
  } else if (from - y > 400 && lowest > innerHeight) {
    happen('exit_intent');
  }
  lowest = Math.max(lowest, y);
});

// `back`: the first thing that a visitor does puts an entry of this very page into the history, since
// browsers pass over one that nobody has acted on. Going back leads to the page's own entry; where
// nothing may be shown then, it goes on.
let home = '';
const { navigation } = /** @type {any} */ (window);
['click', 'keydown'].forEach((name) => watch(name, () => {
  if (!home && navigation?.currentEntry && watches.some(({ words_: words }) => words.some((word) => word[0] === 'back'))) {
    home = navigation.currentEntry.key;
    history.pushState(history.state, '');
  }
}));
listen(window, 'popstate', async () => {
  if (home && navigation.currentEntry.key === home) {
    home = '-';
    await happen('back') || history.back();
  }
});
