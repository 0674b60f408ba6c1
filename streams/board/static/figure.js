/** Figures: what is shown of a number, its full value beside it, and a quiet mark where it has just changed. */

import { el } from './dom.js';
import { count, points, share, signed } from './format.js';

const MARKED_FOR = 8000;

/** How the figures of a summary are written. @type {Record<string, (value: any) => string>} */
const WRITTEN = { score: points, low: points, high: points, level: points, improvement: points, coverage: share, n_members: count, before: points, change: signed };

/**
 * A number on the page.
 * @param {string} name as in the API
 * @param {number | null | undefined} value
 * @param {string} shown
 * @param {Record<string, unknown>} [props]
 * @returns {HTMLElement}
 */
export function figure(name, value, shown, props = {}) {
  return el('span', { 'data-figure': name, 'data-value': value === null || value === undefined ? '' : String(value), ...props }, shown);
}

/**
 * A figure of a summary, as all of them are written.
 * @param {Record<string, any>} summary
 * @param {string} name
 * @param {Record<string, unknown>} [props]
 * @returns {HTMLElement}
 */
export const figureOf = (summary, name, props) => figure(name, summary[name], WRITTEN[name](summary[name]), props);

/** What is marked when it changes; the rest of a summary follows it. */
const MARKED = new Set(['score', 'change']);
/** @type {WeakMap<Element, number>} */
const marked = new WeakMap();

/**
 * Marks what has just changed, for some seconds.
 * @param {Element} element
 */
export function mark(element) {
  clearTimeout(marked.get(element));
  element.setAttribute('data-changed', '');
  marked.set(element, window.setTimeout(() => element.removeAttribute('data-changed'), MARKED_FOR));
}

/**
 * Writes new figures of a subject wherever it is shown below `root`, and marks those that read otherwise now.
 * @param {Element} root
 * @param {Record<string, any>} summary
 */
export function update(root, summary) {
  const subject = `${summary.subject}:${summary.id}`;
  for (const found of root.querySelectorAll('[data-figure]')) {
    const name = found.getAttribute('data-figure') ?? '';
    if (!(name in WRITTEN) || !(name in summary) || found.closest('[data-subject]')?.getAttribute('data-subject') !== subject) continue;
    const value = summary[name] === null ? '' : String(summary[name]);
    if (found.getAttribute('data-value') === value) continue;
    found.setAttribute('data-value', value);
    const shown = WRITTEN[name](summary[name]);
    if (found.textContent !== shown) {
      found.textContent = shown;
      if (MARKED.has(name)) mark(found);
    }
  }
}

/**
 * Marks the figures of a part that was drawn anew and read otherwise than before, or were marked already.
 * @param {Element} before
 * @param {Element} after
 */
export function markChanges(before, after) {
  const key = (element) => `${element.getAttribute('data-figure')}|${element.getAttribute('data-window') ?? ''}`;
  const old = new Map([...before.querySelectorAll('[data-figure]')].map((element) => [key(element), element]));
  for (const element of after.querySelectorAll('[data-figure]')) {
    const was = old.get(key(element));
    if (was && (was.textContent !== element.textContent || was.hasAttribute('data-changed'))) mark(element);
  }
}
