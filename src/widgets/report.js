// Reports what visitors see, click and close of campaigns, be they widgets or fragments:
//   data-pz-campaign="NAME"      on the campaign's element
//   data-pz-uncounted            on the same element: nothing needs to be noted in the cookie
//   data-pz-click                a click on it counts; a click on a link counts without it
//   data-pz-dismiss              a click on it closes the campaign
let queue = [];
// What is sent outlives the page. Of fetch() it is known when the answer has come; browsers in which it
// does not outlive the page have the older way.
const post = (words) => {
  if (!endpoint) {
    return;
  }
  const [url, body] = [new URL('e', endpoint), new URLSearchParams(words)];
  if ('keepalive' in Request.prototype) {
    fetch(url, { method: 'POST', body, keepalive: true }).then(restore, () => {});
  } else {
    navigator.sendBeacon?.(url, body);
  }
};
const send = () => {
  if (queue.length) {
    post([['n', sequence], ['t', minute()], ...queue.splice(0, 32)]);
  }
};
const leave = () => {
  restore();
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
