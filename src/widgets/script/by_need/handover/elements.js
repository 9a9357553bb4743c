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
/** @typedef {{told: AtElements, by: Map<string, Told[]>, names: string[], made: Map<any, number>, left: number, isTold: boolean}} Series */
/** @type {Map<string, Series>} */
let attributes = new Map();

const isAttribute = ({ html }) => html.startsWith(' ');
// The attributes data-… of an element by which it is told from others. (`_` stands for `-`, too.)
const dataOf = (element, names) => names.map((name) => [...element.attributes]
  .find((one) => one.name.startsWith('data-') && one.name.slice(5).replaceAll('-', '_') === name)?.value ?? null);
const keyOf = (values) => JSON.stringify(values);
// What is told of elements by their attributes.
const byData = (at) => {
  const names = Object.keys(at.find(({ data }) => data)?.data ?? {});
  /** @type {Map<string, Told[]>} */
  const by = new Map();
  at.forEach((told) => {
    const key = keyOf(names.map((name) => told.data?.[name] ?? null));
    by.set(key, [...by.get(key) ?? [], told]);
  });
  return { names, by };
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

// Sets the attributes that came when the page was past their elements, but for those that a script has written since.
const setLate = (told) => told.late?.forEach((place) => {
  const mark = `data-pz-late-${place}`;
  const [element] = all(`[${mark}]`);
  if (element) {
    element.removeAttribute(mark);
    (told.was === undefined || isOriginal(element, told)) && write(element, told);
  }
});
const seriesOf = (told) => ({ told, ...byData(told.at), made: new Map(), left: 3 * sumOf(told.at), isTold: false });

// Writes attributes where the page's own value has come back: as often as the server has.
const completeAttributes = (name, series) => {
  const spots = spotsAt(name, series.told);
  const count = new Map();
  spots.forEach(([element]) => toldOf(series, element).forEach((told) =>
    isSet(element, told) && count.set(told, (count.get(told) ?? 0) + 1)));
  spots.forEach(([element]) => {
    const told = toldOf(series, element).find((one) => isOriginal(element, one) && (count.get(one) ?? 0) < timesOf(one));
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
