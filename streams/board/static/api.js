/** Questions to the worker, and what is said when no answer comes. */

import { askToken, heldToken } from './frame/token.js';

/** Why there is no answer, as a sentence that says what to do. */
export class NoAnswer extends Error {
  /**
   * @param {number} status 0: nobody answers
   * @param {string} said
   */
  constructor(status, said) {
    super(said);
    this.status = status;
  }

  /** Whether asking again may help. */
  get passing() {
    return this.status === 0 || this.status === 503 || this.status === 504;
  }
}

function authorization() {
  const token = heldToken();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** The answer that `first.js` has asked for, once; nothing where it was for another page or with another token. */
function begun(path, token) {
  const first = window.firstAnswer;
  window.firstAnswer = undefined;
  return first?.path === path && first.token === token ? first.answer : undefined;
}

/**
 * A raw answer below api/v1/; asks for the token where the worker wants one, and again while it is wrong.
 * @param {string} path relative, encoded
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>} of status 200 or 202
 * @throws {NoAnswer}
 */
export async function ask(path, signal) {
  for (let wrong = false; ; wrong = true) {
    const sent = heldToken();
    let response;
    try {
      response = await (begun(path, sent) ?? fetch(`api/v1/${path}`, { headers: authorization(), signal, cache: 'no-store' }));
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new NoAnswer(0, 'The worker does not answer. Is it running?');
    }
    if (response.status !== 401) {
      if (response.ok) return response;
      throw new NoAnswer(response.status, await sentence(response));
    }
    await askToken(wrong && sent === heldToken(), sent);
  }
}

/**
 * The JSON of an answer.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, signal) {
  return (await ask(path, signal)).json();
}

async function sentence(response) {
  const text = await response.text();
  let said = '';
  try {
    said = JSON.parse(text).error ?? '';
  } catch {
    said = response.headers.get('Content-Type')?.startsWith('text/plain') ? text.slice(0, 300) : '';
  }
  const reason = said ? `${said[0].toUpperCase()}${said.slice(1).trimEnd()}.`.replace(/\.\.$/, '.') : '';
  if (response.status === 404) return reason || 'Nobody of this name is known.';
  if (response.status === 503 || response.status === 504) return reason || 'The worker cannot answer just now.';
  return `${reason || 'The worker could not answer.'} (status ${response.status})`;
}
