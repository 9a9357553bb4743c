// @ts-check
// Reports what visitors see, click and close of campaigns, be they widgets or fragments:
//   data-pz-campaign="NAME"      on the campaign's element
//   data-pz-uncounted            on the same element: nothing needs to be noted in the cookie
//   data-pz-click                a click on it counts; a click on a link counts without it
//   data-pz-item="ID" data-pz-list="ID" data-pz-position="N"
//                                on a product: what was clicked, or seen with the campaign
//   data-pz-dismiss              a click on it closes the campaign; inside a product, the product alone
// Each is an event and what belongs to it, as pairs of names and values.
/** @typedef {any[][]} Words */
// What waits to be sent, as forms write it.
/** @type {string[]} */
const reports = [];
// What is sent outlives the page; and it is known when the answer has come.
/** @type {(words: string | Words) => void} */
const post = (words) => {
  if (endpoint) {
    ask('e', { method: 'POST', body: new URLSearchParams(words), keepalive: true }).then(restore, () => {});
  }
};
// The server takes 32 events and 4 KB at once.
const send = () => {
  while (reports[0]) {
    let body = `n=${sequence}&t=${minute()}`;
    let room = 32;
    do {
      body += reports.shift();
    } while (--room && body.length + reports[0]?.length < 4096);
    post(body);
  }
};
// How many conversions may still be told. The server takes 120 events at once, and one a second in the
// long run; a shop's script can push thousands.
let quota = 100;

/** @type {(event: string, name: string, notes: boolean, details?: Words) => unknown} */
const tell = (event, name, notes, details = []) => (event !== 'conversion' || (quota >= 1 && quota--)) && onceVisible(() => {
  // A preview is not a visit.
  if (find(document, '.pz-preview')) {
    return;
  }
  notes && note(event, name);
  // With what is too long for the server it would refuse the whole report.
  reports.push(`&${new URLSearchParams([[event, name], ...details.filter(([key, value]) => (value ?? '') !== '' &&
    new Blob([value]).size <= (/text|items/.test(key) ? 1024 : 128))])}`) === 1 && setTimeout(send, 100);
});
/** @type {(event: string, element: Element | null, details?: Words) => void} */
const report = (event, element, details = []) => {
  const campaign = element && nameOf(element);
  if (campaign) {
    // Whoever clicks or closes it has seen it, however soon.
    event === 'impression' || of(element).shown_ || see(faceOf(element));
    tell(event, campaign, isNoted(element), details);
    emit(`pz:${event}`, { campaign });
  }
};

// Hides an element, whatever the page's style says. Returns what shows it again.
const hide = (element) => {
  if (!(element instanceof HTMLElement)) {
    return () => {};
  }
  const style = styleOf(element);
  const before = style.display;
  style.setProperty('display', 'none', 'important');
  return () => {
    style.display = before;
  };
};
const closeCampaign = (element) => {
  const dialog = dialogOf(element);
  if (dialog?.open) {
    dialog.close();
  } else {
    turn(element, false);
    hide(element);
  }
};

listen(window, 'pagehide', () => {
  leaveQuestions();
  restore();
  send();
});
listen(document, 'click', ({ target }) => {
  const element = target instanceof Element && campaignOf(target);
  if (!element) {
    return;
  }
  const product = closest(target, '[data-pz-item]');
  const words = ['item', 'list', 'position'].map((name) => [name, product && told(product, name)]);
  if (closest(target, '[data-pz-dismiss]')) {
    if (product) {
      tell('dismiss', nameOf(element), false, words);
      hide(product);
    } else {
      // Of a dialog that closes, overlays.js tells.
      dialogOf(element)?.open || report('dismiss', element);
      closeCampaign(element);
    }
  }
  const button = closest(target, '[data-pz-copy]');
  button && copy(button);
  closest(target, '[data-pz-claim-now]') && claim(element);
  if (closest(target, 'a[href], [data-pz-click]')) {
    report('click', element, words);
  }
});
