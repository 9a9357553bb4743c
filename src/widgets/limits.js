// Caps and stops, where the visitor has seen or closed something since the server decided: in another
// tab, or before coming back to this page. data-pz-state="N" on the script tag is the sequence number of
// the cookie that the server went by. While the cookie has another one, the server is asked which
// campaigns may still be shown: ENDPOINT/may?c=NAME&c=NAME answers with those that may not, as
// {"NAME": "stopped"} or {"NAME": "capped"}.
const counted = '[data-pz-campaign]:not([data-pz-uncounted])';
const nameOf = (element) => attribute(element, 'data-pz-campaign');

// By element of a campaign: the state as of which it was decided that it may be shown, and what has
// forbidden it since.
const decided = new WeakMap();
const forbidden = new WeakMap();
// The state that the last script tag told; undefined where nothing depends on it.
let toldState;

// A page or a fragment that comes later has a script tag of its own.
const readTag = (tag) => {
  const state = attribute(tag, 'data-pz-state');
  toldState = state === null ? toldState : Number(state);
  readPermission(tag);
};

const isOutdated = (element) =>
  stores && matches(element, counted) && (decided.get(element) ?? sequenceNow()) !== sequenceNow();

// Asks about all campaigns of the page. Without an answer, nothing that was seen in this session or
// closed is shown again: rather too little than too much.
const ask = async () => {
  const elements = Array.from(findAll(document, counted));
  const names = [...new Set(elements.map(nameOf))].slice(0, 32);
  const asked = sequenceNow();
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), 1500);
  let refusals;
  try {
    const query = new URLSearchParams(names.map((name) => ['c', name]));
    const answer = await fetch(new URL(`may?${query}`, endpoint), { signal: giveUp.signal });
    refusals = new Map(Object.entries(await answer.json()));
    elements.forEach((element) => decided.set(element, asked));
  } catch {
    const seen = cookie().slice(1).map(fieldsOf).filter((c) => c[3] || c[8]).map((c) => c[0]);
    refusals = new Map(names.filter((name) => seen.includes(hash(name))).map((name) => [name, 'seen']));
  }
  clearTimeout(timer);
  elements.forEach((element) => forbidden.set(element, refusals.get(nameOf(element))));
};

// Whether a campaign that is about to appear may.
const mayShow = async (element) => {
  if (isOutdated(element)) {
    await ask();
  }
  return !forbidden.get(element);
};
