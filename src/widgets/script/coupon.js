// @ts-check
// Coupons: a code that can be copied, and one that is not in the page before it is claimed.
//   [data-pz-copy] copies the .pz-code of its .pz-coupon; [data-pz-claim-now] claims it
//   data-pz-claim="TICKET"   on the campaign's element: what the server gives the code for
const copy = async (button) => {
  const box = closest(button, '.pz-coupon');
  const code = findInside(box, '.pz-code');
  try {
    await navigator.clipboard.writeText(code.textContent.trim());
  } catch {
    // No permission, or a page without TLS: as with the keyboard. What is selected can be copied by hand.
    getSelection()?.selectAllChildren(code);
    if (!document.execCommand('copy')) {
      return;
    }
  }
  const label = button.textContent;
  const done = told(button, 'done');
  const say = (text, spoken) => {
    setText(button, text);
    setText(findInside(box, '[role=status]'), spoken);
  };
  if (done && label !== done) {
    say(done, done);
    setTimeout(() => say(label, ''), 2500);
  }
  const root = campaignOf(button);
  // Of a code that was claimed the server has told.
  if (told(root, 'claim') === null && !of(root).taken_) {
    report('claim', root);
    take(root);
  }
};
const take = (root) => {
  of(root).taken_ = true;
  mark(root, 'claimed');
};

// Shows what the server has given.
const give = (root, { code, text, gone }) => {
  const part = (name) => findInside(root, name);
  const button = part('[data-pz-claim-now]');
  const hadFocus = hasFocus(button);
  turn(button, false);
  turn(part('.pz-claim-gone'), gone);
  // A prize may be that there is none.
  setText(part('.pz-prize'), text);
  if (code) {
    const place = part('.pz-code');
    setText(place, code);
    turn(place, true);
    hadFocus && part('[data-pz-copy]')?.focus();
    take(root);
  }
};

// Asks the server for the code, once. Gives whether there is an answer.
/** @type {(root: Element) => Promise<boolean>} */
const claim = (root) => of(root).claim_ ??= (async () => {
  const failed = findInside(root, '.pz-claim-failed');
  turn(failed, false);
  let status;
  let gift;
  try {
    const answer = await ask('claim', { method: 'POST', body: new URLSearchParams([['t', told(root, 'claim')]]) });
    gift = await answer.json();
    status = answer.status;
    if (status === 200) {
      // The server has counted it. (First of all: where there is no state, gifts are forgotten.)
      isNoted(root) && note('claim', nameOf(root));
      localStorage[placeOf(root)] = JSON.stringify({ ...gift, mark: markOf(root) });
    }
  } catch {
    // Nobody answers, or not in JSON; or nothing can be kept.
  }
  if (status !== 200 && status !== 410) {
    of(root).claim_ = null;
    turn(failed, true);
    return false;
  }
  give(root, gift);
  if (!gift.gone) {
    emit('pz:claim', { campaign: nameOf(root) });
  }
  return true;
})();

// What this browser was given is kept in its localStorage, and shown on the next page. It is one
// visitor's: a ticket ends with a mark that is the same as long as visitor and campaign are.
const placeOf = (root) => `pz:${nameOf(root)}`;
const markOf = (root) => told(root, 'claim').split('.')[1];
const recall = (root) => {
  try {
    const gift = JSON.parse(localStorage[placeOf(root)]);
    if (gift.mark && gift.mark === markOf(root) && !(gift.until < Date.now())) {
      of(root).claim_ = true;
      give(root, gift);
      mark(root, 'revealed');
    }
  } catch {
    // Nothing was claimed, or is kept.
  }
};
const forgetGifts = () => {
  try {
    Object.keys(localStorage).forEach((name) => /^pz:/.test(name) && localStorage.removeItem(name));
  } catch {
    // There is nothing.
  }
};
