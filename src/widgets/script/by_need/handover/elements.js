// @ts-check
// Slots that are an attribute of an element, and those that know their element: what the server has put there
// differs by the element's own attributes, so that each is found again by these (decisions.elements).
//   {"price": {"places": [[".price", "replace", "all"]],
//              "at": [{"campaign": "sale", "html": "<b>…", "data": {"sku": "A1"}, "times": 1, "late": [4]}]}}
// `html` of an attribute is ` src="…"`; of `class` the changes ` class="vip -guest"`. `was`: what the page has there.
// - An attribute is written where the page's own value stands: whoever writes another one means it.

/** @typedef {{campaign: string, html: string, data?: Record<string, string | null>, was?: string, times?: number, late?: number[]}} Told */
/** @typedef {{places: [selector: string, placement: string, all?: string][], at: Told[]}} AtElements */
// `made`: of whom it was made at which element, as often as it may be; `left`: in all.
/** @typedef {{told: AtElements, by: Map<string, Told[]>, names: string[], bySet: Map<string, Told[]>, byWas: Map<string, Told[]>, made: Map<any, number>, left: number, isTold: boolean}} Series */
/** @type {Map<string, Series>} */
let attributes = new Map();

const isAttribute = ({ html }) => html.startsWith(' ');
// The attributes data-… of an element by which it is told from others. (`_` stands for `-`, too.)
const dataOf = (element, names) => names.map((name) => [...element.attributes]
  .find((one) => one.name.startsWith('data-') && one.name.slice(5).replaceAll('-', '_') === name)?.value ?? null);
const keyOf = (values) => JSON.stringify(values);
/** @type {(at: Told[], keyOfTold: (told: Told) => string) => Map<string, Told[]>} */
const groupBy = (at, keyOfTold) => {
  const groups = new Map();
  at.forEach((told) => {
    const key = keyOfTold(told);
    groups.has(key) || groups.set(key, []);
    groups.get(key).push(told);
  });
  return groups;
};
/** @type {(told: Told, names: string[]) => (string | null)[]} */
const dataIn = ({ data }, names) => names.map((name) => data?.[name] ?? null);
// What is told of elements by their attributes.
const byData = (at) => {
  const names = Object.keys(at.find(({ data }) => data)?.data ?? {});
  return { names, by: groupBy(at, (told) => keyOf(dataIn(told, names))) };
};
const timesOf = ({ times = 0, late = [] }) => times + late.length;
const sumOf = (at) => at.reduce((sum, told) => sum + timesOf(told), 0);
const toldIn = ({ by }) => [...by.values()].flat();
const toldOf = ({ by, names }, element) => by.get(keyOf(dataOf(element, names))) ?? [];
// Where selectors place such slots, in the order of the page: at all matches, or at the first one.
/** @type {(name: string, told: AtElements) => Spot[]} */
const spotsAt = (name, { places }) => {
  const marked = all(`[data-pz-slot="${CSS.escape(name)}"]`).map((element) => /** @type {Spot} */ ([element, 'inner']));
  const spots = places.flatMap(([selector, placement, everywhere]) => {
    const found = matchesOf(selector).filter((element) => isCertain(selector, element));
    return (everywhere ? found : found.slice(0, 1)).map((element) => /** @type {Spot} */ ([element, placement]));
  });
  const isOne = !places.some(([, , everywhere]) => everywhere);
  const sorted = [...marked, ...spots].sort(([a], [b]) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_PRECEDING ? 1 : -1));
  return isOne ? sorted.slice(0, 1) : sorted;
};

// As a parser reads it: names of drawings have capitals and namespaces.
const parsed = new Map();
/** @returns {Attr} */
const attributeOf = (html) => {
  parsed.has(html) || parsed.set(html, all('g', parse(`<svg><g${html}/></svg>`))[0].attributes[0]);
  return parsed.get(html);
};
const changesOf = (html) => attributeOf(html).value.split(/[\t\n\f\r ]+/).filter(Boolean)
  .map((word) => ({ word: word.replace(/^[-+]/, ''), isRemoved: word.startsWith('-') })).filter(({ word }) => word);
const isClass = ({ html }) => html.startsWith(' class=');
// In a document of HTML, elements of HTML take a name in any case.
const setAttribute = (element, { name, namespaceURI, value }) =>
  namespaceURI && element.namespaceURI !== 'http://www.w3.org/1999/xhtml' ? element.setAttributeNS(namespaceURI, name, value) : element.setAttribute(name, value);
const isSet = (element, told) => isClass(told)
  ? changesOf(told.html).every(({ word, isRemoved }) => element.classList.contains(word) !== isRemoved)
  : element.getAttribute(attributeOf(told.html).name) === attributeOf(told.html).value;
const isOriginal = (element, told) => isClass(told) ? !isSet(element, told)
  : told.was !== undefined && (element.getAttribute(attributeOf(told.html).name) ?? '') === told.was;
const write = (element, told) => isClass(told)
  ? changesOf(told.html).forEach(({ word, isRemoved }) => element.classList[isRemoved ? 'remove' : 'add'](word))
  : setAttribute(element, attributeOf(told.html));

// Sets the attributes that came when the page was past their elements, but for those that a script has written since. (A
// parser may have cloned an element that is formatting.)
const setLate = ({ at }) => {
  if (!at.some(({ late }) => late)) {
    return;
  }
  const prefix = `data-${keyOfLate()}`;
  /** @type {Map<string, any[]>} */
  const marked = new Map();
  all('*').forEach((element) => element.getAttributeNames().filter((name) => name.startsWith(prefix))
    .forEach((name) => marked.set(name, [...marked.get(name) ?? [], element])));
  at.forEach((told) => told.late?.forEach((place) => marked.get(prefix + place)?.forEach((element) => {
    element.removeAttribute(prefix + place);
    (told.was === undefined || isOriginal(element, told)) && write(element, told);
  })));
};
// (Thousands of elements can each have a value of their own.)
const seriesOf = (told) => {
  const groups = byData(told.at);
  const byValue = (at, read) => groupBy(at, (one) => keyOf([...dataIn(one, groups.names), read(one)]));
  const values = told.at.filter((one) => !isClass(one));
  return { told, ...groups, bySet: byValue(values, ({ html }) => attributeOf(html).value),
    byWas: byValue(values.filter(({ was }) => was !== undefined), ({ was }) => was), made: new Map(), left: 3 * sumOf(told.at), isTold: false };
};
const stateOf = ({ told, names }, element) => [dataOf(element, names), element.getAttribute(attributeOf(told.at[0].html).name)];
// What the element shows of what is told; and what could be written there, where the page's own value stands.
const shownAt = (series, element) => {
  const [data, value] = stateOf(series, element);
  return isClass(series.told.at[0]) ? toldOf(series, element).filter((told) => isSet(element, told)) : series.bySet.get(keyOf([...data, value])) ?? [];
};
const missingAt = (series, element) => {
  const [data, value] = stateOf(series, element);
  return isClass(series.told.at[0]) ? toldOf(series, element).filter((told) => !isSet(element, told)) : series.byWas.get(keyOf([...data, value ?? ''])) ?? [];
};

// Writes attributes where the page's own value has come back: as often as the server has.
const completeAttributes = (name, series) => {
  const spots = spotsAt(name, series.told);
  const count = new Map();
  spots.forEach(([element]) => shownAt(series, element).forEach((told) => count.set(told, (count.get(told) ?? 0) + 1)));
  spots.forEach(([element]) => {
    const told = missingAt(series, element).find((one) => (count.get(one) ?? 0) < timesOf(one));
    if (!told || series.isTold) {
      return;
    }
    if (series.made.get(element) || series.left <= 0) {
      lose(name, series, told.campaign);
      return;
    }
    series.made.set(element, 1);
    series.left--;
    write(element, told);
    count.set(told, (count.get(told) ?? 0) + 1);
  });
};
