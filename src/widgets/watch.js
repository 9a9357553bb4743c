// Takes notice of what is in the document, and of what enters it later: by the parser, by Turbo, htmx or
// scripts.
//   data-pz-campaign="NAME"      an impression, when it comes into view
//   data-pz-conversion="NAME…"   the page is a conversion, without a name of all campaigns; so is an
//                                event pz:conversion on the document, with a name as its detail
//   data-pz-view="TICKET"        on the script: the page was prefetched. It was not counted yet, and is
//                                when it is looked at (include/personalize/signals/view_ticket.h)
const tags = 'script[data-pz-state], script[data-pz-no-cookie], script[data-pz-view]';
const notable = `[data-pz-campaign], [data-pz-conversion], ${tags}`;

// Campaigns' elements of which an impression was reported.
const shown = new WeakSet();
const dialogOf = (element) => findInside(element, 'dialog');
const views = typeof IntersectionObserver === 'function' && new IntersectionObserver((entries) => {
  entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
    views.unobserve(target);
    const element = campaignOf(target);
    if (element) {
      shown.add(element);
      report('impression', element);
    }
  });
});

// What must not be shown is hidden; what the visitor is already looking at, only if they have closed
// it, or the like, elsewhere. Popups ask before they open.
const obey = (elements, isNew) => elements.forEach((element) => {
  const why = forbidden.get(element);
  if (why === 'stopped' || (why && (isNew || !shown.has(element)))) {
    hide(element);
  }
});

const welcome = async (elements) => {
  elements.forEach((element) => decided.set(element, toldState));
  const doubtful = elements.filter((element) => isOutdated(element) && !dialogOf(element));
  if (doubtful.length) {
    const shows = doubtful.map(hide);
    await ask();
    doubtful.forEach((element, i) => forbidden.get(element) || shows[i]());
  }
  elements.forEach((element) => views && views.observe(dialogOf(element) ?? element));
};

// What elements said when they were noticed: a script may make another campaign, or the script tag of
// another page, of one.
const noticed = new WeakMap();
const saysNew = (element) => {
  const words = ['data-pz-campaign', 'data-pz-state'].map((name) => attribute(element, name)).join();
  const isNew = noticed.get(element) !== words;
  noticed.set(element, words);
  return isNew;
};
const notice = (elements) => onceVisible(() => {
  // What Turbo shows from its cache until the page has come.
  if (find(document, 'html[data-turbo-preview]')) {
    return;
  }
  const all = elements.filter(saysNew);
  all.filter((element) => matches(element, tags)).forEach((tag) => {
    readTag(tag);
    const ticket = attribute(tag, 'data-pz-view');
    // What stands in a frame is not the page that the visitor went to.
    if (ticket && self === top) {
      removeAttribute(tag, 'data-pz-view');
      post([['v', ticket]]);
    }
  });
  all.forEach((element) => {
    const names = attribute(element, 'data-pz-conversion');
    names?.split(' ').forEach((name) => tell('conversion', name, true));
  });
  welcome(all.filter(nameOf));
});

const from = (node) => [node, ...findAllInside(node, notable)].filter((element) => matches(element, notable));
new MutationObserver((changes) => {
  const nodes = changes.flatMap(({ type, target, addedNodes }) => (type === 'attributes' ? target : [...addedNodes]));
  const found = nodes.filter((node) => node instanceof Element).flatMap(from);
  if (found.length) {
    notice(found);
  }
}).observe(document, { subtree: true, childList: true, attributeFilter: ['data-pz-campaign', 'data-pz-state'] });
notice(Array.from(findAll(document, notable)));
listen(document, 'pz:conversion', ({ detail }) => tell('conversion', String(detail || ''), true));

// The visitor comes to the page again. `isNew`: by going back, so that it is shown once more.
const comeBack = async (isNew) => {
  const elements = Array.from(findAll(document, counted)).filter((element) => !dialogOf(element));
  if (elements.some(isOutdated)) {
    await ask();
  }
  obey(elements, isNew);
};
listen(window, 'focus', () => comeBack(false));
listen(document, 'visibilitychange', () => isHidden(document) || comeBack(false));
listen(window, 'pageshow', ({ persisted }) => persisted && comeBack(true));
look();
