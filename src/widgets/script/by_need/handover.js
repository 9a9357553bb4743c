// @ts-check
// Keeps to what the server has decided where a framework works on the page, too (personalize_state).
//   <script type="application/json" id="pz-state">   what was decided: window.pz.decisions
//   data-pz-slot="NAME"                              on an element: the slot's place
//   decisions.places                                 where selectors place slots: {NAME: [[SELECTOR, PLACEMENT], …]},
//                                                    or with 'all' behind these at all matches
//   decisions.elements                               slots whose elements differ (handover/elements.js)
// - A slot whose content a framework throws away, as when it hydrates, gets it back when the page has come
//   to rest. One that is thrown away twice is left alone, and an event pz:lost tells of it.
// - When a script has put another page in the place of this one, the server is asked for the slots of that
//   page (ENDPOINT/slots), and for those that appear later. Where that page has come with a state of its
//   own, as by Turbo or htmx, it is the server's already; one that was fetched like data the server is
//   told of.
// On the document, pz:decisions tells when there are new ones.

// HTML that users write can name an element like a member of the document (base.js).
const ofDocument = (name) => Object.getOwnPropertyDescriptor(Document.prototype, name)?.get?.call(document);
/** @type {(selector: string, inside?: any) => any[]} */
const all = (selector, inside) => [...(inside ? inside.querySelectorAll(selector) : Document.prototype.querySelectorAll.call(document, selector))];
const { src: server, nonce } = ofDocument('currentScript');
/** @type {(name: string, detail: any) => unknown} */
const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const here = () => location.pathname + location.search;

/** @typedef {{campaign: string, html: string, most?: number}} Content */
/** @typedef {[target: any, placement: string]} Spot */
/** @type {{slots: Record<string, Content>, places?: Record<string, [selector: string, placement: string, all?: string][]>, [member: string]: any}} */
let decisions = { slots: {} };
// The element that told of them.
let teller;
// What stands in a slot, how often it was put back, and what of the page's own had to make way.
// (`isMarked`: an element or a comment says which slot it is; `hasSpot`: a selector does. The end of the body can be found,
// too. `instead`: it has replaced an element that is not there any more.)
/** @typedef {{nodes: any[], isMarked: boolean, hasSpot: boolean, instead: boolean, returns: number, isTold: boolean, hidden: (() => void)[]}} Place */
/** @type {Map<string, Place>} */
let places = new Map();
// Of slots at all matches of their selectors, and of those that know their element: what stands at each, and how often
// content may be put there. (`loose`: the server's, in the place of elements that are not there any more.)
/** @typedef {{nodes: any[], returns: number, hidden: (() => void)[], told: Told}} Copy */
/** @typedef {{by: Map<string, Told[]>, names: string[], spots: () => Spot[], copies: Map<any, Copy>, loose: {node: any, told: Told}[], left: number, isTold: boolean}} Crowd */
/** @type {Map<string, Crowd>} */
let crowds = new Map();
// The slots that the server knows to be in this page: it has filled them, or they keep their default.
/** @type {Set<string>} */
let known = new Set();
let address = here();
let asked = 0;

const elementOf = (name) => all(`[data-pz-slot="${CSS.escape(name)}"]`)[0];
// A slot may be marked by comments: <!--pz:NAME-->Default<!--/pz-->.
const commentOf = (name) => {
  const walker = document.createTreeWalker(ofDocument('documentElement'), NodeFilter.SHOW_COMMENT);
  let comment;
  do {
    comment = /** @type {Comment | null} */ (walker.nextNode());
  } while (comment && comment.data !== `pz:${name}`);
  return comment;
};
const markOf = (name) => elementOf(name) ?? commentOf(name);
// Whether the page's own content of a slot is unknown, and with it how many elements there were.
const isRange = (node) => {
  const place = node.nodeType === 8 && /^pz:/.test(node.data) && places.get(node.data.slice(3));
  return place && place.nodes.length && !place.hidden.length;
};
const isBehind = (node, accepts) => {
  for (let other = node.previousSibling; other; other = other.previousSibling) {
    if (accepts(other)) {
      return true;
    }
  }
  return node.parentElement ? isBehind(node.parentElement, accepts) : false;
};
// The matches in the page as its server has made it: what stands in slots does not match, and is not
// counted. (What has replaced an element stands for that.) None where that cannot be told.
const matchesOf = (selector) => {
  const nodes = [...[...places.values()].flatMap((place) => place.nodes.slice(place.instead ? 1 : 0)),
    ...[...crowds.values()].flatMap(({ copies, loose }) => [...loose.map(({ node }) => node), ...[...copies.values()].flatMap((copy) => copy.nodes)])];
  const own = nodes.filter((node) => node.nodeType === 1 && node.isConnected);
  const isShifted = (node) => node.nextElementSibling && !node.parentElement.matches('[data-pz-slot]');
  if (/[+]|-of-type/.test(selector.replace(/:nth-child\([^()]*\)/g, '')) && own.some(isShifted)) {
    return [];
  }
  own.forEach((node) => node.setAttribute('data-pz-own', ''));
  try {
    return all(selector
      .replaceAll(':first-child', ':nth-child(1)')
      .replace(/:nth-child\(([^()]*)\)/g, (whole, number) => (/ of /.test(number) ? whole : `:nth-child(${number} of :not([data-pz-own]))`)))
      .filter((element) => !element.closest('[data-pz-own]'));
  } catch {
    return []; // A browser that does not know all of it.
  } finally {
    own.forEach((node) => node.removeAttribute('data-pz-own'));
  }
};
const isCertain = (selector, element) => !(/:nth-|:first-/.test(selector) && isBehind(element, isRange));
const firstOf = (selector) => {
  const [found] = matchesOf(selector);
  return found && isCertain(selector, found) ? found : undefined;
};
// Where selectors place a slot: at the first of their matches.
/** @returns {Spot | undefined} */
const spotOf = (name) => (decisions.places?.[name] ?? [])
  .filter(([, , everywhere]) => !everywhere)
  .map(([selector, placement]) => /** @type {Spot} */ ([firstOf(selector), placement]))
  .filter(([target]) => target)
  .sort(([a], [b]) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_PRECEDING ? 1 : -1))[0];
// Where they place one that stands at all of them.
/** @returns {Spot[]} */
const spotsOf = (name) => (decisions.places?.[name] ?? []).flatMap(([selector, placement, everywhere]) =>
  everywhere ? matchesOf(selector).filter((element) => isCertain(selector, element)).map((element) => /** @type {Spot} */ ([element, placement])) : []);
const targetOf = (name) => markOf(name) ?? spotOf(name)?.[0] ?? (/^body-/.test(name) ? ofDocument('body') : null);
const namesInPage = () => [
  ...all('[data-pz-slot]').map((element) => element.getAttribute('data-pz-slot')).filter(Boolean),
  ...Object.keys(decisions.places ?? {}).filter((name) => spotOf(name) ?? spotsOf(name)[0])];

const publish = () => {
  const scope = /** @type {any} */ (window);
  (scope.pz ??= []).decisions = decisions;
  // A page can be the first with visual changes.
  if (decisions.visual?.length && !all('script[src*="/visual.js?"]')[0]) {
    const script = document.createElement('script');
    script.src = `${new URL('visual.js', server)}?`;
    script.nonce = nonce;
    ofDocument('head')?.append(script);
  }
};

// A policy of the page may let only those that it knows make HTML.
let policy;
const parse = (html) => {
  policy ??= /** @type {any} */ (window).trustedTypes?.createPolicy('pz', { createHTML: (text) => text }) ?? { createHTML: (text) => text };
  const template = document.createElement('template');
  template.innerHTML = policy.createHTML(html); // eslint-disable-line no-restricted-properties
  return template.content;
};

// Makes nodes of HTML. Style sheets and scripts that the page has are left out, and scripts that it has not
// are made anew, since those of parsed HTML do not run. `isNew`: they have not run in the page yet.
const build = (html, isNew) => {
  const content = parse(html);
  const has = (tag, name) => all(`${tag}[${name}]`).map((other) => other[name]);
  all('link[rel=stylesheet]', content).forEach((link) => has('link', 'href').includes(link.href) && link.remove());
  all('script', content).forEach((script) => {
    const isThere = script.src ? has('script', 'src').includes(script.src) : !isNew;
    if (isThere || (script.type && !/javascript|module/.test(script.type))) {
      isThere && script.remove();
      return;
    }
    const made = document.createElement('script');
    [...script.attributes].forEach(({ name, value }) => made.setAttribute(name, value));
    made.text = script.text;
    made.nonce = nonce;
    made.async = false;
    // The runtime script makes window.pz anew.
    made.addEventListener('load', publish);
    script.replaceWith(made);
  });
  return [...content.childNodes];
};

// What stands in a slot now; null where nothing marks it.
const inside = (name) => {
  const element = elementOf(name);
  const comment = element ? null : commentOf(name);
  const nodes = [];
  for (let node = comment?.nextSibling; node && node.nodeValue !== '/pz'; node = node.nextSibling) {
    nodes.push(node);
  }
  return element ? [...element.childNodes] : comment && nodes;
};
// What of the nodes from one on is like what is expected there.
const runFrom = (first, expected, isLike) => {
  const nodes = [];
  for (let node = first; node && nodes.length < expected.length; node = node.nextSibling) {
    nodes.push(node);
  }
  return nodes.length === expected.length && nodes.every((node, i) => isLike(node, expected[i])) ? nodes : [];
};
const isEqual = (node, other) => node.isEqualNode(other);
const isAlike = (node, other) => isEqual(node, other) || (node.nodeType === 1 && node.nodeName === other.nodeName);
const step = (node, count, to) => (node && count > 0 ? step(node[to], count - 1, to) : node);
// Finds what the server has put at a spot, or anywhere.
const findAtSpot = (spot, marked, wanted, expected) => {
  const at = expected.findIndex((node) => node.nodeType === 1 && (node.matches(wanted) || node.querySelector(wanted)));
  if (marked[0] && at >= 0) {
    let depth = 0;
    for (let node = expected[at].matches(wanted) ? expected[at] : expected[at].querySelector(wanted); node !== expected[at]; node = node.parentNode) {
      depth++;
    }
    const run = runFrom(step(step(marked[0], depth, 'parentNode'), at, 'previousSibling'), expected, isAlike);
    return run.length ? run : marked;
  }
  const [target, placement] = spot ?? [];
  const first = {
    before: () => step(target, expected.length, 'previousSibling'),
    after: () => target.nextSibling,
    prepend: () => target.firstChild,
    append: () => step(target.lastChild, expected.length - 1, 'previousSibling'),
  }[placement ?? ''];
  return first ? runFrom(first(), expected, isEqual) : [];
};
// Finds what the server has put into a slot.
const find = (name, { campaign, html }) => {
  const spot = markOf(name) ? undefined : spotOf(name);
  const nodes = spot?.[1] === 'inner' ? [...spot[0].childNodes] : inside(name);
  const wanted = `[data-pz-campaign="${CSS.escape(campaign)}"]`;
  const marked = all(wanted);
  const expected = [...parse(html).childNodes];
  if (!nodes) {
    return findAtSpot(spot, marked, wanted, expected);
  }
  const isSame = nodes.length === expected.length && nodes.every((node, i) => isEqual(node, expected[i]));
  return isSame || marked.some((element) => nodes.some((node) => node.contains(element))) ? nodes : [];
};
// Whether it would be found.
const canTell = (name, place) => place.isMarked || place.nodes.length || /data-pz-campaign/.test(decisions.slots[name].html);
const isElement = (node) => node.nodeType === 1;
const isAsset = (node) => /^(LINK|SCRIPT|STYLE)$/.test(node.nodeName);
// What React renders a document anew around is no sign: style sheets and scripts stay.
const isThere = ({ nodes }) => nodes.some((node) => node.isConnected && node.nodeType === 1 && !isAsset(node)) ||
  (nodes.length && nodes.every((node) => node.isConnected));

// Makes room in a slot. A framework may come back to its nodes, so that they stay where they are.
const hide = (nodes) => nodes.map((node) => {
  if (node.style) {
    const { style } = node;
    const before = style.getPropertyValue('display');
    const priority = style.getPropertyPriority('display');
    style.setProperty('display', 'none', 'important');
    return () => style.setProperty('display', before, priority);
  }
  const text = node.nodeValue;
  node.nodeValue = '';
  return () => {
    node.nodeValue = text;
  };
});
const insert = ([target, placement], nodes) =>
  target[placement === 'inner' ? 'prepend' : placement === 'replace' ? 'before' : placement](...nodes);
const put = (name, place) => {
  const [target, placement] = (markOf(name) ? undefined : spotOf(name)) ?? [];
  const others = placement === 'inner' ? [...target.childNodes] : placement === 'replace' ? [target] : inside(name);
  place.hidden = hide(others?.filter((node) => !place.nodes.includes(node)) ?? []);
  place.instead = false;
  const mark = markOf(name);
  const body = ofDocument('body');
  if (mark) {
    mark.nodeType === 1 ? mark.prepend(...place.nodes) : mark.after(...place.nodes);
  } else if (placement) {
    insert([target, placement], place.nodes);
  } else {
    name === 'body-start' ? body.prepend(...place.nodes) : body.append(...place.nodes);
  }
};
const takeAway = (place) => {
  place.nodes.forEach((node) => node.remove());
  place.hidden.forEach((show) => show());
};

// Style sheets and scripts come with the first copy alone.
const copyAt = ([target, placement], expected, isLike) => {
  const isBefore = placement === 'before' || placement === 'append';
  const to = isBefore ? 'previousSibling' : 'nextSibling';
  const nodes = [];
  let node = { before: target.previousSibling, after: target.nextSibling, append: target.lastChild, replace: null }[placement];
  for (node = node === undefined ? target.firstChild : node; node && nodes.length < expected.length; node = node[to]) {
    isAsset(node) || nodes.push(node);
  }
  isBefore && nodes.reverse();
  return nodes.length === expected.length && nodes.every((one, i) => isLike(one, expected[i])) ? nodes : [];
};
/** @type {(at: Told[], spots: () => Spot[]) => Crowd} */
const emptyCrowd = (at, spots) => ({ ...byData(at), spots, copies: new Map(), loose: [], left: 1000, isTold: false });
// Takes the copies that a page came with. `late`: those that were put there now.
/** @type {(at: Told[], places: any[], spots: () => Spot[], late: Late[]) => Crowd} */
const crowdOf = (at, ofSelectors, spots, late) => {
  const crowd = emptyCrowd(at, spots);
  const { copies } = crowd;
  late.forEach(({ target, nodes, hidden, told }) => target
    ? copies.set(target, { nodes, returns: 0, hidden, told }) : crowd.loose.push({ node: nodes.find(isElement) ?? nodes[0], told }));
  const ours = (told) => {
    const wanted = `[data-pz-campaign="${CSS.escape(told.campaign)}"]`;
    const expected = [...parse(told.html).childNodes].filter((node) => !isAsset(node));
    const isOfCampaign = (node) => node.nodeType === 1 && Boolean(node.matches(wanted) || node.querySelector(wanted));
    const isLike = (node, other) => isEqual(node, other) || (node.nodeName === other.nodeName && isOfCampaign(node) && isOfCampaign(other));
    return { wanted, expected, isOfCampaign, isLike };
  };
  const known = new Map(at.map((told) => [told, ours(told)]));
  spots().forEach((spot) => copies.has(spot[0]) || toldOf(crowd, spot[0]).some((told) => {
    const { expected, isLike } = /** @type {ReturnType<typeof ours>} */ (known.get(told));
    const nodes = copyAt(spot, expected, isLike);
    nodes.length && copies.set(spot[0], { nodes, returns: 0, hidden: [], told });
    return nodes.length;
  }));
  const taken = new Set([...[...copies.values()].flatMap(({ nodes }) => nodes), ...crowd.loose.map(({ node }) => node)]);
  known.forEach(({ wanted, expected, isOfCampaign }, told) => {
    const [first] = expected;
    if (expected.length === 1 && isOfCampaign(first) && ofSelectors.every(([, placement]) => placement === 'replace')) {
      all(wanted).filter((node) => (told.data ? isEqual(node, first) : node.matches(first.nodeName)) && !taken.has(node)).forEach((node) => {
        taken.add(node);
        crowd.loose.push({ node, told });
      });
    }
  });
  // As many as there are; where it bears the name of its campaign, as many as there were.
  at.forEach((told) => {
    const isHis = (one) => one.told === told;
    if (told.times === undefined || !/data-pz-campaign/.test(told.html)) {
      told.times = [...copies.values()].filter(isHis).length + crowd.loose.filter(isHis).length;
      told.late = undefined;
    }
  });
  crowd.left = 3 * sumOf(at);
  return crowd;
};
const clear = ({ copies, loose }) => {
  copies.forEach(({ nodes, hidden }) => {
    nodes.forEach((node) => node.remove());
    hidden.forEach((show) => show());
  });
  loose.forEach(({ node }) => node.remove());
};
// Puts copies where they are missing: in the order of the page, as many as there were.
const complete = (name, crowd) => {
  const isHere = (node) => node.isConnected;
  crowd.copies.forEach(({ nodes }, target) => target.isConnected || nodes.some(isHere) || crowd.copies.delete(target));
  const count = new Map();
  const note = ({ told }) => count.set(told, (count.get(told) ?? 0) + 1);
  const spots = crowd.spots();
  /** @type {(spot: Spot) => boolean} */
  const lacks = ([target]) => !(crowd.copies.get(target)?.nodes ?? []).some(isHere);
  crowd.loose.filter(({ node }) => isHere(node)).forEach(note);
  spots.filter((spot) => !lacks(spot)).forEach(([target]) => note(crowd.copies.get(target)));
  spots.filter(lacks).forEach(([target, placement]) => {
    const before = crowd.copies.get(target);
    const told = [...before ? [before.told] : toldOf(crowd, target)].find((one) => (count.get(one) ?? 0) < timesOf(one));
    if (!told || crowd.isTold) {
      return;
    }
    if (before?.returns || crowd.left <= 0) {
      lose(name, crowd, told.campaign);
      return;
    }
    const nodes = before?.nodes ?? build(told.html, false);
    const others = placement === 'inner' ? [...target.childNodes] : placement === 'replace' ? [target] : [];
    crowd.copies.set(target, { nodes, returns: before ? 1 : 0, hidden: hide(others), told });
    insert([target, placement], nodes);
    crowd.left--;
    note({ told });
  });
};

/** @returns {Place} */
const placeOf = (name, nodes) => {
  const isMarked = Boolean(markOf(name));
  const spots = decisions.places?.[name] ?? [];
  const instead = !isMarked && nodes.length > 0 && spots.length > 0 && spots.every(([, placement]) => placement === 'replace');
  return { nodes, isMarked, hasSpot: spots.length > 0, instead, returns: 0, isTold: false, hidden: [] };
};

const isEverywhere = (name) => (decisions.places?.[name] ?? []).some(([, , everywhere]) => everywhere);

// What a page came with that was not taken yet.
const newState = () => {
  const newest = all('script#pz-state').pop();
  return newest === teller ? undefined : newest;
};
const adoptCrowd = (name, { campaign, html }, late) => {
  const told = { campaign, html };
  return crowdOf([told], decisions.places?.[name] ?? [], () => spotsOf(name), late.map((one) => ({ ...one, told })));
};
const adoptPlace = (name, content, late) => {
  const place = placeOf(name, late?.nodes ?? find(name, content));
  places.set(name, place);
  if (late) {
    place.instead = false;
    place.hidden = late.hidden;
    late.isPut || (targetOf(name) && put(name, place));
  }
};
const adoptElements = (name, told, late) => {
  if (isAttribute(told.at[0])) {
    setLate(told);
    attributes.set(name, seriesOf(told));
    return;
  }
  crowds.set(name, crowdOf(told.at, told.places, () => spotsAt(name, told), late));
};

// Takes what a page came with.
const adopt = (element) => {
  teller = element;
  try {
    decisions = JSON.parse(element.textContent);
  } catch {
    return; // Somebody else's element.
  }
  places = new Map();
  crowds = new Map();
  attributes = new Map();
  const late = takeLate();
  Object.entries(decisions.slots).forEach(([name, content]) => {
    const mine = late.filter((one) => one.name === name);
    isEverywhere(name) && !markOf(name) ? crowds.set(name, adoptCrowd(name, content, mine)) : adoptPlace(name, content, mine[0]);
  });
  Object.entries(decisions.elements ?? {}).forEach(([name, told]) => adoptElements(name, told, late.filter((one) => one.name === name)));
  known = new Set([...places.keys(), ...crowds.keys(), ...namesInPage()]);
  address = here();
  asked = 0;
  publish();
  say('pz:decisions', decisions);
};

const lose = (name, place, campaign = decisions.slots[name]?.campaign) => {
  place.isTold = true;
  const detail = { slot: name, campaign };
  console.warn('personalize: a script has thrown away the content of a slot, again', detail);
  say('pz:lost', detail);
};
const restoreOne = (place, name) => {
  if (isThere(place) || place.isTold || !canTell(name, place)) {
    return;
  }
  if (place.returns) {
    lose(name, place);
    return;
  }
  if (!targetOf(name)) {
    // A page may have no such slot any more, or not yet.
    place.isMarked || place.hasSpot || !place.nodes.length || lose(name, place);
    return;
  }
  place.returns++;
  place.nodes = place.nodes.length ? place.nodes : build(decisions.slots[name].html, false);
  put(name, place);
};
const restore = () => {
  places.forEach(restoreOne);
  crowds.forEach((crowd, name) => complete(name, crowd));
  attributes.forEach((series, name) => completeAttributes(name, series));
};

// Fills slots as the server tells.
const fill = (names, told) => names.forEach((name) => {
  const content = told[name];
  const place = places.get(name);
  const before = decisions.slots[name];
  if (place && content && before?.html === content.html && isThere(place)) {
    return;
  }
  place && takeAway(place);
  places.delete(name);
  const crowd = crowds.get(name);
  if (crowd && content && before?.html === content.html) {
    toldIn(crowd).forEach((told) => {
      told.times = content.most ?? 1000;
    });
    crowd.left = 1000;
    return;
  }
  crowd && clear(crowd);
  crowds.delete(name);
  if (content && spotsOf(name)[0]) {
    crowds.set(name, emptyCrowd([{ ...content, times: content.most ?? 1000 }], () => spotsOf(name)));
  } else if (content && (elementOf(name) ?? spotOf(name))) {
    const made = placeOf(name, build(content.html, true));
    put(name, made);
    places.set(name, made);
  }
});

// Where the page may have slots that are as the server has made them. It passes over those that no campaign fills.
const namesInHtml = () => {
  const walker = document.createTreeWalker(ofDocument('documentElement'), NodeFilter.SHOW_COMMENT);
  const names = ['head-end', 'body-start', 'body-end', ...Object.keys(decisions.slots), ...namesInPage()];
  while (walker.nextNode()) {
    names.push(...(/^pz:(.+)$/.exec(/** @type {Comment} */ (walker.currentNode).data)?.slice(1) ?? []));
  }
  return names;
};
// Asks the server for slots. `cameFrom`: the visitor has come to the page, from that one. `others` stay as they are, and
// count.
/** @type {(names: string[], cameFrom?: string, others?: string[]) => Promise<void>} */
const ask = async (names, cameFrom, others = []) => {
  const path = here();
  names.forEach((name) => known.add(name));
  if (++asked > 20) {
    return;
  }
  const asksFor = [...new Set([...names, ...others])];
  const words = [['path', path], ['count', cameFrom ? 'view' : 'exposure'],
    ...(asksFor.length ? asksFor : ['']).slice(0, 32).map((name) => ['slot', name])];
  try {
    // A browser that asks for a page names the one before: it may be the first of the visit.
    const answer = await fetch(new URL(`slots?${new URLSearchParams(words)}`, server), {
      headers: { Accept: 'application/json' }, referrer: cameFrom && location.origin + cameFrom, signal: AbortSignal.timeout?.(3000) });
    const told = answer.ok && await answer.json();
    // (A page that has been put here meanwhile, with a state of its own, has its slots.)
    if (told && here() === path && !newState()) {
      fill(names, told.slots);
      const staying = Object.entries(decisions.slots).filter(([name]) => !names.includes(name) && (places.has(name) || crowds.has(name)));
      decisions = { ...decisions, visual: [], ...told, slots: { ...told.slots, ...Object.fromEntries(staying) } };
      crowds.forEach((crowd, name) => names.includes(name) && complete(name, crowd));
      publish();
      say('pz:decisions', decisions);
      rest(); // It may have told of other places.
    }
  } catch {
    // Nobody answers: the page stays as it is.
  }
};

// Something has changed, and the page has come to rest.
const settle = () => {
  if (ofDocument('readyState') !== 'complete' || all('html[aria-busy=true], html[data-turbo-preview]')[0]) {
    rest();
    return;
  }
  const newest = newState();
  const before = address;
  const isView = here() !== before;
  if (newest) {
    adopt(newest);
  }
  const isElsewhere = here() !== address;
  if (isElsewhere) {
    address = here();
    asked = 0;
    known = new Set();
    places.forEach((place, name) => {
      place.returns = 0;
      place.isTold = false;
      place.isMarked || place.hasSpot || isThere(place) || places.delete(name);
    });
    // What is at elements only a page tells.
    attributes = new Map();
    Object.keys(decisions.elements ?? {}).forEach((name) => elementOf(name) ?? crowds.delete(name));
    decisions = { ...decisions, elements: undefined };
    crowds.forEach((crowd) => {
      crowd.left = 3 * sumOf(toldIn(crowd));
      crowd.isTold = false;
      crowd.copies.forEach((copy) => {
        copy.returns = 0;
      });
    });
  }
  restore();
  const names = [...new Set(namesInPage())].filter((name) => !known.has(name));
  const isCounted = !isView || (!isElsewhere && decisions.counted !== false);
  if (names.length || !isCounted) {
    ask(names, isCounted ? undefined : before, isCounted || isElsewhere ? [] : namesInHtml());
  }
};
// Waits for 100 ms without a change, or for a second of changes.
let first = 0;
let timer;
const rest = () => {
  const now = performance.now();
  first ||= now;
  clearTimeout(timer);
  timer = setTimeout(() => {
    first = 0;
    settle();
  }, Math.max(0, Math.min(100, first + 1000 - now)));
};

const state = newState();
if (state) {
  adopt(state);
}
new MutationObserver(rest).observe(document, { subtree: true, childList: true });
addEventListener('load', rest);
addEventListener('popstate', rest);
const { navigation } = /** @type {any} */ (window);
if (navigation) {
  navigation.addEventListener('currententrychange', rest);
} else {
  setInterval(() => here() !== address && rest(), 250);
}
rest();
