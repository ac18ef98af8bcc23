/* Elements. The one place that makes them: data always goes in as text, never as markup. */
// @ts-check

/**
 * @typedef {string | number | boolean | null | undefined} Attribute
 * @typedef {{[E in keyof GlobalEventHandlersEventMap]?: (event: GlobalEventHandlersEventMap[E]) => void}} Listeners
 * @typedef {{on?: Listeners, [attribute: string]: Attribute | Listeners}} Props  `on` has listeners by event.
 * @typedef {Node | string | false | null | undefined} Child  Null, undefined and false are left out.
 * @typedef {Child | Child[]} Children
 */

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

/**
 * @param {Element} node
 * @param {string} key
 * @param {Attribute} value
 */
function assign(node, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (PROPERTIES.has(key)) Reflect.set(node, key, value);
  else node.setAttribute(key, value === true ? '' : String(value));
}

/**
 * @template {Element} E
 * @param {E} node
 * @param {Props} props
 * @param {Children[]} children
 */
function fill(node, { on = {}, ...attributes }, children) {
  for (const [key, value] of Object.entries(attributes)) assign(node, key, /** @type {Attribute} */ (value));
  for (const [name, listener] of Object.entries(on))
    node.addEventListener(name, /** @type {EventListener} */ (listener));
  replaceChildren(node, ...children);
  return node;
}

/**
 * Puts children in place of those that an element has.
 * @param {Element} node
 * @param {...Children} children
 */
export function replaceChildren(node, ...children) {
  node.replaceChildren(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
}

/**
 * An HTML element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...Children} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...Children} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/**
 * Styles through the object model, which the content security policy allows and attributes it does not.
 * @template {HTMLElement | SVGElement} E
 * @param {E} node
 * @param {Record<string, string | number>} values
 */
export function style(node, values) {
  for (const [name, value] of Object.entries(values)) node.style.setProperty(name, String(value));
  return node;
}

/**
 * A button that shows text or an icon.
 * @param {string} label
 * @param {(event: MouseEvent) => void} click
 * @param {Props} [props]
 * @param {...Children} children
 */
export function button(label, click, props = {}, ...children) {
  return h(
    'button',
    { type: 'button', ...props, on: { click, ...props.on } },
    ...(children.length ? children : [label]),
  );
}

/**
 * An element that the page always has.
 * @param {string} selector
 */
export function required(selector) {
  const found = document.querySelector(selector);
  if (found instanceof HTMLElement) return found;
  throw new Error(`The page has no ${selector}`);
}

/**
 * Gives the focus to the first element inside that fits the first selector with a match.
 * @param {Element} element
 * @param {...string} selectors
 */
export function focusFirst(element, ...selectors) {
  for (const selector of selectors) {
    const found = element.querySelector(selector);
    if (found instanceof HTMLElement) return found.focus();
  }
}

/**
 * The nearest element around the target of an event that fits a selector.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {Event} event
 * @param {K} selector
 * @returns {HTMLElementTagNameMap[K] | null}
 */
export function closest({ target }, selector) {
  return target instanceof Element ? target.closest(selector) : null;
}

/**
 * Whether an element contains a target of an event.
 * @param {Element} element
 * @param {EventTarget | null} target
 */
export function contains(element, target) {
  return target instanceof Node && element.contains(target);
}

const unique = { next: 0 };

/**
 * A fresh id for aria references.
 * @param {string} prefix
 */
export function id(prefix) {
  unique.next += 1;
  return `${prefix}-${unique.next}`;
}

/**
 * Calls `act` once the calls to the returned function have paused for `wait` milliseconds.
 * @param {number} wait
 * @param {() => void} act
 */
export function debounce(wait, act) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, wait);
  };
}
