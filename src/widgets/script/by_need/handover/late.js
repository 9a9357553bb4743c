// @ts-check
// What came when the page was past its place (late_patch.h). A browser that knows <template for> has put it there
// itself; for others, and where the template did not reach, the marks stay in the page.
//   <?start name="pz-late-3"?>Default<?end?>, <?marker name="pz-late-4"?>      as such, or as comments
//   <template for="pz-late-3" data-pz-late="recs">                           or data-pz-for, without content

// `target`: the element that a selector has matched there, of slots with several places. `isPut`: its mark was there.
/** @typedef {{name: string, told: Told, nodes: any[], hidden: (() => void)[], target: any, isPut: boolean}} Late */

const textOf = (node) => node.nodeType === 7 ? `${node.target} ${node.data}` : /^\?(.*?)\??$/.exec(node.data)?.[1] ?? '';
const marksOfLate = () => {
  const walker = document.createTreeWalker(ofDocument('documentElement'), NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_PROCESSING_INSTRUCTION);
  const marks = new Map();
  while (walker.nextNode()) {
    const name = /^(?:start|marker) name="(pz-late-\d+)"$/.exec(textOf(walker.currentNode).trim())?.[1];
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
// The element at which a slot stands there.
const targetAt = (mark, placement) => ({
  before: mark.nextElementSibling,
  after: mark.previousElementSibling,
  replace: defaultOf(mark).find((node) => node.nodeType === 1),
}[placement] ?? mark.parentElement);
// Puts it there, as far as the browser has not.
/** @returns {Late[]} */
const takeLate = () => {
  const templates = all('template[data-pz-late]');
  const marks = templates.length ? marksOfLate() : new Map();
  const spots = new Map();
  const found = templates.map((template) => {
    const name = template.getAttribute('data-pz-late');
    const place = template.getAttribute('for') ?? template.getAttribute('data-pz-for');
    const mark = marks.get(place);
    template.remove();
    const ofElements = decisions.elements?.[name];
    const told = ofElements?.at.find(({ late = [] }) => late.includes(Number(place?.slice('pz-late-'.length)))) ??
      (decisions.late?.includes(name) && decisions.slots[name]);
    spots.has(name) || spots.set(name, ofElements ? spotsAt(name, ofElements) : spotsOf(name));
    const target = mark && spots.get(name).find(([element, placement]) => targetAt(mark, placement) === element)?.[0];
    return { name, told, mark, target };
  });
  return found.filter(({ told }) => told).map(({ name, told, mark, target }) => {
    const nodes = build(told.html, true);
    const hidden = mark ? hide(defaultOf(mark)) : [];
    mark?.after(...nodes);
    return { name, told, nodes, hidden, target, isPut: Boolean(mark) };
  });
};
