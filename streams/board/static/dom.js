/** Elements: every text enters as a text node, so nothing that comes from a record is ever read as markup. */

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Node | string | number | null | undefined | false} Child */

function dress(made, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') made.addEventListener(name, value);
    else made.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * An HTML element.
 * @param {string} name
 * @param {Record<string, unknown>} [props] attributes; a function is a listener of the event of its name; null and false are left out
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function el(name, props = {}, ...children) {
  const made = document.createElement(name);
  dress(made, props);
  fill(made, ...children);
  return made;
}

/**
 * An SVG element, likewise.
 * @param {string} name
 * @param {Record<string, unknown>} [props]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(name, props = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  dress(made, props);
  fill(made, ...children);
  return made;
}

/**
 * Append what is there.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * A sheet of the page with a heading.
 * @param {string} title
 * @param {Record<string, unknown>} props
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function sheet(title, props, ...children) {
  return el('section', { class: 'sheet', 'aria-label': title, ...props }, el('h2', {}, title), ...children);
}

/**
 * A table whose first column heads the rows.
 * @param {string} caption said to screen readers
 * @param {Child[]} head
 * @param {Child[][]} rows
 * @param {Record<string, unknown>} [props]
 * @returns {HTMLElement}
 */
export function table(caption, head, rows, props = {}) {
  return el(
    'div', { class: 'scroll', role: 'group', 'aria-label': caption, tabindex: '0' },
    el('table', props,
      el('caption', { class: 'unseen' }, caption),
      el('thead', {}, el('tr', {}, head.map((cell) => el('th', { scope: 'col' }, cell)))),
      el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell, column) => cell instanceof HTMLTableCellElement
        ? cell : el(column ? 'td' : 'th', column ? {} : { scope: 'row' }, cell))))),
    ),
  );
}
