/** The address of Grafana, where one is configured: told with the company, asked for once. */

import { get } from '../api.js';
import { el } from '../dom.js';

/** @type {Promise<string | null> | null} */
let base = null;

/**
 * A place for the link to a board of Grafana; it stays empty where none is configured.
 * @param {string} board
 * @param {Record<string, string>} variables of the board
 * @param {string | null} [told] the address, where it has just been told
 * @returns {HTMLElement}
 */
export function grafana(board, variables, told) {
  if (told !== undefined) base = Promise.resolve(told);
  base ??= get('board/company').then((found) => found.grafana).catch(() => {
    base = null;
    return null;
  });
  const place = el('span', { hidden: true });
  base.then((address) => {
    if (!address || !/^https?:\/\//.test(address)) return;
    const query = new URLSearchParams(Object.entries(variables).map(([name, value]) => [`var-${name}`, value])).toString();
    place.append(el('a', { href: `${address.replace(/\/$/, '')}/d/upscore-${board}${query ? `?${query}` : ''}`, rel: 'noreferrer' }, 'Open in Grafana'));
    place.hidden = false;
  });
  return place;
}
