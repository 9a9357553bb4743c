'use strict';
// Draws the status, and keeps it current. Rates are of what was seen since the page was opened.
(() => {
  const interval = 2000; // ms
  const [shortest, span] = [60000, 300000]; // ms that plots show
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
    session_writes: { sent: 'Sent', refused: 'Not sent', failed: 'Failed', over_budget: 'Too many newcomers' },
    redis_connections: { connected: 'Made', lost: 'Lost' },
    redis_failures: { timeout: 'No answer in time', error: 'Error' },
    redis_breaker: { opened: 'Found down', refused: 'Commands not sent' },
    redis_topology: { changed: 'Servers changed', redirected: 'Redirected' },
    cache_stores: { stored: 'Stored', no_room: 'No room' },
    cache_invalidations: { document: 'Changed in Redis', all: 'All in doubt' },
    events_written: { stream: 'To the stream', file: 'To the file' },
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
    const last = ({ values }) => values.at(-1);
    const say = (value) => (value === undefined ? '–' : format(value));
    return h('section', { class: 'card plot' }, h('h2', {}, title),
      h('ul', { class: 'legend' }, series.map((one) => h('li', { class: one.color }, h('span', {}, one.name),
        h('b', {}, say(last(one)))))),
      h('div', { class: 'area' },
        h('span', { class: 'top', 'aria-hidden': 'true' }, most > 0 ? format(top) : 'nothing in this time'),
        svg('svg', {
          viewBox: `0 0 ${width.toFixed(0)} 100`, preserveAspectRatio: 'none', role: 'img',
          'aria-label': `${title}, now: ${series.map((one) => `${one.name} ${say(last(one))}`).join(', ')}`,
        }, svg('path', { class: 'grid', d: `M0 4H${width}M0 52H${width}M0 100H${width}` }), shapes)),
      h('div', { class: 'times', 'aria-hidden': 'true' }, h('span', {}, width < 120000 ? `${Math.round(width / 1000)} s ago` : `${Math.round(width / 60000)} min ago`), h('span', {}, 'now')));
  }

  // ---- State

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

  // ---- What somebody should look at: [severity, what, what it means]

  function findings(data) {
    const found = [];
    for (const { server, role, workers } of data.redis_servers) {
      if (workers.down > 0) {
        found.push(['bad', `Redis ${server} (${role}) is down for ${workers.down} of ${sum(workers)} workers.`,
          'Pages arrive on time, with default content where documents are missing.']);
      }
    }
    for (const [experiment, check] of Object.entries(data.sample_ratio ?? {})) {
      if (check.is_alarm) {
        found.push(['bad', `Experiment ${experiment} has a sample-ratio mismatch.`,
          'Its variants do not get the visitors that their weights say. Do not trust its results before the cause is known.']);
      }
    }
    const pages = grown((d) => sum(d.pages));
    const waited = grown((d) => d.wait_exceeded);
    if (waited > 0 && waited > pages / 100) {
      found.push(['warn', `${percent(waited / Math.max(pages, waited))} of pages went on without a document.`,
        'personalize_wait was over before Redis had answered.']);
    }
    const unusable = grown((d) => d.lookups.invalid + d.lookups.wrong_type + d.lookups.too_large);
    if (unusable > 0) {
      found.push(['warn', `${number(unusable)} documents could not be used.`,
        'They are not JSON, of another type, or too large. The error log names their keys.']);
    }
    if (grown((d) => d.cache_stores.no_room) > 0) {
      found.push(['warn', 'The zone of personalize_cache is too small for some documents.', 'They are fetched again for each page.']);
    }
    const dropped = grown((d) => sum(d.events_dropped));
    if (dropped > 0) {
      found.push(['bad', `${number(dropped)} events were dropped.`, 'They are missing from the stream or the file.']);
    }
    const refused = grown((d) => d.beacons.refused);
    if (refused > 20 && refused > grown((d) => d.beacons.accepted) / 10) {
      found.push(['warn', `${number(refused)} reports of browsers were refused.`, 'They came from other sites, were too large, or not understood.']);
    }
    const unwritten = grown((d) => d.session_writes.failed + d.session_writes.refused);
    if (unwritten > 0) {
      found.push(['warn', `${number(unwritten)} commands about sessions did not reach Redis.`, 'What these visitors looked at is not remembered.']);
    }
    return found;
  }

  // ---- Panels

  function tiles(data) {
    const all = rates((d) => sum(d.pages) + sum(d.passed));
    const per = (values) => values.slice(-5).reduce((a, b) => a + b, 0) / Math.max(1, Math.min(5, values.length));
    const pages = sum(data.pages);
    const lookups = sum(data.lookups);
    const tail = quantile(bounds(data.lookup_seconds), 0.99);
    const servers = data.redis_servers;
    const down = servers.filter(({ workers }) => workers.down > 0).length;
    const tile = (name, value, note, kind) => h('div', { class: `tile ${kind ?? ''}` },
      h('dt', {}, name), h('dd', {}, h('b', {}, value), h('span', {}, note)));
    return h('dl', { class: 'tiles' },
      tile('Responses a second', all.length ? rate(per(all)) : '–', `${number(pages + sum(data.passed))} so far`),
      tile('Pages personalized', pages ? percent(data.pages.personalized / pages) : '–', `of ${number(pages)} pages`),
      tile('Documents from memory', lookups ? percent((data.lookups.hit + data.lookups.stale) / lookups) : '–',
        `of ${number(lookups)} look-ups`),
      tile('Redis answers within', tail === undefined ? '–' : seconds(tail), tail === undefined ? 'not asked so far' : '99 of 100 times'),
      tile('Pages held in vain', pages ? percent(data.wait_exceeded / pages) : '–',
        `${number(data.wait_exceeded)} of ${number(data.held_pages)} held`),
      tile('Redis', !servers.length ? 'Not used' : down ? `${down} down` : 'Up',
        servers.length === 1 ? '1 server' : `${servers.length} servers`, down ? 'bad' : ''));
  }

  const perSecond = (value) => `${rate(value)}/s`;

  function plots() {
    return h('div', { class: 'grid' },
      plot('Responses a second', [
        { name: 'personalized', color: 'c1', values: rates((d) => d.pages.personalized) },
        { name: 'default', color: 'c2', values: rates((d) => d.pages.default) },
        { name: 'passed on', color: 'c3', values: rates((d) => sum(d.passed)) },
      ], perSecond, { stacked: true }),
      plot('Look-ups a second', [
        { name: 'from memory', color: 'c1', values: rates((d) => d.lookups.hit + d.lookups.stale) },
        { name: 'from Redis', color: 'c2', values: rates((d) => d.lookups.fetched + d.lookups.missing) },
        { name: 'failed', color: 'c4', values: rates((d) => failed(d.lookups)) },
      ], perSecond, { stacked: true }),
      plot('How fast Redis answers', [
        { name: 'median', color: 'c1', values: quantiles('lookup_seconds', 0.5) },
        { name: '99 %', color: 'c4', values: quantiles('lookup_seconds', 0.99) },
      ], seconds),
      plot('Pages held a second', [
        { name: 'held', color: 'c2', values: rates((d) => d.held_pages) },
        { name: 'held in vain', color: 'c4', values: rates((d) => d.wait_exceeded) },
      ], perSecond));
  }

  function responses(data) {
    return card('Responses', 'half', bars('pages', data.pages),
      titled('Passed on, because', bars('passed', data.passed, 'None were.')),
      titled('Sent', bars('plans', data.plans)),
      titled('Plans not used or not made, because', bars('plan_refusals', data.plan_refusals, 'None were.')));
  }

  function slots(data) {
    return card('Slots', 'half', bars('slots', data.slots),
      titled('Left alone, because of the markup', bars('doubts', data.doubts, 'None were.')),
      titled('How long it took to decide and render a page, of one in 16', columns(data.decision_seconds, 'Time of decisions')));
  }

  function lookups(data) {
    return card('Look-ups', 'half', bars('lookups', data.lookups),
      titled('How long Redis took', columns(data.lookup_seconds, 'Time of look-ups')));
  }

  function waiting(data) {
    return card('Waiting', 'half',
      facts(['pages held', number(data.held_pages)], ['held in vain', number(data.wait_exceeded)],
        ['too much held', number(data.held_overflow)], ['in all', seconds(data.held_seconds)]),
      titled('How long pages were held', columns(data.wait_seconds, 'Time for which pages were held')));
  }

  const scrolled = (name, table) => h('div', { class: 'scrolled', tabindex: 0, role: 'region', 'aria-label': name }, table);

  function redis(data) {
    const servers = data.redis_servers;
    const states = ['connected', 'connecting', 'idle', 'down'];
    return card('Redis', 'half',
      servers.length
        ? scrolled('Redis servers', h('table', { class: 'list' },
          h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Server'), h('th', { scope: 'col' }, 'Role'),
            h('th', { scope: 'col' }, 'Workers'), h('th', { scope: 'col', class: 'n' }, 'In flight'))),
          h('tbody', {}, servers.map((one) => h('tr', {}, h('th', { scope: 'row', class: 'name' }, one.server),
            h('td', {}, one.role),
            h('td', {}, states.filter((state) => one.workers[state]).map((state) =>
              h('span', { class: `pill ${state === 'down' ? 'bad' : state === 'connected' ? 'good' : 'quiet'}` },
                `${one.workers[state]} ${state}`))),
            h('td', { class: 'n' }, number(one.in_flight)))))))
        : none('No worker has reported a server.'),
      facts(['commands', number(data.redis_commands)], ['connections', number(data.redis_connections.connected)],
        ['lost', number(data.redis_connections.lost)], ['redirected', number(data.redis_topology.redirected)]),
      titled('Circuit breaker', bars('redis_breaker', data.redis_breaker, 'Never opened.')),
      titled('Commands that failed', bars('redis_failures', data.redis_failures)));
  }

  function memory(data) {
    const zones = Object.entries(data.zone_bytes);
    return card('Shared memory', 'half',
      zones.map(([name, { used, available }]) => h('div', { class: 'zone' },
        h('h3', {}, name, h('span', {}, `${bytes(used)} of ${bytes(available)}`)),
        strip(used / available, used / available > 0.98 ? 'warn' : 'good'),
        h('p', { class: 'note' }, `${number(data.zone_entries[name])} entries; ${number(data.zone_evictions[name])} had to make room`))),
      titled('Documents given to the cache', bars('cache_stores', data.cache_stores)),
      titled('Removed since', bars('cache_invalidations', data.cache_invalidations, 'None were.')));
  }

  function visitors(data) {
    return card('Visitors', 'half', bars('visitors', data.visitors),
      titled('What is written of their sessions', bars('session_writes', data.session_writes)));
  }

  function events(data) {
    return card('Events', 'half',
      titled('Reports of browsers', bars('beacons', data.beacons)),
      data.events_written && titled('Written', bars('events_written', data.events_written)),
      data.events_dropped && titled('Dropped', bars('events_dropped', data.events_dropped, 'None were.')));
  }

  const switchOf = (data, name) => data.switches[name] &&
    h('span', { class: `pill ${data.switches[name] === 'on' ? 'good' : 'quiet'}` }, `switched ${data.switches[name]}`);

  let search = '';
  const mostCampaigns = 50;

  function campaigns(data) {
    const all = Object.entries(data.campaigns);
    const title = all.length > 1 ? `${number(all.length)} campaigns` : 'Campaigns';
    if (!all.length) {
      return card(title, 'whole', none('No campaign is declared.'));
    }
    const found = all.filter(([name]) => name.toLowerCase().includes(search.toLowerCase()))
      .sort(([, one], [, other]) => other.shown - one.shown);
    const shown = found.slice(0, mostCampaigns);
    const most = Math.max(...all.map(([, one]) => one.shown), 1);
    const column = (name) => h('th', { scope: 'col', class: 'n' }, name);
    return card(title, 'whole',
      all.length > 12 && h('input', {
        type: 'search', id: 'search', placeholder: 'Find a campaign', 'aria-label': 'Find a campaign', value: search,
        on: ['input', (event) => { search = event.target.value; drawPanels(true); }],
      }),
      scrolled('Campaigns', h('table', { class: 'list' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Campaign'), h('td', { class: 'wide' }), ['Shown', 'Seen', 'Clicked', 'Click rate', 'Dismissed', 'Converted'].map(column))),
        h('tbody', {}, shown.map(([name, one]) => h('tr', { class: one.shown === 0 && 'quiet' },
          h('th', { scope: 'row', class: 'name' }, name, ' ', switchOf(data, `campaign:${name}`)),
          h('td', { class: 'bar wide' }, strip(one.shown / most, 'good')),
          [one.shown, one.impression, one.click].map((value) => h('td', { class: 'n' }, number(value))),
          h('td', { class: 'n' }, one.impression ? percent(one.click / one.impression) : '–'),
          [one.dismiss, one.conversion].map((value) => h('td', { class: 'n' }, number(value)))))))),
      found.length > shown.length && none(`and ${number(found.length - shown.length)} more that were shown less often`),
      !found.length && none('No campaign has such a name.'));
  }

  function experiment(data, name, views) {
    const weights = data.experiment_weight[name];
    const check = data.sample_ratio?.[name];
    const counts = check ? data.experiment_visitors[name] : views;
    const all = sum(counts);
    return h('article', { class: 'experiment' },
      h('h3', {}, name, ' ', switchOf(data, `experiment:${name}`),
        check && h('span', { class: `pill ${check.is_alarm ? 'bad' : 'good'}` }, check.is_alarm ? 'sample-ratio mismatch' : 'ratio is right')),
      scrolled(`Experiment ${name}`, h('table', { class: 'list' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Variant'), h('td', {}),
        ['Weight', 'Share', check ? 'Visitors' : 'Page views', 'Expected'].map((one, i) => h('th', { scope: 'col', class: i === 3 ? 'n wide' : 'n' }, one)))),
      h('tbody', {}, Object.entries(counts).map(([variant, count]) => {
        const weight = weights?.[variant];
        return h('tr', {}, h('th', { scope: 'row', class: 'name' }, variant),
          h('td', { class: 'bar' }, svg('svg', { class: 'strip', viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
            svg('rect', { class: check?.is_alarm ? 'bad' : 'good', width: all ? 100 * (count / all) : 0, height: 1 }),
            weight !== undefined && svg('path', { class: 'mark', d: `M${(100 * weight).toFixed(2)} 0V1` }))),
          h('td', { class: 'n' }, weight === undefined ? '–' : percent(weight)),
          h('td', { class: 'n' }, all ? percent(count / all) : '–'),
          h('td', { class: 'n' }, number(count)),
          h('td', { class: 'n wide' }, weight === undefined || !all ? '–' : number(weight * all)));
      })))),
      check && h('p', { class: 'note' }, `χ² = ${trimmed(check.chi_square, 3)}, p ${check.p < 0.000001 ? '< 0.000001' : `= ${trimmed(check.p, 2)}`}, of visitors in one window.`));
  }

  function experiments(data) {
    const all = Object.entries(data.exposures);
    return card('Experiments', 'whole',
      all.length ? h('div', { class: 'experiments' }, all.map(([name, views]) => experiment(data, name, views)))
        : none('No experiment is declared.'),
      all.length > 0 && !data.sample_ratio && h('p', { class: 'note' },
        'Page views of one visitor belong together, so shares of page views wander further from the weights than ' +
        'chance allows single visitors. They are no proof of a wrong ratio; visitors are counted with personalize_events.'));
  }

  function switches(data) {
    const all = Object.entries(data.switches);
    return all.length > 0 && card('Switches', 'whole', h('ul', { class: 'switches' }, all.map(([name, state]) =>
      h('li', {}, h('span', { class: `pill ${state === 'on' ? 'good' : 'quiet'}` }, state), ' ', name))));
  }

  const panels = [responses, slots, campaigns, experiments, lookups, waiting, redis, memory, visitors, events, switches];

  // ---- The page

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
    const scrolls = [...places.panels.querySelectorAll('.scrolled')].map((one) => [one.getAttribute('aria-label'), one.scrollLeft]);
    places.panels.replaceChildren(...panels.map((panel) => panel(data)).filter(Boolean));
    for (const [name, left] of scrolls) {
      places.panels.querySelector(`.scrolled[aria-label="${name}"]`)?.scrollTo(left, 0);
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
})();
