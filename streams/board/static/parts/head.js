/** The head of a subject's page: the way here, its name, its score with interval, and what is beside it. */

import { el } from '../dom.js';
import { figureOf } from '../figure.js';
import { day, share } from '../format.js';
import { linkTo } from '../router.js';
import { kindOf, nameOf, tooLittle } from '../words.js';

/**
 * The way from the company to here.
 * @param {(any | null | undefined)[]} above summaries, the nearest last
 * @param {string} here
 * @returns {HTMLElement}
 */
export function crumbs(above, here) {
  return el('nav', { class: 'crumbs', 'aria-label': 'The way here' }, el('ol', {},
    el('li', {}, el('a', { href: '#/company' }, 'Company')),
    above.filter(Boolean).map((each) => el('li', {}, el('a', { href: linkTo(each.subject, each.id) }, nameOf(each)))),
    el('li', { 'aria-current': 'page' }, here)));
}

/**
 * The heading of a page.
 * @param {any} summary
 * @param {(Node | null | false)[]} beside links and remarks
 * @returns {HTMLElement}
 */
export function heading(summary, ...beside) {
  return el('div', { class: 'heading' },
    el('h1', {}, nameOf(summary), summary.subject === 'company' ? null : el('small', { class: 'faint' }, ` ${kindOf(summary.subject).toLowerCase()}${summary.name ? ` ${summary.id}` : ''}`)),
    el('p', { class: 'beside' }, ...beside));
}

/**
 * The score, large, and what stands around it.
 * @param {any} summary
 * @param {string} asOf
 * @param {number} [gate] coverage that a score takes
 * @returns {HTMLElement}
 */
export function scoreCard(summary, asOf, gate) {
  const scored = summary.score !== null;
  return el('section', { class: 'sheet score', 'aria-label': 'Score', 'data-subject': `${summary.subject}:${summary.id}` },
    el('h2', {}, 'Score ', el('small', { class: 'faint' }, day(asOf))),
    scored
      ? el('p', { class: 'large' }, figureOf(summary, 'score'), el('small', { class: 'faint' }, ' of 100'))
      : el('p', { class: 'large none' }, figureOf(summary, 'score')),
    scored
      ? el('p', { class: 'range' }, 'most likely between ', figureOf(summary, 'low'), ' and ', figureOf(summary, 'high'), ' ', el('small', { class: 'faint nowrap' }, `(${share(0.8)} sure)`))
      : el('p', { class: 'kind' }, tooLittle(summary, share, gate)),
    el('dl', { class: 'pairs' },
      pair('Level', 'how well it goes, without the trend', figureOf(summary, 'level')),
      pair('Improvement', '50 is flat, more is getting better', figureOf(summary, 'improvement')),
      pair('Evidence', 'of what counts has records', figureOf(summary, 'coverage')),
      summary.n_members !== null && summary.n_members !== undefined ? pair('Members', 'reps that belong to it', figureOf(summary, 'n_members')) : null));
}

function pair(term, meaning, value) {
  return el('div', {}, el('dt', {}, term, ' ', el('small', { class: 'faint' }, meaning)), el('dd', {}, value));
}
