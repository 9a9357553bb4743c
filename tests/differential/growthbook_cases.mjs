// Made-up cases for growthbook.test.mjs: conditions, experiments and features as no person would
// write them, and visitors to go with them.

// Small and fast, and the same everywhere (mulberry32).
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return { below, pick: (list) => list[below(list.length)], chance: (p) => next() < p, next };
}

const words = ['', 'a', 'A', 'b', 'US', 'us', 'PL', '1', '10', '2.5', ' 7 ', 'true', 'null', 'josé', 'JOSÉ', 'łódź', 'ŻÓŁW', '日本', '😀', 'e\u0301', 'ß', 'İ', '1.2.3', 'v1.2.3-rc.1', '2.0', '1.10.0+b7', 'x,y', 'a.b', '2026-11-20', '0', 'false', 'vip'];
const numbers = [0, 1, -1, 2, 2.5, 10, 100, 1e21, 1e-7, 123456789, 0.1];
const patterns = ['a', '^a', 'b$', '^(US|PL)$', '[0-9]+', '^\\d+\\.\\d+', 'jos.', '^.$', '\\w', '[^a-z]', '(a|b)*c', 'x,y', 'n.ll', '(', '[', 'a/b', '\\/', '^$', 'é', '\\bvip\\b', 'a{2}', 'A'];
const names = ['id', 'country', 'n', 'tags', 'profile', 'profile.tier', 'profile.n', 'premium', 'version', 'tags.0', 'tags.length', 'nothing', 'list'];
const versions = ['1.2.3', '1.2.3-rc.1', 'v1.2.4', '2.0', '1.10.0+b7', '', '10.0.0', 3, null];

export class Cases {
  constructor(seed) {
    Object.assign(this, random(seed));
  }

  some(most, make) {
    return Array.from({ length: this.below(most + 1) }, make);
  }
  scalar() {
    return this.pick([() => this.pick(words), () => this.pick(words), () => this.pick(numbers), () => this.chance(0.5), () => null])();
  }
  // Members in order: a document does not keep another.
  object() {
    const made = {};
    for (const name of ['n', 'tier', 'z']) {
      if (this.chance(0.6)) {
        made[name] = this.scalar();
      }
    }
    return made;
  }
  value() {
    return this.pick([() => this.scalar(), () => this.scalar(), () => this.some(3, () => this.scalar()), () => this.object()])();
  }
  id() {
    return this.pick([
      () => `u${this.below(100000)}`,
      () => this.below(100000),
      () => `${this.pick(words)}${this.below(1000)}`,
      () => `${this.pick(['żółć', '日本語', '😀🎉', 'josé', 'naïve'])}-${this.below(1000)}`,
      () => this.pick(['', null, 0, false, true, '0', 1.5, 1e21]),
    ])();
  }
  attributes() {
    const made = {};
    if (this.chance(0.95)) made.id = this.id();
    if (this.chance(0.4)) made.deviceId = this.id();
    if (this.chance(0.8)) made.country = this.pick(['US', 'PL', 'us', null, 'RO']);
    if (this.chance(0.7)) made.n = this.value();
    if (this.chance(0.7)) made.tags = this.value();
    if (this.chance(0.7)) made.profile = this.chance(0.8) ? this.object() : this.value();
    if (this.chance(0.5)) made.premium = this.scalar();
    if (this.chance(0.5)) made.version = this.pick(versions);
    if (this.chance(0.5)) made.list = this.some(3, () => this.object());
    return made;
  }
  savedGroups() {
    return {
      list: this.some(5, () => this.pick([...words, ...numbers])),
      second: { type: 'list', attributeKey: this.pick(['country', 'n', 'profile.tier']), values: this.some(5, () => this.pick([...words, ...numbers])) },
      third: { type: 'condition', condition: this.condition(1) },
      circle: { type: 'condition', condition: { $savedGroup: { id: 'circle' } } },
      odd: this.pick([null, 'x', 7, { type: 'list' }, { type: 'other' }]),
    };
  }

  operand(depth) {
    const list = () => this.some(4, () => this.scalar());
    return this.pick([
      () => ({ [this.pick(['$eq', '$ne', '$lt', '$lte', '$gt', '$gte'])]: this.scalar() }),
      () => ({ [this.pick(['$in', '$nin', '$ini', '$nini'])]: this.chance(0.95) ? list() : this.scalar() }),
      () => ({ [this.pick(['$all', '$alli'])]: this.chance(0.95) ? this.some(2, () => this.scalar()) : this.scalar() }),
      () => ({ $exists: this.pick([true, false, 0, 1, null]) }),
      () => ({ $type: this.pick(['null', 'boolean', 'number', 'string', 'array', 'object', 'undefined', 7]) }),
      // null among them: the SDK compiles no expression of it, unless it has compiled "null" before.
      () => ({ [this.pick(['$regex', '$regexi'])]: this.chance(0.95) ? this.pick(patterns) : this.pick([null, 7, true]) }),
      () => ({ $size: this.pick([0, 1, 2, { $gt: 1 }, { $lte: 2 }]) }),
      () => ({ $elemMatch: this.chance(0.5) ? this.operand(depth + 1) : { [this.pick(['n', 'tier'])]: this.test(depth + 1) } }),
      () => ({ $not: this.test(depth + 1) }),
      () => ({ [this.pick(['$veq', '$vne', '$vlt', '$vlte', '$vgt', '$vgte'])]: this.pick(versions) }),
      () => ({ [this.pick(['$inGroup', '$notInGroup'])]: this.pick(['list', 'second', 'third', 'odd', 'unknown']) }),
      () => ({ $gte: this.scalar(), $ne: this.scalar() }),
      () => ({ $unknown: 1 }),
    ])();
  }
  test(depth) {
    return this.chance(0.65) && depth < 4 ? this.operand(depth) : this.value();
  }
  condition(depth = 0) {
    const made = {};
    for (let left = 1 + this.below(2); left > 0; --left) {
      const kind = this.next();
      if (depth < 3 && kind < 0.2) {
        made[this.pick(['$or', '$and', '$nor'])] = this.some(2, () => this.condition(depth + 1));
      } else if (depth < 3 && kind < 0.25) {
        made.$not = this.condition(depth + 1);
      } else if (depth === 0 && kind < 0.3) {
        made.$savedGroup = { id: this.pick(['list', 'second', 'third', 'circle', 'odd', 'unknown']), ...(this.chance(0.3) ? { attributeKey: this.pick(['id', 'country']) } : {}) };
      } else {
        made[this.pick(names)] = this.test(depth);
      }
    }
    return made;
  }

  ranges(count) {
    const ends = Array.from({ length: count * 2 }, () => this.below(11) / 10).sort();
    return Array.from({ length: count }, (_, i) => [ends[2 * i], ends[2 * i + 1]]);
  }
  filter() {
    return {
      seed: this.pick(['f', 'g', 'łódź']),
      ranges: this.ranges(1 + this.below(2)),
      ...(this.chance(0.5) ? { hashVersion: this.pick([1, 2, 2, 3]) } : {}),
      ...(this.chance(0.5) ? { attribute: this.pick(['id', 'deviceId', 'country']) } : {}),
    };
  }
  // What an experiment and a feature's rule have in common.
  bucketing(count) {
    const made = {};
    if (this.chance(0.4)) made.coverage = this.pick([0, 0.3, 0.5, 0.99, 1, 1.5, -1]);
    if (this.chance(0.4)) made.weights = this.pick([[0.5, 0.5], [0.1, 0.9], [0.3334, 0.3333, 0.3333], [0.2, 0.2], [0.25, 0.25, 0.5], [1, 0]]);
    if (this.chance(0.2)) made.ranges = this.ranges(count);
    if (this.chance(0.5)) made.hashVersion = this.pick([1, 2, 2, 2, 3]);
    // Lists and objects can be hashed; what they were assigned is not remembered here.
    if (this.chance(0.3)) made.hashAttribute = this.pick(['id', 'deviceId', 'country', this.remembers ? 'id' : 'n', 'missing']);
    if (this.chance(0.3)) made.fallbackAttribute = this.pick(['deviceId', 'country']);
    if (this.chance(0.3)) made.seed = this.pick(['s', 'żółć', '😀']);
    if (this.chance(0.2)) made.filters = this.some(2, () => this.filter());
    if (this.chance(0.2)) made.namespace = [this.pick(['ns', 'other']), this.pick([0, 0.25]), this.pick([0.5, 1])];
    if (this.chance(0.3)) made.condition = this.condition(1);
    if (this.chance(0.3)) made.bucketVersion = this.below(3);
    if (this.chance(0.2)) made.minBucketVersion = this.below(3);
    if (this.chance(0.1)) made.disableStickyBucketing = true;
    if (this.chance(0.5)) made.meta = Array.from({ length: count }, (_, i) => ({ ...(this.chance(0.8) ? { key: `v${i}` } : {}), ...(this.chance(0.3) ? { name: `name ${i}` } : {}), ...(this.chance(0.1) ? { passthrough: true } : {}) }));
    return made;
  }
  parents(gates) {
    return this.some(2, () => ({
      id: this.pick(['a', 'b', 'c', 'unknown']),
      condition: this.chance(0.8) ? { value: this.pick([() => this.value(), () => this.operand(2)])() } : { 'value.tier': this.test(2) },
      ...(gates && this.chance(0.4) ? { gate: true } : {}),
    }));
  }
  experiment(key) {
    const count = this.pick([1, 2, 2, 2, 3, 3, 4]);
    const made = { key, variations: Array.from({ length: count }, (_, i) => (this.chance(0.8) ? i : this.value())), ...this.bucketing(count) };
    if (this.chance(0.1)) made.active = this.chance(0.5);
    if (this.chance(0.1)) made.status = this.pick(['draft', 'running', 'stopped']);
    if (this.chance(0.1)) made.force = this.pick([0, 1, 5, -1]);
    if (this.chance(0.2)) made.parentConditions = this.parents(false);
    if (this.chance(0.3)) made.urlPatterns = this.some(2, () => this.urlPattern());
    return made;
  }
  rule() {
    if (this.chance(0.4)) {
      const made = { force: this.value() };
      if (this.chance(0.5)) made.condition = this.condition(1);
      if (this.chance(0.3)) made.coverage = this.pick([0, 0.3, 0.7, 1]);
      if (this.chance(0.2)) made.range = this.pick([[0, 0.5], [0.5, 1], [0.2, 0.3]]);
      if (this.chance(0.3)) made.hashAttribute = this.pick(['id', 'deviceId', 'missing']);
      if (this.chance(0.3)) made.fallbackAttribute = 'deviceId';
      if (this.chance(0.3)) made.hashVersion = this.pick([1, 2, 9]);
      if (this.chance(0.3)) made.seed = this.pick(['s', 'żółć']);
      if (this.chance(0.2)) made.filters = this.some(2, () => this.filter());
      if (this.chance(0.2)) made.parentConditions = this.parents(true);
      if (this.chance(0.3)) made.id = 'fr_1';
      return made;
    }
    if (this.chance(0.15)) {
      return { parentConditions: this.parents(true) };
    }
    const count = this.pick([2, 2, 3]);
    const made = { variations: Array.from({ length: count }, () => this.value()), ...this.bucketing(count) };
    if (this.chance(0.3)) {
      made.contextualBanditRef = this.pick(['cb', 'cb', 'second', 'unknown']);
      made.contextualVariations = made.variations;
      if (this.chance(0.8)) delete made.variations;
    }
    if (this.chance(0.5)) made.key = this.pick(['exp', 'łódź', 'exp-2']);
    if (this.chance(0.2)) made.parentConditions = this.parents(true);
    if (this.chance(0.3)) made.id = 'fr_2';
    return made;
  }
  leaf() {
    return {
      leafId: this.below(9),
      ...(this.chance(0.9) ? { condition: this.chance(0.3) ? {} : this.condition(1) } : {}),
      ...(this.chance(0.95) ? { weights: this.pick([[0.5, 0.5], [0.1, 0.9], [1, 0], [0, 1], [0.2, 0.3, 0.5], [0.2, 0.2]]) } : {}),
    };
  }
  bandit() {
    return {
      ...(this.chance(0.8) ? { banditVersion: this.below(99) } : {}),
      ...(this.chance(0.9) ? { contexts: this.some(4, () => (this.chance(0.98) ? this.leaf() : null)) } : {}),
    };
  }
  features() {
    const made = {};
    for (const key of ['a', 'b', 'c']) {
      if (this.chance(0.9)) {
        made[key] = { ...(this.chance(0.9) ? { defaultValue: this.value() } : {}), ...(this.chance(0.9) ? { rules: this.some(3, () => this.rule()) } : {}) };
      }
    }
    return made;
  }

  url() {
    const path = this.pick(['/', '', '/home', '/home/', '/shop/shoes', '/Shop/../home', '/a b', '/łódź', '/home/%7Ex', '//double']);
    const args = this.pick(['', '', '?color=blue', '?color=blue&food=sushi', '?exp=1', '?x=1&exp=0', '?auto=1', '?q=a+b&l=%C5%82', '?exp=-0', '?exp= 1', '?exp=0x1', '?exp=7', '?empty=&color=red']);
    return `${this.pick(['http', 'https', 'HTTPS'])}://${this.pick(['example.com', 'www.example.com', 'EXAMPLE.com:8080', 'example.com:443'])}${path}${args}${this.pick(['', '', '#top'])}`;
  }
  urlPattern() {
    const simple = ['http://example.com/home', 'https://www.example.com/*', '/home', '/shop/*', '*', '*.example.com', 'example.com/home/', '/home?color=blue', '/*?color=*', '/home#top', 'http://example.com:8080/', '/HOME', '/a b', '/a%20b', '*example*/shop/*o*', '/łódź', '?food=sushi', 'https://'];
    const regex = ['home', '^/home$', '^https://example', 'color=(blue|red)', 'shop/.*', '(', '\\.com/$', '%20', '#top$'];
    return this.chance(0.7)
      ? { type: 'simple', include: this.chance(0.8), pattern: this.pick(simple) }
      : { type: this.pick(['regex', 'regex', 'regex', 'other']), include: this.chance(0.8), pattern: this.pick(regex) };
  }
  redirectExperiment(key) {
    const to = () => this.pick([{}, { urlRedirect: this.pick(['http://www.example.com/new', 'https://example.com/home?color=red&z=%20', 'https://example.com/shop/x#y', 'http://example.com/łódź?a=b c']) }]);
    return { key, variations: [to(), to()], urlPatterns: this.some(2, () => this.urlPattern()), persistQueryString: this.chance(0.5), ...(this.chance(0.1) ? { manual: true } : {}), ...(this.chance(0.3) ? { weights: [0.1, 0.9] } : {}) };
  }

  context(attributes) {
    const made = { attributes, savedGroups: this.savedGroups(), features: this.features(), contextualBandits: { cb: this.bandit(), second: this.bandit() } };
    if (this.chance(0.4)) made.url = this.url();
    if (this.chance(0.1)) made.forcedVariations = { [this.pick(['exp', 'a', 'auto'])]: this.pick([0, 1, 7]) };
    if (this.chance(0.05)) made.enabled = false;
    if (this.chance(0.05)) made.qaMode = true;
    return made;
  }
  // Assignments of the visitor from earlier.
  documents(attributes) {
    return ['id', 'deviceId'].filter((name) => attributes[name] && this.chance(0.5)).map((name) => ({
      attributeName: name,
      attributeValue: typeof attributes[name] === 'string' ? attributes[name] : JSON.stringify(attributes[name]),
      assignments: Object.fromEntries(this.some(2, () => [`${this.pick(['exp', 'a', 'b', 'łódź'])}__${this.below(3)}`, this.pick(['0', '1', 'v0', 'v1', 'v2'])])),
    }));
  }

  next_case() {
    const attributes = this.attributes();
    this.remembers = false;
    return this.pick([
      () => ({ kind: 'condition', condition: this.condition(), context: { attributes, savedGroups: this.savedGroups() } }),
      () => ({ kind: 'run', experiment: this.experiment(this.pick(['exp', 'łódź', '😀'])), context: this.context(attributes) }),
      () => ({ kind: 'feature', feature: this.pick(['a', 'b', 'c', 'unknown']), context: this.context(attributes) }),
      () => {
        this.remembers = true;
        return { kind: 'sticky', feature: this.pick(['a', 'b', 'c']), documents: this.documents(attributes), context: this.context(attributes) };
      },
      () => ({ kind: 'redirect', context: { attributes, url: this.url(), experiments: [this.redirectExperiment('auto'), this.redirectExperiment('second')] } }),
    ])();
  }
}
