/* Elements. The one place that makes them: data always goes in as text, never as markup. */

const SVG = 'http://www.w3.org/2000/svg';
const PROPERTIES = new Set([
  'hidden',
  'disabled',
  'value',
  'checked',
  'tabIndex',
  'textContent',
  'indeterminate',
]);

function assign(node, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key === 'class') node.setAttribute('class', value);
  else if (typeof value === 'function') node.addEventListener(key, value);
  else if (PROPERTIES.has(key)) node[key] = value;
  else node.setAttribute(key, value === true ? '' : value);
}

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props)) assign(node, key, value);
  node.append(
    ...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return node;
}

/** An HTML element; a function among the props is a listener for the event of its name. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** An SVG element. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Styles through the object model, which the content security policy allows and attributes it does not. */
export function style(node, values) {
  for (const [name, value] of Object.entries(values)) node.style.setProperty(name, String(value));
  return node;
}

/** A button that shows text or an icon. */
export function button(label, click, props = {}, ...children) {
  return h('button', { type: 'button', click, ...props }, ...(children.length ? children : [label]));
}

const unique = { next: 0 };

/** A fresh id for aria references. */
export function id(prefix) {
  unique.next += 1;
  return `${prefix}-${unique.next}`;
}

/** Calls `act` once the calls to the returned function have paused for `wait` milliseconds. */
export function debounce(wait, act) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(act, wait, ...args);
  };
}
