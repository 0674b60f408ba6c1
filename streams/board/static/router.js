/** Links: a page and its state as the hash of the address, `#/rep/r-1?from=2026-01-01`. */

/**
 * @typedef {object} Place
 * @property {string} page company, team, territory, rep, alerts, stream, scorecard, or missing
 * @property {string} id of the subject; empty where the page has none
 * @property {URLSearchParams} state
 */

const WITH_ID = new Set(['team', 'territory', 'rep']);
const ALONE = new Set(['company', 'alerts', 'stream', 'scorecard']);

/**
 * Where a hash leads; `missing` where nothing is.
 * @param {string} hash
 * @returns {Place}
 */
export function placeOf(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const slash = path.indexOf('/');
  const page = slash < 0 ? path : path.slice(0, slash);
  const state = new URLSearchParams(query);
  let id = '';
  try {
    id = slash < 0 ? '' : decodeURIComponent(path.slice(slash + 1));
  } catch {
    return { page: 'missing', id: path, state };
  }
  if (page === '' || (page === 'company' && (id === '' || id === 'company'))) return { page: 'company', id: 'company', state };
  if (ALONE.has(page) && id === '') return { page, id, state };
  if (WITH_ID.has(page) && id !== '') return { page, id, state };
  return { page: 'missing', id: path, state };
}

/**
 * The link to a subject's page.
 * @param {string} subject
 * @param {string} id
 * @param {Record<string, string>} [state]
 * @returns {string}
 */
export function linkTo(subject, id, state = {}) {
  const query = new URLSearchParams(state).toString();
  const path = subject === 'company' ? '#/company' : `#/${subject}/${encodeURIComponent(id)}`;
  return query ? `${path}?${query}` : path;
}

/**
 * Keep something in the address without going anywhere; an empty value is taken out.
 * @param {Record<string, string>} changes
 */
export function remember(changes) {
  const [path, query = ''] = location.hash.split(/\?(.*)/s);
  const state = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) state.set(name, value);
    else state.delete(name);
  }
  const kept = state.toString();
  history.replaceState(null, '', `${path || '#/company'}${kept ? `?${kept}` : ''}`);
}
