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

// Asks the server for the code, once. Gives whether there is an answer.
/** @type {(root: Element) => Promise<boolean>} */
const claim = (root) => of(root).claim_ ??= (async () => {
  const part = (name) => findInside(root, name);
  const button = part('[data-pz-claim-now]');
  const failed = part('.pz-claim-failed');
  turn(failed, false);
  let status = 0;
  let gift = {};
  try {
    const answer = await ask('claim', { method: 'POST', body: new URLSearchParams([['t', told(root, 'claim')]]) });
    gift = await answer.json();
    status = answer.status;
  } catch {
    // Nobody answers, or not in JSON.
  }
  if (status !== 200 && status !== 410) {
    of(root).claim_ = null;
    turn(failed, true);
    return false;
  }
  const hadFocus = hasFocus(button);
  turn(button, false);
  turn(part('.pz-claim-gone'), status === 410);
  // A prize may be that there is none.
  setText(part('.pz-prize'), gift.text ?? '');
  if (gift.code) {
    const code = part('.pz-code');
    setText(code, gift.code);
    turn(code, true);
    hadFocus && part('[data-pz-copy]')?.focus();
    take(root);
    // The server has counted it.
    isNoted(root) && note('claim', nameOf(root));
    emit('pz:claim', { campaign: nameOf(root) });
  }
  return true;
})();
