/** The way to Grafana, where one is configured. */

import { el } from '../dom.js';

/**
 * The link to a board of Grafana; nothing where none is configured.
 * @param {string | null} address as the answer tells it
 * @param {string} board
 * @param {Record<string, string>} variables of the board
 * @returns {HTMLElement | null}
 */
export function grafana(address, board, variables) {
  if (!address || !/^https?:\/\//.test(address)) return null;
  const query = new URLSearchParams(Object.entries(variables).map(([name, value]) => [`var-${name}`, value])).toString();
  return el('a', { href: `${address.replace(/\/$/, '')}/d/upscore-${board}${query ? `?${query}` : ''}`, rel: 'noreferrer' }, 'Open in Grafana');
}
