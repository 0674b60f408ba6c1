/** The prompt for a token: loaded where one is asked for. */

import { el } from '../dom.js';

/**
 * Asks until a token is given.
 * @param {boolean} wrong whether one was refused
 * @param {(token: string) => void} keep
 * @returns {Promise<void>}
 */
export function promptToken(wrong, keep) {
  return new Promise((resolve) => {
    const input = el('input', {
      type: 'password', name: 'token', id: 'token', required: true, autocomplete: 'off', 'aria-describedby': 'token-why',
    });
    const given = (event) => {
      event.preventDefault();
      keep(input.value.trim());
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
