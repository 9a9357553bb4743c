// @ts-check
// When campaigns appear. On their element,
//   data-pz-trigger="exit_intent|delay=5000 scroll=50"
// has alternatives, and words all of which must have been true in this view of the page; times are in
// milliseconds. What waits opens over the page if it has a <dialog> (overlays.js), or loses `hidden`.
/** @typedef {[name: string, value: any, isTrue: boolean]} Word */
/** @type {{element_: any, words_: Word[], done_: boolean}[]} */
let watches = [];

// Of this view of the page, in which time runs as long as somebody looks at it.
const step = 250;
let viewNumber = 0;
let viewTime = 0;
let idleTime = 0;
// Of this tab. It is kept where the visitor has consented to that.
let session = [Date.now(), 0];

// What is true from some time on. The other words happen: `event` at any time, the rest in a moment, at
// which the others of the line must have been true.
/** @type {Record<string, (value: any) => boolean>} */
const lasting = {
  load: () => readyState(document) === 'complete',
  delay: (ms) => viewTime >= ms,
  session_time: (ms) => Date.now() - session[0] >= ms,
  idle: (ms) => idleTime >= ms,
  scroll: (percent) => {
    const { scrollHeight, clientHeight } = page.documentElement(document);
    const room = scrollHeight - clientHeight;
    // A page that cannot be scrolled has been seen. Others end between two pixels.
    return room <= 0 || ((scrollY + 1) / room) * 100 >= percent;
  },
  pages: (number) => Math.max(session[1], viewNumber) >= number,
  from_search: () => true,
};

// Looks which lines have come true, and opens what may open. A line comes true once in a view, one with
// something that happens each time that it does.
const judge = () => {
  watches = watches.filter(({ element_: element }) => isConnected(element));
  watches.forEach((line) => {
    const { element_: element, words_: words } = line;
    words.forEach((word) => {
      word[2] ||= lasting[word[0]]?.(word[1]);
    });
    const isTrue = !line.done_ && words.every((word) => word[2]);
    const happened = words.filter(([name]) => !lasting[name]);
    happened.forEach((word) => {
      word[2] &&= word[0] === 'event' && !isTrue;
    });
    if (isTrue) {
      line.done_ = !happened.length;
      if (dialogOf(element)) {
        const names = words.map(([name]) => name).join();
        const known = candidates.find(([other]) => other === element);
        if (known) {
          known[1] += names;
        } else if (!dialogOf(element).open) {
          candidates.push([element, names]);
        }
      } else {
        mayShow(element).then((may) => may && turn(element, true));
        autoHide(element);
      }
    }
  });
  return openNext();
};

// Makes words true that something makes true which has happened. Gives what judge() does if there are any.
/** @type {(name: string, test?: (value: string) => any) => Promise<boolean> | undefined} */
const happen = (name, test = () => true) => {
  const words = watches.flatMap((line) => line.words_).filter((word) => word[0] === name && test(word[1]) && (word[2] = true));
  return words[0] && judge();
};

const watchTrigger = (element) => {
  watches = watches.filter((line) => line.element_ !== element);
  told(element, 'trigger')?.split('|').forEach((line) => watches.push({
    element_: element,
    words_: line.split(' ').map((word) => {
      const [name, value = ''] = word.split('=');
      return [name, decodeURIComponent(value), false];
    }),
    done_: false,
  }));
};

// A page that a script has put in the place of another is one more. (Turbo changes the address before
// the page.)
let address = '';
const watchAddress = () => {
  const now = location.pathname + location.search;
  if (now === address || find(document, 'html[aria-busy=true]')) {
    return;
  }
  address = now;
  viewNumber++;
  viewTime = idleTime = 0;
  try {
    if (stores) {
      session = JSON.parse(sessionStorage.pz ?? null) ?? session;
      sessionStorage.pz = JSON.stringify([session[0], ++session[1]]);
    }
  } catch {
    // Nothing is kept here.
  }
  if (viewNumber > 1) {
    new Set(watches.map(({ element_: element }) => element)).forEach(watchTrigger);
    seeAgain();
  }
};

onceVisible(() => {
  watchAddress();
  setInterval(() => {
    if (!isHidden()) {
      viewTime += step;
      idleTime += step;
      quota = Math.min(100, quota + step / 1000);
      watchAddress();
      // Who has a phone and does nothing for so long is about to leave, too.
      if (idleTime === 45000 && matchMedia('(pointer: coarse)').matches) {
        happen('exit_intent');
      }
      judge();
    }
  }, step);
});
['pointermove', 'pointerdown', 'keydown', 'scroll'].forEach((name) => watch(name, () => {
  idleTime = 0;
}));
listen(document, 'click', ({ target }) => happen('click', (selector) => closest(target, selector)));
