// What was seen since the page was opened: rates, and how they are plotted.

const interval = 2000; // ms
const [shortest, span] = [60000, 300000]; // ms that plots show

let samples = []; // { at: ms, data }, the newest last
const newest = () => samples.at(-1).data;

// For each sample but the first: what ask(data) grew by in a second.
const rates = (ask) => samples.slice(1).map(({ at, data }, i) => {
  const before = samples[i];
  return Math.max(0, (ask(data) - ask(before.data)) / ((at - before.at) / 1000));
});
const grown = (ask) => (samples.length > 1 ? ask(newest()) - ask(samples[0].data) : 0);

// Of the last ten seconds before each sample.
const quantiles = (name, share) => samples.slice(1).map(({ data }, i) => {
  const before = new Map(bounds(samples[Math.max(0, i - 4)].data[name]));
  return quantile(bounds(data[name]).map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]), share);
});

const failed = ({ error, timeout, too_large: large, invalid, wrong_type: type }) =>
  error + timeout + large + invalid + type;

// ---- Plots over the last minutes

// The places of values that follow each other without a gap.
function runs(values) {
  const found = [];
  values.forEach((value, j) => {
    if (value !== undefined) {
      if (!j || values[j - 1] === undefined) {
        found.push([]);
      }
      found.at(-1).push(j);
    }
  });
  return found;
}

let pointed; // { title, share }: the plot under the pointer, and how far in it from its left

// The place of the value that is drawn nearest to a point of the time axis.
function nearest(x, point) {
  let found = 0;
  for (let j = 1; j < samples.length - 1; j++) {
    found = Math.abs(x(j) - point) < Math.abs(x(found) - point) ? j : found;
  }
  return found;
}

// `series` have name, color and values, one for each sample but the first; undefined where there is
// none.
function plot(title, series, format, { stacked = false } = {}) {
  const tops = series.map(({ values }) => values.map((value) => value ?? 0));
  if (stacked) {
    tops.forEach((values, i) => i && values.forEach((_, j) => { values[j] += tops[i - 1][j]; }));
  }
  const most = Math.max(...tops.flat(), 0);
  const unit = most > 0 ? 10 ** Math.floor(Math.log10(most)) : 1;
  const top = most > 0 ? unit * [1, 2, 3, 5, 8, 10].find((step) => step * unit >= most * 0.999) : 1;
  const width = Math.min(span, Math.max(shortest, samples.at(-1).at - samples[0].at));
  const x = (j) => width - (samples.at(-1).at - samples[j + 1].at);
  const line = (values, places) => places.map((j) => `${x(j).toFixed(0)} ${(100 - 96 * (values[j] / top)).toFixed(2)}`).join('L');
  const shapes = series.flatMap(({ color, values }, i) => runs(values).map((places) => (stacked
    ? svg('path', {
      class: `area ${color}`,
      d: `M${line(tops[i], places)}L${line(tops[i - 1] ?? values.map(() => 0), [...places].reverse())}Z`,
    })
    : most > 0 && svg('path', { class: `line ${color}`, d: `M${line(tops[i], places)}` }))));
  const say = (value) => (value === undefined ? '–' : format(value));
  // The legend tells what is under the pointer.
  const at = pointed?.title === title && samples.length > 1 ? nearest(x, pointed.share * width) : Math.max(samples.length - 2, 0);
  const past = Math.round((samples.at(-1).at - (samples[at + 1] ?? samples[0]).at) / 1000);
  return h('section', { class: 'card plot', 'data-plot': title }, h('h2', {}, title, past > 0 && h('span', {}, `${past} s ago`)),
    h('ul', { class: 'legend' }, series.map(({ color, name, values }) => h('li', { class: color }, h('span', {}, name),
      h('b', {}, say(values[at]))))),
    h('div', { class: 'area' },
      h('span', { class: 'top', 'aria-hidden': 'true' }, most > 0 ? format(top) : 'nothing in this time'),
      svg('svg', {
        viewBox: `0 0 ${width.toFixed(0)} 100`, preserveAspectRatio: 'none', role: 'img',
        'aria-label': `${title}, now: ${series.map(({ name, values }) => `${name} ${say(values.at(-1))}`).join(', ')}`,
      }, svg('path', { class: 'grid', d: `M0 4H${width}M0 52H${width}M0 100H${width}` }), shapes,
      past > 0 && svg('path', { class: 'mark', d: `M${x(at).toFixed(0)} 0V100` }))),
    h('div', { class: 'times', 'aria-hidden': 'true' },
      h('span', {}, width < 120000 ? `${Math.round(width / 1000)} s ago` : `${Math.round(width / 60000)} min ago`),
      h('span', {}, 'now')));
}
