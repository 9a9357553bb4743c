// Reports what visitors see, click and close of campaigns, be they widgets or fragments:
//   data-pz-campaign="NAME"      on the campaign's element
//   data-pz-uncounted            on the same element: nothing needs to be noted in the cookie
//   data-pz-click                a click on it counts; a click on a link counts without it
//   data-pz-dismiss              a click on it closes the campaign
//   data-pz-conversion="NAME…"   the page is a conversion, without a name of all campaigns; so is an
//                                event pz:conversion on the document, with a name as its detail
// data-pz-no-cookie on the script says that the visitor has not consented to cookies, data-pz-domain
// of which domain the cookie is.
// The server is told, and the cookie is changed at once, since the next page may be requested before
// the server has answered. include/personalize/signals/visitor_state.h describes the cookie.
const endpoint = document.currentScript?.src;
const stores = !('pzNoCookie' in (document.currentScript?.dataset ?? {}));
const domain = document.currentScript?.dataset.pzDomain;
const numbers = (text) => text.split('.').map((n) => parseInt(n, 36) || 0);
const text = (list) => list.map((n) => (n ? n.toString(36) : '')).join('.').replace(/\.+$/, '');
const minute = () => Math.floor(Date.now() / 60000);

// The last cookie that was written here, and its sequence number.
let written = '';
let sequence = 0;

// Cookies may be blocked, and then throw.
const cookie = (value) => {
  try {
    if (value) {
      document.cookie = value;
    }
    return /(?:^|; )pz=1\.([\w.~]*)/.exec(document.cookie)?.[1].split('~') ?? [''];
  } catch {
    return [''];
  }
};

// FNV-1a.
const hash = (name) => {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  }
  return h >>> 0;
};

// Changes the fields of a campaign after the event.
const change = (campaign, event) => {
  const now = minute();
  if (event === 'impression') {
    campaign[2] = now;
    campaign[5] = campaign[4] ? campaign[5] : now;
    campaign[7] = campaign[6] ? campaign[7] : now;
    [1, 3, 4, 6].forEach((i) => campaign[i]++);
  } else {
    campaign[{ dismiss: 8, click: 9, conversion: 10 }[event]] = now;
  }
};

const note = (event, name) => {
  const [head, ...rest] = cookie();
  const [before, session, active] = numbers(head);
  const now = minute();
  let campaigns = rest.map((fields) => Object.assign(Array(11).fill(0), numbers(fields)));
  if (name) {
    const key = hash(name);
    const found = campaigns.find((c) => c[0] === key) ?? [key, ...Array(10).fill(0)];
    change(found, event);
    campaigns = [...campaigns.filter((c) => c !== found), found].slice(-40);
  } else {
    campaigns.forEach((c) => change(c, event));
  }
  sequence = Math.max(before, sequence) + 1;
  let value;
  do {
    value = ['1.' + text([sequence, session || now, Math.max(active || 0, now)]), ...campaigns.map(text)].join('~');
    campaigns.shift();
  } while (value.length > 1800);
  written = `pz=${value};path=/;max-age=31536000;samesite=lax${domain ? `;domain=${domain}` : ''}${location.protocol[4] === 's' ? ';secure' : ''}`;
  cookie(written);
};

let queue = [];
const send = () => {
  if (endpoint && queue.length) {
    const events = queue.splice(0, 32);
    navigator.sendBeacon?.(new URL('e', endpoint), new URLSearchParams([['n', sequence], ['t', minute()], ...events]));
  }
};
// A late answer of the server to earlier events must not undo what was noted since.
const leave = () => {
  if (written && numbers(cookie()[0])[0] < sequence) {
    cookie(written);
  }
  send();
};
addEventListener('pagehide', leave);
document.addEventListener('visibilitychange', () => document.hidden && leave());

const report = (event, element) => {
  const name = element?.dataset.pzCampaign;
  if (name) {
    tell(event, name, !('pzUncounted' in element.dataset));
  }
};
const tell = (event, name, counted) => {
  // A preview is not a visit.
  if (document.querySelector('.pz-preview')) {
    return;
  }
  if (counted && stores) {
    note(event, name);
  }
  queue.push([event, name]);
  setTimeout(send, 100);
};

const campaignOf = (element) => element.closest('[data-pz-campaign]');
const dismiss = (element) => {
  report('dismiss', element);
  element.hidden = true;
};

document.addEventListener('click', (event) => {
  const element = event.target.closest && campaignOf(event.target);
  if (!element) {
    return;
  }
  if (event.target.closest('[data-pz-dismiss]')) {
    dismiss(element);
  } else if (event.target.closest('a[href], [data-pz-click]')) {
    report('click', element);
  }
});

const seen = window.IntersectionObserver && new IntersectionObserver((entries) => {
  entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
    seen.unobserve(target);
    report('impression', campaignOf(target));
  });
});

const watch = () => {
  document.querySelectorAll('[data-pz-campaign]').forEach((element) => seen?.observe(element.querySelector('dialog') ?? element));
  document.querySelectorAll('[data-pz-conversion]').forEach(({ dataset }) => {
    (dataset.pzConversion || '').split(' ').forEach((name) => tell('conversion', name, true));
  });
};
document.addEventListener('pz:conversion', ({ detail }) => tell('conversion', String(detail || ''), true));
if (document.readyState === 'loading') {
  document.addEventListener('DOMContentLoaded', watch);
} else {
  watch();
}
