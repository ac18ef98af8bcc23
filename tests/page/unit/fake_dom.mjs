/* As much of a document as the page's elements need, so that modules that make them run in Node. */

class FakeElement {
  children = [];
  attributes = new Map();

  constructor(tag) {
    this.tag = tag;
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  addEventListener() {}

  replaceChildren(...children) {
    this.children = children;
  }
}

/** Makes `document` for the modules under test. */
export function installDocument() {
  globalThis.document = {
    createElement: (tag) => new FakeElement(tag),
    createElementNS: (_, tag) => new FakeElement(tag),
  };
}

/** An element and what is in it as nested lists: ['p', 'text', ['code', 'x']]. */
export function outline(node) {
  return typeof node === 'string' ? node : [node.tag, ...node.children.map(outline)];
}

/** An attribute of an element. */
export function attribute(node, name) {
  return node.attributes.get(name);
}
