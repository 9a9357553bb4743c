// @ts-check
// The visitor's state: include/personalize/signals/visitor_state.h describes its cookie. It is changed
// here and told to the server, since the next page may be requested before the server has answered.
// On the script, data-pz-no-cookie says that the visitor has not consented to cookies, and data-pz-domain
// of which domain the cookie is.
let stores = true;
let domain;
const readPermission = (tag) => {
  stores = told(tag, 'no-cookie') === null;
  domain = told(tag, 'domain');
};
const numbers = (text) => text.split('.').map((n) => parseInt(n, 36) || 0);
const text = (list) => list.map((n) => (n ? n.toString(36) : '')).join('.').replace(/\.+$/, '');
const minute = () => Date.now() / 6e4 | 0;

// Returns the parts of the cookie, after writing it. Cookies may be blocked, and then throw. (What
// keeps cookies back until there is consent may have put a property of its own before the document's.)
const cookie = (value) => {
  try {
    const own = descriptorOf(document, 'cookie');
    const { get, set } = /** @type {any} */ (own?.get ? own : descriptorOf(Document.prototype, 'cookie'));
    value && set.call(document, value);
    return /(?:^|; )pz=1\.([\w.~]*)/.exec(get.call(document))?.[1].split('~') ?? [''];
  } catch {
    return [''];
  }
};

// The last cookie that was written here, and its sequence number or, at first, that of the one that was there.
let written = '';
const sequenceNow = () => numbers(cookie()[0])[0];
let sequence = sequenceNow();

// FNV-1a.
const hash = (name) => name.split('').reduce((h, unit) => Math.imul(h ^ unit.charCodeAt(0), 0x01000193), 0x811c9dc5) >>> 0;

// Changes the fields of a campaign after the event.
const change = (campaign, event) => {
  const now = minute();
  if (event === 'impression') {
    campaign[2] = now;
    campaign[11] ||= now;
    // A day and a week begin with their first impression.
    campaign[4]++ || (campaign[5] = now);
    campaign[6]++ || (campaign[7] = now);
    campaign[1]++;
    campaign[3]++;
  } else {
    campaign[{ dismiss: 8, click: 9, conversion: 10, claim: 12, lead: 10, finish: 13 }[event]] = now;
  }
};

// The server gives the cookie back as it knew it when it was asked. Its answer must not undo what was
// noted since. A cookie that is gone stays so: the visitor was forgotten, or has withdrawn the consent.
const restore = () => {
  const now = sequenceNow();
  if (!now) {
    forgetGifts();
  } else if (now < sequence) {
    cookie(written);
  }
};

const fieldsOf = (part) => Object.assign(Array(14).fill(0), numbers(part));

const histories = () => cookie().slice(1).map(fieldsOf);
const historyOf = (name, list = histories()) => list.find(([key]) => key === hash(name));

// Notes it in the cookie; not of a visitor who was forgotten while the page was open.
const note = (event, name) => {
  restore();
  const [[before, session, active], ...known] = cookie().map(fieldsOf);
  if (!before && sequence) {
    return;
  }
  const now = minute();
  let campaigns = known;
  if (name) {
    const found = historyOf(name, known) ?? fieldsOf(hash(name).toString(36));
    change(found, event);
    campaigns = [...known.filter((c) => c !== found), found].slice(-40);
  } else {
    known.forEach((c) => change(c, event));
  }
  sequence = Math.max(before, sequence) + 1;
  let value;
  do {
    value = '1.' + [[sequence, session || now, Math.max(active, now)], ...campaigns].map(text).join('~');
    campaigns.shift();
  } while (value.length > 1800);
  written = `pz=${value};path=/;max-age=31536000;samesite=lax${domain ? `;domain=${domain}` : ''}${location.protocol[4] === 's' ? ';secure' : ''}`;
  cookie(written);
};
