// @ts-check
// Caps and stops, where the visitor has seen or closed something since the server decided: in another
// tab, or before coming back to this page. data-pz-state="N" on the script tag is the sequence number of
// the cookie that the server went by. While the cookie has another one, the server is asked which
// campaigns may still be shown: ENDPOINT/may?c=NAME&c=NAME answers with those that may not, as
// {"NAME": "stopped"} or {"NAME": "capped"}.

// An element of a campaign keeps the state as of which it was decided that it may be shown, `decided`, and
// what has `forbidden` it since.
// The state that the last script tag told; undefined where nothing depends on it.
let toldState;

// A page or a fragment that comes later has a script tag of its own.
const readTag = (tag) => {
  const state = told(tag, 'state');
  toldState = state === null ? toldState : Number(state);
  // Who is here now has nothing to forget, such as after signing out.
  toldState || sequenceNow() || (sequence = 0);
  readPermission(tag);
};

// Whether what becomes of its campaign is kept in the cookie.
const isNoted = (element) => stores && matches(element, counted);
const isOutdated = (element) => isNoted(element) && (of(element).decided_ ?? sequenceNow()) !== sequenceNow();

// Asks about all campaigns of the page. Without an answer, nothing that was seen in this session or
// closed is shown again: rather too little than too much.
const askAgain = async () => {
  const elements = findAll(counted);
  const names = [...new Set(elements.map(nameOf))].slice(0, 32);
  const asked = sequenceNow();
  let refusals;
  try {
    const answer = await ask(`may?${new URLSearchParams(names.map((name) => ['c', name]))}`);
    refusals = new Map(Object.entries(await answer.json()));
    elements.forEach((element) => (of(element).decided_ = asked));
  } catch {
    const known = histories().filter((c) => c[3] || c[8]);
    refusals = new Map(names.filter((name) => historyOf(name, known)).map((name) => [name, true]));
  }
  elements.forEach((element) => {
    of(element).forbidden_ = refusals.get(nameOf(element));
  });
};

// Whether a campaign that is about to appear may.
const mayShow = async (element) => {
  if (isOutdated(element)) {
    await askAgain();
  }
  return !of(element).forbidden_;
};
