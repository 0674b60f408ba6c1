/** The token of the API, asked for once and kept while the tab is open. */

import { el } from '../dom.js';

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
  asking ??= prompt(Boolean(sent)).finally(() => {
    asking = null;
  });
  return asking;
}

/**
 * @param {boolean} wrong
 * @returns {Promise<void>}
 */
function prompt(wrong) {
  return new Promise((resolve) => {
    const input = el('input', {
      type: 'password', name: 'token', id: 'token', required: true, autocomplete: 'off', 'aria-describedby': 'token-why',
    });
    const given = (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, input.value.trim());
      dialog.close();
      dialog.remove();
      resolve();
    };
    const dialog = el(
      'dialog', { class: 'sheet', 'aria-labelledby': 'token-title', cancel: (event) => event.preventDefault() },
      el('form', { submit: given },
        el('h2', { id: 'token-title' }, 'This board asks for a token'),
        el('p', { id: 'token-why' }, wrong
          ? 'That token was not accepted. Ask whoever runs upscore for the value of UPSCORE_HTTP_TOKEN.'
          : 'Whoever runs upscore has set one (UPSCORE_HTTP_TOKEN). It is kept until this tab is closed.'),
        el('p', {}, el('label', { for: 'token' }, 'Token'), ' ', input, ' ', el('button', { type: 'submit' }, 'Open')),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
}
