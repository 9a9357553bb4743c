// The page as a whole, and how it is kept current.

const places = {};
const app = document.getElementById('app');
const place = (name, element) => { places[name] = element; return element; };
document.getElementById('tables').remove();
app.append(
  h('header', { class: 'top' },
    h('div', {}, h('h1', {}, 'Personalization'), place('facts', h('p', { class: 'about' }))),
    h('div', { class: 'state' }, place('state', h('p', { class: 'pill big quiet' }, '…')),
      place('live', h('button', { type: 'button', on: ['click', () => setPaused(!isPaused)] })))),
  h('main', {},
    place('findings', h('div', { role: 'status' })),
    place('tiles', h('div', {})),
    place('plots', h('div', {})),
    place('panels', h('div', { class: 'grid' }))),
  h('footer', {}, h('p', {}, 'The same numbers as ', h('a', { href: '?format=json' }, 'JSON'), ' and for ',
    h('a', { href: '?format=prometheus' }, 'Prometheus'), '. Counts are since the start, over reloads.')));

const drawn = new Map(); // what a panel was last drawn from
function drawPanels(isForced = false) {
  const focused = document.activeElement?.id === 'search' && document.activeElement.selectionStart;
  const data = newest();
  const signature = JSON.stringify(data);
  if (!isForced && drawn.get('panels') === signature) {
    return;
  }
  drawn.set('panels', signature);
  const scrolled = () => [...places.panels.querySelectorAll('.scrolled')];
  const before = new Map(scrolled().map((one) => [one.getAttribute('aria-label'), one]));
  const lefts = new Map([...before].map(([name, one]) => [name, one.scrollLeft]));
  const active = document.activeElement;
  places.panels.replaceChildren(...panels.map((panel) => panel(data)).filter(Boolean));
  for (const one of scrolled()) {
    const name = one.getAttribute('aria-label');
    one.scrollLeft = lefts.get(name) ?? 0;
    if (active === before.get(name)) {
      one.focus({ preventScroll: true });
    }
  }
  const input = document.getElementById('search');
  if (typeof focused === 'number' && input) {
    input.focus();
    input.setSelectionRange(focused, focused);
  }
}

function drawFindings(data, isLost) {
  const found = findings(data);
  if (isLost) {
    found.unshift(['bad', 'NGINX does not answer.', 'The numbers are those that came last.']);
  }
  const worst = found.some(([kind]) => kind === 'bad') ? 'bad' : found.length ? 'warn' : 'good';
  places.state.className = `pill big ${worst}`;
  places.state.textContent = !found.length ? 'All well' : found.length === 1 ? '1 thing to look at' : `${found.length} things to look at`;
  const signature = JSON.stringify(found);
  if (drawn.get('findings') !== signature) {
    drawn.set('findings', signature);
    places.findings.replaceChildren(...found.map(([kind, what, meaning]) =>
      h('p', { class: `finding ${kind}` }, h('b', {}, what), ' ', meaning)));
  }
}

// Draws the plots anew, where the pointer is. What was under it may have been drawn anew as it left,
// and nothing tells of that: the next move elsewhere does.
function point(event) {
  const plotted = event.type === 'pointerleave' ? null : event.target.closest?.('[data-plot]');
  const box = plotted?.querySelector('svg').getBoundingClientRect();
  const before = pointed;
  pointed = plotted && event.clientY >= box.top ? { title: plotted.dataset.plot, share: (event.clientX - box.left) / box.width } : undefined;
  if (before || pointed) {
    places.plots.replaceChildren(plots());
  }
}
['pointermove', 'pointerdown'].forEach((type) => document.addEventListener(type, point));
places.plots.addEventListener('pointerleave', point);

function draw(isLost = false) {
  const data = newest();
  const { version, nginx } = data.build;
  places.facts.textContent = [location.host, `up ${ago(data.start_time_seconds)}`, `${data.workers} worker${data.workers === 1 ? '' : 's'}`,
    data.reloads ? `reload ${data.reloads}, ${ago(data.reload_time_seconds)} ago` : 'never reloaded',
    `NGINX ${nginx}`, `module ${version}`].join(' · ');
  drawFindings(data, isLost);
  places.tiles.replaceChildren(tiles(data));
  places.plots.replaceChildren(plots());
  drawPanels();
}

// ---- Live

let isPaused = false;
let isPolling = false;
let timer;

function take(data) {
  // Another server, or one that was started again: its numbers cannot be compared.
  const isNew = samples.length > 0 && newest().start_time_seconds !== data.start_time_seconds;
  const at = performance.now();
  samples = isNew ? [] : samples.filter((sample) => at - sample.at <= span);
  samples.push({ at, data });
}

async function poll() {
  if (isPolling) {
    return;
  }
  isPolling = true;
  let isLost = false;
  try {
    const response = await fetch('?format=json', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (!response.ok) {
      throw new Error(response.statusText);
    }
    take(await response.json());
  } catch {
    isLost = true;
  }
  isPolling = false;
  draw(isLost);
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (!isPaused && !document.hidden) {
    timer = setTimeout(poll, interval);
  }
}

function setPaused(value) {
  isPaused = value;
  places.live.textContent = isPaused ? 'Go on' : 'Pause';
  places.live.setAttribute('aria-label', isPaused ? 'Go on with live numbers' : 'Pause live numbers');
  schedule();
}

document.addEventListener('visibilitychange', () => (document.hidden || isPaused ? schedule() : poll()));
take(JSON.parse(document.getElementById('data').textContent));
draw();
setPaused(false);
