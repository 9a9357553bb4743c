// @ts-check
// What opens over the page: one at a time, those with the highest data-pz-priority first, and never where
// it would be in the way. Those that cannot open wait; one that only a moment has called for is dropped.
// Its element, and what has called for it.
/** @type {[element: any, words: string][]} */
const candidates = [];
let isOpening = false;
// When the last one was closed; the next one lets the visitor look at the page first.
let closedAt = 0;

// A field that a visitor writes in, chooses from or fills in from a list of the browser's; what is in a
// frame may be one.
const hasCaret = () => {
  let focused = page.activeElement(document);
  for (let inner = focused; inner; inner = inner.shadowRoot?.activeElement) {
    focused = inner;
  }
  return focused && matches(focused, ':read-write, select, iframe');
};
// Anybody's dialog, and what other libraries make in place of one.
const isBusy = () => isHidden() || hasCaret() ||
  findAll('dialog[open], [role$=dialog], [aria-modal=true]').some((dialog) =>
    dialog.checkVisibility?.({ visibilityProperty: true }) ?? dialog.offsetWidth);

// Who comes to a phone from a search engine wants to see the page first. Visitors have asked for what a
// button opens, or what they have just done.
const isReady = (words) => !isBusy() && (/click|event/.test(words) || (Date.now() - closedAt > 5000 && (
  /search/.test(words) || viewNumber > 1 ||
  !/^\w+:\/\/[^/]*(google|bing|duckduckgo|yahoo|yandex|ecosia|qwant|seznam)\./.test(page.referrer(document)) ||
  !matchMedia('(pointer: coarse) and (max-device-width: 599px)').matches)));

// Opens what may open, and returns whether something did.
const openNext = async () => {
  if (isOpening || !candidates[0]) {
    return false;
  }
  isOpening = true;
  let isOpen = false;
  for (const candidate of candidates.splice(0).sort(([a], [b]) => told(b, 'priority') - told(a, 'priority'))) {
    const [element, words] = candidate;
    if (!isOpen && isReady(words) && isConnected(element)) {
      // The answer may take a while.
      isOpen = await mayShow(element) && isReady(words) && openDialog(element);
    } else if (!/exit|back/.test(words)) {
      candidates.push(candidate);
    }
  }
  isOpening = false;
  return isOpen;
};

// Opens the dialog. In a parent that is not rendered, be it hidden or closed, nobody would see it, and
// in one without pointer events nobody could close it with a mouse; the page would be inert all the
// same: then it moves to the end of the body. False if that does not help.
const showDialog = (element, dialog) => {
  const isShown = () => {
    dialog.showModal();
    const isSeen = dialog.offsetWidth > 0 && dialog.checkVisibility?.() !== false &&
      getComputedStyle(dialog).pointerEvents !== 'none';
    isSeen || dialog.close();
    return isSeen;
  };
  if (isShown()) {
    return true;
  }
  page.body(document).append(element);
  return isShown();
};

// Of a campaign with `isTaken` the visitor has taken what it offers: closing it is no refusal.
const openDialog = (element) => {
  const dialog = dialogOf(element);
  turn(element, true);
  if (!showDialog(element, dialog)) {
    return false;
  }
  observe(dialog);
  autoHide(element);
  if (!of(dialog).ours_) {
    of(dialog).ours_ = true;
    listen(dialog, 'click', ({ target }) => {
      // The card fills the dialog: a click on the dialog itself is on the backdrop.
      if (target === dialog) {
        dialog.close();
      }
    });
    listen(dialog, 'close', () => {
      // (The event of an attempt in showDialog() comes late.)
      if (!dialog.open) {
        closedAt = Date.now();
        leaveQuestions();
        of(element).taken_ || report('dismiss', element);
      }
    });
  }
  return true;
};

// data-pz-auto-hide="MS": it closes by itself, which is no dismissal, unless the visitor is at it.
const autoHide = (element) => {
  let left = told(element, 'auto-hide');
  if (!left) {
    return;
  }
  const face = dialogOf(element);
  const timer = setInterval(() => {
    if (!isHidden() && !(face ? findInside(face, ':hover') : matches(element, ':hover')) && (left -= step) <= 0) {
      stop();
      of(element).taken_ = true;
      closeCampaign(element);
    }
  }, step);
  const stop = () => clearInterval(timer);
  ['keydown', 'pointerdown'].forEach((name) => listen(element, name, stop));
  face && listen(face, 'close', () => face.open || stop());
};
