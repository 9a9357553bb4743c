// Reports what visitors see, click and close of campaigns, be they widgets or fragments:
//   data-pz-campaign="NAME"      on the campaign's element
//   data-pz-uncounted            on the same element: nothing needs to be noted in the cookie
//   data-pz-click                a click on it counts; a click on a link counts without it
//   data-pz-dismiss              a click on it closes the campaign
let queue = [];
const post = (words) =>
  endpoint && navigator.sendBeacon?.(new URL('e', endpoint), new URLSearchParams(words));
const send = () => {
  if (queue.length) {
    post([['n', sequence], ['t', minute()], ...queue.splice(0, 32)]);
  }
};
// A late answer of the server to earlier events must not undo what was noted since.
const leave = () => {
  if (written && sequenceNow() < sequence) {
    cookie(written);
  }
  send();
};
listen(window, 'pagehide', leave);
listen(document, 'visibilitychange', () => isHidden(document) && leave());

const tell = (event, name, isNoted) => onceVisible(() => {
  // A preview is not a visit.
  if (find(document, '.pz-preview')) {
    return;
  }
  if (isNoted && stores) {
    note(event, name);
  }
  queue.push([event, name]);
  setTimeout(send, 100);
});
const report = (event, element) => nameOf(element) && tell(event, nameOf(element), matches(element, counted));

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
const dismiss = (element) => {
  report('dismiss', element);
  setAttribute(element, 'hidden', '');
  hide(element);
};

const campaignOf = (element) => closest(element, '[data-pz-campaign]');
listen(document, 'click', ({ target }) => {
  const element = target instanceof Element && campaignOf(target);
  if (!element) {
    return;
  }
  if (closest(target, '[data-pz-dismiss]')) {
    dismiss(element);
  } else if (closest(target, 'a[href], [data-pz-click]')) {
    report('click', element);
  }
});
