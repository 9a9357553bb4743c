// Trees of parse5, for comparison. Pages are strings with a character for each byte (latin1), so
// that parse5's offsets are those of the bytes.
import { defaultTreeAdapter, parse as parseHtml } from 'parse5';

let begun; // offsets of start tags that have made their element

const namespaces = {
  'http://www.w3.org/2000/svg': 'svg ',
  'http://www.w3.org/1998/Math/MathML': 'math ',
};

function noteArrival(parent, node, next) {
  if (node.tagName === undefined || node.index !== undefined) {
    return;
  }
  node.cameInto = parent;
  const before = next === undefined ? parent.childNodes : parent.childNodes.slice(0, parent.childNodes.indexOf(next));
  node.earlier = before.filter((child) => child.tagName !== undefined);
  node.index = node.earlier.length + 1;
}

// A stream says what an element is when its start tag comes: attributes that a later <html> or <body>
// adds do not count; `cameInto` is its first parent, `index` its number among the elements
// there, of which `earlier` are those before it.
// `begin` is where its start tag stands; those that have none, clones included, have none.
const treeAdapter = {
  ...defaultTreeAdapter,
  adoptAttributes() {},
  setNodeSourceCodeLocation(node, location) {
    defaultTreeAdapter.setNodeSourceCodeLocation(node, location);
    if (node.tagName !== undefined && location?.startTag && !begun.has(location.startTag.startOffset)) {
      begun.add(location.startTag.startOffset);
      node.begin = location.startTag.startOffset;
    }
  },
  setTemplateContent(template, content) {
    content.host = template;
    defaultTreeAdapter.setTemplateContent(template, content);
  },
  appendChild(parent, node) {
    noteArrival(parent, node);
    defaultTreeAdapter.appendChild(parent, node);
  },
  insertBefore(parent, node, next) {
    noteArrival(parent, node, next);
    defaultTreeAdapter.insertBefore(parent, node, next);
  },
};

export function parse(page) {
  begun = new Set();
  return parseHtml(page, { sourceCodeLocationInfo: true, treeAdapter });
}

// Makes of what elements were when they came what they have become.
export function settle(tree) {
  for (const node of walk(tree)) {
    if (isElement(node)) {
      const siblings = node.parentNode.childNodes.filter(isElement);
      node.cameInto = node.parentNode;
      node.index = siblings.indexOf(node) + 1;
      node.earlier = siblings.slice(0, node.index - 1);
    }
  }
  return tree;
}

// The content of a template counts as its children.
export function childrenOf(node) {
  return node.content?.childNodes ?? node.childNodes ?? [];
}

function withoutFragment(parent) {
  return parent?.nodeName === '#document-fragment' ? parent.host : parent;
}

export function parentOf(node) {
  return withoutFragment(node.parentNode);
}

export function firstParentOf(node) {
  return withoutFragment(node.cameInto);
}

// Every node below `root` in document order.
export function* walk(root) {
  for (const child of childrenOf(root)) {
    yield child;
    yield* walk(child);
  }
}

export function isElement(node) {
  return node.tagName !== undefined;
}

export function attribute(node, name) {
  return node.attrs.find((one) => one.name === name)?.value;
}

export function isBetween(node, ancestor) {
  for (; node; node = parentOf(node)) {
    if (node === ancestor) {
      return true;
    }
  }
  return false;
}

// The way to a node from the root, by its number among siblings that are not text: texts merge and
// part where an element comes or goes.
export function pathOf(node) {
  const path = [];
  for (let parent = parentOf(node); parent; node = parent, parent = parentOf(node)) {
    path.unshift(childrenOf(parent).filter((one) => one.nodeName !== '#text').indexOf(node));
  }
  return path;
}

export function nodeAt(root, path) {
  let node = root;
  for (const index of path) {
    node = node && childrenOf(node).filter((one) => one.nodeName !== '#text')[index];
  }
  return node;
}

// A tree as a string. `change(node)` may give the string to stand for a node instead.
export function print(root, change = () => undefined) {
  let printed = '';
  let inText = false;
  const add = (node) => {
    const instead = change(node);
    if (instead !== undefined) {
      inText = inText && instead === '';
      printed += instead;
    } else if (node.nodeName === '#text') {
      printed += (inText ? '' : '"') + node.value;
      inText = true;
    } else {
      inText = false;
      if (node.nodeName === '#comment') {
        printed += `<!--${node.data}-->`;
      } else if (node.nodeName === '#documentType') {
        printed += `<!${node.name}>`;
      } else {
        const attributes = (node.attrs ?? []).map(({ name, value }) => ` ${name}=${JSON.stringify(value)}`);
        printed += `<${namespaces[node.namespaceURI] ?? ''}${node.nodeName}${attributes.join('')}>`;
        childrenOf(node).forEach(add);
        inText = false;
        printed += '</>';
      }
    }
  };
  add(root);
  return printed;
}
