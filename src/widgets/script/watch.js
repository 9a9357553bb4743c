// @ts-check
// Takes notice of what is in the document, and of what enters it later: by the parser, by Turbo, htmx or
// scripts.
//   data-pz-campaign="NAME"      an impression, when it comes into view
//   data-pz-conversion="NAME…"   the page is a conversion, without a name of all campaigns; so is an
//                                event pz:conversion on the document, with a name as its detail
//   data-pz-view="TICKET"        on the script: the page was prefetched. It was not counted yet, and is
//                                when it is looked at (include/personalize/signals/view_ticket.h)
const tags = 'script[data-pz-state], script[data-pz-no-cookie], script[data-pz-view]';
const notable = `[data-pz-campaign], [data-pz-conversion], ${tags}`;

// Campaigns' elements of which an impression was reported. That is when half of one, or as much of it as
// fills half of the screen, has been in view for a second.
const views = new IntersectionObserver((entries) => {
  entries.forEach(({ target, intersectionRatio, intersectionRect }) => {
    if (intersectionRatio >= 0.5 || intersectionRect.height * 2 >= innerHeight) {
      of(target).timer_ ??= setTimeout(() => see(target), 1000);
    } else {
      forget(target);
    }
  });
}, { threshold: [0, 0.1, 0.2, 0.5] });
const forget = (target) => {
  of(target).timer_ = clearTimeout(of(target).timer_);
};
// Begins to observe it, or does so once more.
const observe = (target) => {
  forget(target);
  views.unobserve(target);
  views.observe(target);
};
const see = (target) => {
  observe(target);
  if (isHidden()) {
    return;
  }
  views.unobserve(target);
  const element = campaignOf(target);
  of(element).shown_ = true;
  const items = findAll('[data-pz-item]', element);
  report('impression', element,
    [['list', items[0] && told(items[0], 'list')], ['items', items.map((item) => told(item, 'item')).join()]]);
};
// What of a campaign is to be seen: its dialog; what floats over the page leaves no room for its element.
const faceOf = (element) => dialogOf(element) ?? (element.offsetHeight
  ? element : findAll(':scope > *', element).find((child) => child.offsetHeight)) ?? element;

// What must not be shown is hidden; what the visitor is already looking at, only if they have closed
// it, or the like, elsewhere. Popups ask before they open.
const obey = (elements, isNew) => elements.forEach((element) => {
  const why = of(element).forbidden_;
  if (why === 'stopped' || (why && (isNew || !of(element).shown_))) {
    hide(element);
  }
});

const welcome = async (elements) => {
  elements.forEach((element) => (of(element).decided_ = toldState));
  const doubtful = elements.filter((element) => isOutdated(element) && !dialogOf(element));
  if (doubtful.length) {
    const shows = doubtful.map(hide);
    await askAgain();
    doubtful.forEach((element, i) => of(element).forbidden_ || shows[i]());
  }
  elements.forEach((element) => {
    observe(faceOf(element));
    watchTrigger(element);
    // On another page, or in another tab.
    historyOf(nameOf(element))?.[12] && mark(element, 'claimed');
    recall(element);
    dialogOf(element) || told(element, 'trigger') || autoHide(element);
  });
};

// What elements said when they were noticed: a script may make another campaign, or the script tag of
// another page, of one.
const saysNew = (element) => of(element).words_ !== (of(element).words_ = `${told(element, 'campaign')} ${told(element, 'state')}`);
const notice = (elements) => onceVisible(() => {
  // What Turbo shows from its cache until the page has come.
  if (find(document, 'html[data-turbo-preview]')) {
    return;
  }
  const all = elements.filter(saysNew);
  all.filter((element) => matches(element, tags)).forEach((tag) => {
    readTag(tag);
    const ticket = told(tag, 'view');
    // What stands in a frame is not the page that the visitor went to.
    if (ticket && self === top) {
      mark(tag, 'view', false);
      post([['v', ticket]]);
    }
  });
  all.forEach((element) => {
    const names = told(element, 'conversion');
    names?.split(' ').forEach((name) => tell('conversion', name, stores));
  });
  welcome(all.filter(nameOf));
});

// The visitor comes to the page again. `isNew`: by going back, so that it is shown once more.
const comeBack = async (isNew) => {
  const elements = findAll(counted).filter((element) => !dialogOf(element));
  if (elements.some(isOutdated)) {
    await askAgain();
  }
  obey(elements, isNew);
};
// A script has put another page in the place of this one: what is still there is seen in that one, too.
const seeAgain = async () => {
  await comeBack(true);
  findAll('[data-pz-campaign]').filter((element) => of(element).shown_ && !of(element).forbidden_)
    .forEach((element) => observe(faceOf(element)));
};

// Their buttons are to be seen where there is a script.
['popup', 'exit-popup', 'side-coupon', 'floating-icon', 'survey'].forEach((name) => define(`pz-${name}`, () => {}));
new MutationObserver((changes) => {
  const nodes = changes.flatMap(({ type, target, addedNodes }) => (type === 'attributes' ? target : [...addedNodes]));
  const found = nodes.filter((node) => node instanceof Element).flatMap((node) => [node, ...findAll(notable, node)]).filter((node) => matches(node, notable));
  if (found.length) {
    notice(found);
  }
}).observe(document, { subtree: true, childList: true, attributeFilter: ['data-pz-campaign', 'data-pz-state'] });
listen(document, 'prerenderingchange', look);
listen(document, 'visibilitychange', () => {
  if (isHidden()) {
    restore();
    send();
  } else {
    look();
    comeBack(false);
  }
});
if (script) {
  readPermission(script);
}
startEvents();
onceVisible(restore);
notice(findAll(notable));
listen(window, 'focus', () => comeBack(false));
listen(window, 'pageshow', ({ persisted }) => persisted && comeBack(true));
look();
