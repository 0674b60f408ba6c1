/** The sheet that holds a trend, or says why there is none. */

import { trendChart } from '../charts/trend.js';
import { el, sheet } from '../dom.js';

/**
 * @param {any | null | undefined} trend null: it cannot be had now; undefined: it is still to come
 * @param {Parameters<typeof trendChart>[2]} options
 * @returns {HTMLElement}
 */
export function trendSheet(trend, options) {
  return sheet('Trend', { class: 'sheet grow' }, trend ? trendChart(trend.days, trend.interventions, options)
    : trend === undefined ? el('p', { class: 'faint wait' }, 'Working out the trend …')
    : el('p', { class: 'faint' }, 'The trend cannot be had just now: the worker that owns it does not answer. The page asks again by itself.'));
}
