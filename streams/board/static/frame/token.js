/** The token of the API, asked for once and kept while the tab is open. */

const KEY = 'upscore-token';
/** @type {Promise<void> | null} */
let asking = null;

/** @returns {string} empty where there is none */
export function heldToken() {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

/**
 * Shows the prompt, once for all who wait; resolves when a token was given.
 * @param {boolean} refused whether the one that is held was wrong
 * @param {string} sent the one that was refused; where another is held by now, nothing is asked
 * @returns {Promise<void>}
 */
export function askToken(refused, sent) {
  if (!refused && heldToken() !== sent) return Promise.resolve();
  asking ??= import('./token_prompt.js').then(({ promptToken }) => promptToken(Boolean(sent), (token) => sessionStorage.setItem(KEY, token))).finally(() => {
    asking = null;
  });
  return asking;
}
