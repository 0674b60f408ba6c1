/** News of the worker: server-sent events, read by fetch, for an EventSource sends no token. */

import { NoAnswer, ask } from './api.js';

/** After so many milliseconds a page asks again for what it was refused. */
export const ASK_AGAIN = 4000;
const AT_MOST_EVERY = 3000;
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30000;

/** @typedef {{score?: (data: any) => void, alert?: (data: any) => void, stream?: (data: any) => void, again?: () => void, state?: (state: 'live' | 'waiting' | 'lost', said: string) => void}} Listeners */

/**
 * Listens until `signal` ends it. A hidden tab lets go, and comes back when it is seen.
 * @param {{subjects?: string[], members?: string}} watched like `rep:r-1`; `members`: all reps of a group; nothing: the company and its teams
 * @param {Listeners} listeners `again`: events may have been missed
 * @param {AbortSignal} signal
 */
export async function listen({ subjects = [], members }, listeners, signal) {
  const keys = subjects.map((subject) => encodeURIComponent(subject)).join(',');
  const query = [keys && `subjects=${keys}`, members && `members=${encodeURIComponent(members)}`].filter(Boolean).join('&');
  let wait = FIRST_WAIT;
  let before = false;
  while (!signal.aborted) {
    await untilSeen(signal);
    if (signal.aborted) return;
    const one = new AbortController();
    const end = () => one.abort();
    const hide = () => document.hidden && end();
    signal.addEventListener('abort', end);
    document.addEventListener('visibilitychange', hide);
    try {
      const response = await ask(`board/events${query && `?${query}`}`, one.signal);
      listeners.state?.('live', 'live');
      if (before) listeners.again?.();
      before = true;
      wait = FIRST_WAIT;
      await read(response, listeners);
      listeners.state?.('waiting', 'connecting again');
    } catch (error) {
      if (signal.aborted) return;
      if (!one.signal.aborted) listeners.state?.('lost', error instanceof NoAnswer && error.status ? 'not live: too busy' : 'connection lost');
    } finally {
      signal.removeEventListener('abort', end);
      document.removeEventListener('visibilitychange', hide);
    }
    await pause(wait, signal);
    wait = Math.min(wait * 1.6, LONGEST_WAIT);
  }
}

async function read(response, listeners) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    held += value.replaceAll('\r\n', '\n');
    const events = held.split('\n\n');
    held = events.pop() ?? '';
    for (const event of events) tell(event, listeners);
  }
}

function tell(event, listeners) {
  const { name, data } = parsed(event);
  if (!data) return;
  if (name === 'score' || name === 'alert' || name === 'stream') listeners[name]?.(JSON.parse(data));
}

/** One event's name and data. Source: HTML, server-sent events. */
function parsed(event) {
  let name = 'message';
  const data = [];
  for (const line of event.split('\n')) {
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  }
  return { name, data: data.join('\n') };
}

function untilSeen(signal) {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const seen = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', seen);
      resolve();
    };
    document.addEventListener('visibilitychange', seen);
    signal.addEventListener('abort', seen, { once: true });
  });
}

/**
 * Some time, or less when it is no longer wanted.
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

/**
 * A function that has something looked at anew: at most every few seconds, once more after the last call, and again while the worker
 * cannot answer.
 * @param {() => Promise<void>} work
 * @param {AbortSignal} signal
 * @returns {() => Promise<void>}
 */
export function renewing(work, signal) {
  let [running, wanted] = [false, false];
  return async () => {
    wanted = true;
    if (running) return;
    running = true;
    while (wanted && !signal.aborted) {
      wanted = false;
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NoAnswer) wanted ||= error.passing;
        else console.error(error);
      }
      await pause(wanted ? ASK_AGAIN : AT_MOST_EVERY, signal);
    }
    running = false;
  };
}
