// @ts-check
// What came when the page was past its place (late_patch.h). A browser that knows <template for> has put it there
// itself; for others, and where the template did not reach, the marks stay in the page.
//   <?start name="pz-late-KEY-3"?>Default<?end?>, <?marker name="pz-late-KEY-4"?>    as such, or as comments
//   <template for="pz-late-KEY-3" data-pz-late="recs">                             or data-pz-for, without content
// `decisions.key` is the response's own: others that write into the page do not know it.

// `target`: the element that a selector has matched there, of slots with several places. `isPut`: its mark was there.
/** @typedef {{name: string, told: Told, nodes: any[], hidden: (() => void)[], target: any, isPut: boolean}} Late */

const textOf = (node) => node.nodeType === 7 ? `${node.target} ${node.data}` : /^\?(.*?)\??$/.exec(node.data)?.[1] ?? '';
const marksOfLate = () => {
  const walker = document.createTreeWalker(ofDocument('documentElement'), NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_PROCESSING_INSTRUCTION);
  const marks = new Map();
  while (walker.nextNode()) {
    const name = /^(?:start|marker) name="(pz-late-[\w-]+)"$/.exec(textOf(walker.currentNode).trim())?.[1];
    name && marks.set(name, walker.currentNode);
  }
  return marks;
};
// The default content behind a mark.
const defaultOf = (mark) => {
  const nodes = [];
  const isRange = /^start /.test(textOf(mark));
  let depth = isRange ? 1 : 0;
  for (let node = mark.nextSibling; node && depth; node = node.nextSibling) {
    const text = node.nodeType === 7 || node.nodeType === 8 ? textOf(node).trim() : '';
    depth += /^start /.test(text) ? 1 : text === 'end' ? -1 : 0;
    depth && nodes.push(node);
  }
  return depth ? [] : nodes;
};
// The element at which a slot stands there. `placements`: of each element at which it can stand.
const targetAt = (mark, placements) => {
  const { nextElementSibling: next, previousElementSibling: previous, parentElement: parent } = mark;
  const replaced = defaultOf(mark).find((node) => node.nodeType === 1);
  return [[next, 'before'], [previous, 'after'], [replaced, 'replace'], [parent, 'inner'], [parent, 'prepend'], [parent, 'append']]
    .find(([element, placement]) => placements.get(element)?.includes(placement))?.[0];
};
const placementsOf = (spots) => {
  const placements = new Map();
  spots.forEach(([element, placement]) => placements.set(element, [...placements.get(element) ?? [], placement]));
  return placements;
};
const keyOfLate = () => `pz-late-${decisions.key}-`;
// What is told of elements, by the numbers of its places.
const byPlace = ({ at }) => new Map(at.flatMap((told) => (told.late ?? []).map((place) => [String(place), told])));
// Puts it there, as far as the browser has not.
/** @returns {Late[]} */
const takeLate = () => {
  const placeOfTemplate = (template) => template.getAttribute('for') ?? template.getAttribute('data-pz-for') ?? '';
  const templates = all('template[data-pz-late]').filter((template) => placeOfTemplate(template).startsWith(keyOfLate()));
  const marks = templates.length ? marksOfLate() : new Map();
  const slots = new Map();
  const found = templates.map((template) => {
    const name = template.getAttribute('data-pz-late');
    const place = placeOfTemplate(template);
    const mark = marks.get(place);
    template.remove();
    const ofElements = decisions.elements?.[name];
    slots.has(name) || slots.set(name, { told: ofElements && byPlace(ofElements),
      placements: placementsOf(ofElements ? spotsAt(name, ofElements) : spotsOf(name)) });
    const { told, placements } = slots.get(name);
    const content = told?.get(place.slice(keyOfLate().length)) ?? (decisions.late?.includes(name) && decisions.slots[name]);
    return { name, told: content, mark, target: mark && targetAt(mark, placements) };
  });
  return found.filter(({ told }) => told).map(({ name, told, mark, target }) => {
    const nodes = build(told.html, true);
    const hidden = mark ? hide(defaultOf(mark)) : [];
    mark?.after(...nodes);
    return { name, told, nodes, hidden, target, isPut: Boolean(mark) };
  });
};
