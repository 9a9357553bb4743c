'use strict';
// Elements, numbers, and the small pieces that panels are made of. The files of this folder are one script: this one
// is first, then samples.js, panels.js and page.js.

const text = (value) => String(value);

// ---- Elements

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === 'on') {
      element.addEventListener(value[0], value[1]);
    } else if (value !== false && value !== undefined) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return element;
}
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

// ---- Numbers

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const number = (value) => (value < 1e6 ? whole.format(value) : short.format(value));
const trimmed = (value, digits) => text(Number(value.toPrecision(digits)));
const rate = (value) => (value >= 100 ? number(value) : trimmed(value, 2));
const percent = (share) => {
  const value = 100 * share;
  const digits = value === 0 || value === 100 || value >= 99.95 || value < 0.05 ? 0 : 1;
  return value > 0 && value < 0.05 ? '< 0.1 %' : `${value.toFixed(digits)} %`;
};
const seconds = (value) => {
  if (value < 1e-3) {
    return `${trimmed(value * 1e6, 3)} µs`;
  }
  return value < 1 ? `${trimmed(value * 1e3, 3)} ms` : `${trimmed(value, 3)} s`;
};
const bytes = (value) => {
  const power = Math.min(3, Math.floor(Math.log2(Math.max(value, 1)) / 10));
  return `${trimmed(value / 1024 ** power, 3)} ${['B', 'KB', 'MB', 'GB'][power]}`;
};
const ago = (from) => {
  const s = Math.max(0, Math.round(Date.now() / 1000 - from));
  const [d, hours, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  return d ? `${d} d ${hours} h` : hours ? `${hours} h ${m} min` : m ? `${m} min` : `${s} s`;
};
const sum = (tree) => Object.values(tree ?? {}).reduce((all, value) => all + value, 0);

// ---- What is said of the words that the metrics use

const words = {
  pages: { personalized: 'Personalized', default: 'As they were, no slot filled' },
  passed: {
    status: 'Status other than 200', type: 'Not HTML', attachment: 'Download', charset: 'Unknown charset',
    encoding: 'Came compressed', no_transform: 'May not be changed', memory: 'Out of memory',
  },
  slots: { filled: 'Filled', default: 'Default content', unrendered: 'Nothing to show' },
  doubts: {
    end_uncertain: 'End not certain', foster_parent: 'Inside a table', content_too_long: 'Content too long',
    token_too_long: 'Tag too long', not_html: 'Not HTML', charset: 'Charset', amp: 'AMP page',
  },
  lookups: {
    hit: 'From shared memory', stale: 'From memory, fetched again', fetched: 'From Redis',
    missing: 'No such document', too_large: 'Too large', invalid: 'Not JSON', wrong_type: 'Wrong type',
    error: 'Redis refused', timeout: 'No answer in time',
  },
  plans: { hit: 'By its plan', made: 'Plan asked for', none: 'Without a plan' },
  plan_refusals: {
    filtered: 'Changed by a filter', too_large: 'Too large', too_new: 'Changed just now',
    changed: 'Changed while read', encoding: 'Damaged compression', busy: 'Too many at once',
    no_room: 'No room', memory: 'Out of memory', damaged: 'Damaged plan',
  },
  visitors: {
    known: 'Known', issued: 'New id given', malformed: 'Malformed cookie', forged: 'Forged cookie',
    without_consent: 'Without consent',
  },
  beacons: { accepted: 'Accepted', refused: 'Refused' },
  beacon_refusals: {
    site: 'From another site', prefetch: 'Not looked at yet', length: 'Without a length', size: 'Too large', body: 'Not understood',
    campaign: 'Unknown campaign', metric: 'Unknown metric', rate: 'Too many', error: 'Error',
  },
  claims: {
    given: 'Given', repeated: 'Given again', gone: 'Nothing left', refused: 'Refused', rate: 'Too many', failed: 'Failed',
  },
  conversions: { counted: 'Counted', duplicate: 'Counted before', without_value: 'Without a value' },
  session_writes: { sent: 'Sent', refused: 'Not sent', failed: 'Failed', over_budget: 'Too many newcomers' },
  items_left_out: { unknown: 'Not in the catalogue', incomplete: 'Without a name or an address', unavailable: 'Not to be had' },
  lessons: { learned: 'Learned', repeated: 'Known already', over_budget: 'Too many of one address', unknown: 'Not in the catalogue', dropped: 'Dropped' },
  learn_writes: { sent: 'Sent', refused: 'Not sent', failed: 'Failed' },
  redis_connections: { connected: 'Made', lost: 'Lost' },
  redis_failures: { timeout: 'No answer in time', error: 'Error' },
  redis_breaker: { opened: 'Found down', refused: 'Commands not sent' },
  redis_topology: { changed: 'Servers changed', redirected: 'Redirected' },
  cache_stores: { stored: 'Stored', no_room: 'No room' },
  cache_invalidations: { document: 'Changed in Redis', all: 'All in doubt' },
  events_written: { stream: 'To the stream', file: 'To the file' },
  events_dropped: {
    full: 'Buffer was full', unacknowledged: 'Not acknowledged', refused: 'Redis refused', error: 'Error', exit: 'At the end of a worker',
    over_budget: 'Too many newcomers',
  },
};
const worrying = new Set(['invalid', 'wrong_type', 'too_large', 'error', 'timeout', 'failed', 'forged', 'malformed',
  'no_room', 'lost', 'opened', 'memory', 'damaged', 'unacknowledged']);

// ---- Pieces

const card = (title, size, ...children) => h('section', { class: `card ${size}` }, h('h2', {}, title), ...children);
const none = (message) => h('p', { class: 'none' }, message);
const strip = (share, kind) => {
  const width = Math.max(share > 0 ? 1 : 0, 100 * Math.min(1, share));
  return svg('svg', { class: 'strip', viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: kind, width: width.toFixed(2), height: 1 }));
};

// A row for each value that is not zero, with its part of all.
function bars(name, tree, message = 'None so far.') {
  const rows = Object.entries(tree ?? {}).filter(([, value]) => value > 0);
  const all = sum(tree);
  if (!rows.length) {
    return none(message);
  }
  return h('table', { class: 'bars' }, h('tbody', {}, rows.map(([key, value]) =>
    h('tr', { class: worrying.has(key) && 'bad' },
      h('th', { scope: 'row' }, words[name]?.[key] ?? key.replaceAll('_', ' '), ' ', h('code', {}, key)),
      h('td', { class: 'n' }, number(value)),
      h('td', { class: 'n share' }, percent(value / all)),
      h('td', { class: 'bar' }, strip(value / all, worrying.has(key) ? 'bad' : 'good'))))));
}
const titled = (title, content) => h('div', { class: 'part' }, h('h3', {}, title), content);
const facts = (...rows) => h('dl', { class: 'facts' },
  rows.filter(Boolean).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));

// ---- Histograms: counts up to each bound, as Prometheus has them

const bounds = (histogram) => Object.entries(histogram?.buckets ?? {})
  .map(([bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), count])
  .sort(([one], [other]) => one - other);

// As Prometheus's histogram_quantile(): linear inside a bucket; nothing without counts.
function quantile(list, share) {
  const all = list.at(-1)?.[1] ?? 0;
  if (!all) {
    return undefined;
  }
  const at = list.findIndex(([, count]) => count >= share * all);
  const [low, before] = at > 0 ? list[at - 1] : [0, 0];
  const [high, count] = list[at];
  return high === Infinity ? low : low + (high - low) * ((share * all - before) / (count - before));
}

function columns(histogram, what) {
  const list = bounds(histogram);
  const counts = list.map(([, count], i) => count - (i ? list[i - 1][1] : 0));
  const most = Math.max(...counts, 1);
  const all = list.at(-1)?.[1] ?? 0;
  if (!all) {
    return none('None so far.');
  }
  const label = ([bound], i) => (bound === Infinity ? `over ${seconds(list[i - 1][0])}` : `up to ${seconds(bound)}`);
  const shown = new Set([0, Math.floor(list.length / 2) - 1, list.length - 2]);
  const [half, tail] = [quantile(list, 0.5), quantile(list, 0.99)];
  return h('figure', { class: 'columns' },
    facts(['median', seconds(half)], ['99 %', `${seconds(tail)}`], ['average', seconds(histogram.sum / all)],
      ['counted', number(all)]),
    svg('svg', {
      viewBox: `0 0 ${10 * list.length} 100`, preserveAspectRatio: 'none', role: 'img',
      'aria-label': `${what}: ${list.map((one, i) => counts[i] && `${number(counts[i])} ${label(one, i)}`).filter(Boolean).join(', ')}`,
    }, counts.map((count, i) => svg('rect', {
      x: 10 * i + 1, width: 8, y: 100 - Math.max(count ? 2 : 0.7, 100 * (count / most)), height: 100,
      class: count ? 'good' : 'empty',
    }, svg('title', {}, `${label(list[i], i)}: ${number(count)} (${percent(count / all)})`)))),
    h('div', { class: 'scale', 'aria-hidden': 'true' },
      list.map(([bound], i) => h('span', {}, shown.has(i) ? seconds(bound) : ''))));
}
