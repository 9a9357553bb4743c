// What the page says: what somebody should look at, and the panels.

// [severity, what, what it means]

const least = 0.001; // p of a sample ratio that can be right

function findings(data) {
  const found = [];
  for (const { server, role, workers } of data.redis_servers) {
    if (workers.down > 0) {
      found.push(['bad', `Redis ${server} (${role}) is down for ${workers.down} of ${sum(workers)} workers.`,
        'Pages arrive on time, with default content where documents are missing.']);
    }
  }
  for (const [experiment, p] of Object.entries(data.experiment_sample_ratio_p)) {
    if (p < least) {
      found.push(['bad', `Experiment ${experiment} has a sample-ratio mismatch.`,
        'Its variants do not have the visitors that their weights say. Do not trust its results before the cause is known.']);
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
  // Those of too many newcomers are left out on purpose.
  const dropped = grown((d) => sum(d.events_dropped) - (d.events_dropped?.over_budget ?? 0));
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
    tile('From memory', lookups ? percent((data.lookups.hit + data.lookups.stale) / lookups) : '–',
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
    titled('Products that no list can show', bars('items_left_out', data.items_left_out, 'None.')),
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
    titled('What is written of their sessions', bars('session_writes', data.session_writes)),
    titled('What is learned of what they do', bars('lessons', data.lessons, 'Nothing.')));
}

// Where there is anything to claim.
function claims(data) {
  const pools = Object.entries(data.pool_codes ?? {});
  const all = Object.values(data.claims ?? {}).some((value) => value > 0);
  return (all || pools.length > 0) && card('Claims', 'half', bars('claims', data.claims),
    pools.length > 0 && titled('Codes that are left', facts(...pools.map(([name, left]) => [name, number(left)]))));
}

function events(data) {
  return card('Events', 'half',
    titled('Reports of browsers', bars('beacons', data.beacons)),
    data.beacon_refusals && titled('Refused, because', bars('beacon_refusals', data.beacon_refusals, 'None were.')),
    data.conversions && titled('Conversions', bars('conversions', data.conversions)),
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
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Campaign'), h('td', { class: 'wide' }), ['Shown', 'Seen', 'Clicked', 'Click rate', 'Dismissed', 'Claimed', 'Converted'].map(column))),
      h('tbody', {}, shown.map(([name, one]) => h('tr', { class: one.shown === 0 && 'quiet' },
        h('th', { scope: 'row', class: 'name' }, name, ' ', switchOf(data, `campaign:${name}`)),
        h('td', { class: 'bar wide' }, strip(one.shown / most, 'good')),
        [one.shown, one.impression, one.click].map((value) => h('td', { class: 'n' }, number(value))),
        h('td', { class: 'n' }, one.impression ? percent(one.click / one.impression) : '–'),
        [one.dismiss, one.claim, one.conversion].map((value) => h('td', { class: 'n' }, number(value)))))))),
    found.length > shown.length && none(`and ${number(found.length - shown.length)} more that were shown less often`),
    !found.length && none('No campaign has such a name.'));
}

function experiment(data, name, views) {
  const weights = data.experiment_weight[name];
  const visitors = data.experiment_visitors[name];
  const p = data.experiment_sample_ratio_p[name];
  const counts = visitors ?? views;
  const all = sum(counts);
  const isWrong = p < least;
  const offness = () => Object.entries(counts).reduce((square, [variant, count]) =>
    (weights[variant] ? square + (count - weights[variant] * all) ** 2 / (weights[variant] * all) : square), 0);
  const column = (title, kind = 'n') => h('th', { scope: 'col', class: kind }, title);
  return h('article', { class: 'experiment' },
    h('h3', {}, name, ' ', switchOf(data, `experiment:${name}`),
      p !== undefined && all > 0 && h('span', { class: `pill ${isWrong ? 'bad' : 'good'}` }, isWrong ? 'sample-ratio mismatch' : 'sample ratio is right')),
    scrolled(`Experiment ${name}`, h('table', { class: 'list' },
      h('thead', {}, h('tr', {}, column('Variant', ''), h('td', {}), column('Weight'), column('Share'),
        column(visitors ? 'Visitors' : 'Page views'), column('Expected', 'n wide'))),
      h('tbody', {}, Object.entries(counts).map(([variant, count]) => {
        const weight = weights?.[variant];
        return h('tr', {}, h('th', { scope: 'row', class: 'name' }, variant),
          h('td', { class: 'bar' }, svg('svg', { class: 'strip', viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
            svg('rect', { class: isWrong ? 'bad' : 'good', width: all ? 100 * (count / all) : 0, height: 1 }),
            weight !== undefined && svg('path', { class: 'mark', d: `M${(100 * weight).toFixed(2)} 0V1` }))),
          h('td', { class: 'n' }, weight === undefined ? '–' : percent(weight)),
          h('td', { class: 'n' }, all ? percent(count / all) : '–'),
          h('td', { class: 'n' }, number(count)),
          h('td', { class: 'n wide' }, weight === undefined || !all ? '–' : number(weight * all)));
      })))),
    visitors && h('p', { class: 'note' }, all && weights
      ? `χ² = ${trimmed(offness(), 3)}, p ${p < 0.000001 ? '< 0.000001' : `= ${trimmed(p, 2)}`}`
      : 'No visitor has been counted in this window or the last.'));
}

function experiments(data) {
  const all = Object.entries(data.exposures);
  return card('Experiments', 'whole',
    all.length ? h('div', { class: 'experiments' }, all.map(([name, views]) => experiment(data, name, views)))
      : none('No experiment is declared.'),
    all.length > 0 && h('p', { class: 'note' }, Object.keys(data.experiment_visitors).length
      ? 'Visitors, each once in the window of personalize_events. The mark is the weight. Below p = 0.001 it is not chance.'
      : 'Page views of one visitor belong together, so their shares wander further from the weights (the mark) than those ' +
        'of visitors. They prove nothing; visitors are counted, and their ratio is checked, with personalize_events.'));
}

function switches(data) {
  const all = Object.entries(data.switches);
  return all.length > 0 && card('Switches', 'whole', h('ul', { class: 'switches' }, all.map(([name, state]) =>
    h('li', {}, h('span', { class: `pill ${state === 'on' ? 'good' : 'quiet'}` }, state), ' ', name))));
}

const panels = [responses, slots, campaigns, experiments, lookups, waiting, redis, memory, visitors, claims, events, switches];
