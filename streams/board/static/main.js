/** The board: which page is shown, and what keeps it fresh. */

import { NoAnswer } from './api.js';
import { el } from './dom.js';
import { update } from './figure.js';
import { ASK_AGAIN, listen, pause } from './live.js';
import { placeOf } from './router.js';
import { announce, heard } from './frame/said.js';
import { mountTheme } from './frame/theme.js';

/**
 * What a page gives back once its data is there.
 * @typedef {object} View
 * @property {string} title
 * @property {(Node | null | false)[]} content
 * @property {string[]} [subjects] whose news it wants; none: the company and its teams
 * @property {Promise<void>} [later] what takes longer than the page should wait
 * @property {string} [members] the group whose reps' news it wants too
 * @property {(summary: any) => void} [score] after figures were updated
 * @property {(alert: any) => void} [alert]
 * @property {(news: any) => void} [stream]
 * @property {() => void} [again] news may have been missed: look anew
 */

/** @type {Record<string, () => Promise<{draw: (place: import('./router.js').Place, signal: AbortSignal) => Promise<View>}>>} */
const PAGES = {
  company: () => import('./pages/company.js'),
  team: () => import('./pages/group.js'),
  territory: () => import('./pages/group.js'),
  rep: () => import('./pages/rep.js'),
  alerts: () => import('./pages/alerts.js'),
  stream: () => import('./pages/stream.js'),
  scorecard: () => import('./pages/scorecard.js'),
};

const main = document.getElementById('main');
const lamp = document.getElementById('live');
const lampText = document.getElementById('live-text');
let shown = new AbortController();
let first = true;

/** Shows the page of the address. */
async function go() {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  const place = placeOf(location.hash);
  const moved = !first;
  first = false;
  main.dataset.page = place.page;
  state('loading');
  if (!main.hasChildNodes()) main.append(el('p', { class: 'faint wait' }, 'Reading scores …'));
  current(place.page);
  for (;;) {
    try {
      const view = await draw(place, signal);
      if (signal.aborted) return;
      put(view, moved);
      keepFresh(view, signal);
      await view.later;
      if (!signal.aborted) state('ready');
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof NoAnswer)) console.error(error);
      fail(error, place);
      if (!(error instanceof NoAnswer) || !error.passing) return;
      await pause(ASK_AGAIN, signal);
      if (signal.aborted) return;
    }
  }
}

async function draw(place, signal) {
  const load = PAGES[place.page];
  if (!load) throw new NoAnswer(404, 'There is no such page. The link may be cut off, or of another version.');
  return (await load()).draw(place, signal);
}

function put(view, moved) {
  main.replaceChildren(...view.content.filter((node) => node instanceof Node));
  document.title = `${view.title} - upscore`;
  state(view.later ? 'drawn' : 'ready');
  if (!moved) return;
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

function state(now) {
  main.dataset.state = now;
  main.setAttribute('aria-busy', String(now === 'loading' || now === 'drawn'));
}

function fail(error, place) {
  const missing = error instanceof NoAnswer && error.status === 404;
  document.title = 'upscore';
  main.replaceChildren(el('section', { class: 'sheet notice', role: 'alert' },
    el('h1', {}, missing ? 'Not found' : 'No answer'),
    el('p', {}, error instanceof NoAnswer ? error.message : `The page could not be drawn: ${error.message}.`, error.passing && ' The page asks again by itself.'),
    missing && place.id ? el('p', { class: 'faint' }, 'Asked for: ', el('code', {}, place.id), '. The search above knows ids and names.') : null,
    el('p', {}, el('button', { type: 'button', click: go }, 'Try again'), ' ', el('a', { href: '#/company' }, 'To the company')),
  ));
  state('failed');
}

function keepFresh(view, signal) {
  listen(view, {
    state: (now, said) => {
      lamp.dataset.live = now;
      lampText.textContent = said;
      if (now === 'lost') announce('The connection is lost; the page goes on by itself once it is back.');
    },
    score: (summary) => {
      update(main, summary);
      heard(summary);
      view.score?.(summary);
    },
    alert: (alert) => {
      announce(`${alert.name || alert.id}: ${alert.type === 'ScoreDropped' ? 'a new alert' : 'recovered'}`);
      view.alert?.(alert);
    },
    stream: (news) => view.stream?.(news),
    again: () => view.again?.(),
  }, signal);
}

function current(page) {
  for (const link of document.querySelectorAll('header nav a')) {
    if (link.getAttribute('href') === `#/${page}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** The link to the content is no page. */
function skip(event) {
  event.preventDefault();
  main.focus();
}

mountTheme(document.getElementById('theme'));
const find = document.getElementById('find');
find.addEventListener('focusin', async () => (await import('./frame/search.js')).mountSearch(find), { once: true });
find.addEventListener('submit', (event) => event.preventDefault()); // before the search is loaded
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog')) return;
  event.preventDefault();
  find.elements.namedItem('find').focus();
});
document.querySelector('.skip')?.addEventListener('click', skip);
addEventListener('hashchange', go);
go();
