/** Asks for what the page is made of while its modules are still on their way; `api.js` takes the answer. No module: it runs at once. */

(() => {
  const [, page, id] = /^#\/(company|team|territory|rep)(?:\/([^?]+))?(?:\?|$)/.exec(location.hash || '#/company') ?? [];
  if (!page || (page === 'company') !== !id) return;
  let path = `board/${page}`;
  try {
    if (id) path += `/${encodeURIComponent(decodeURIComponent(id))}`;
  } catch {
    return; // the link is cut off; the page says so
  }
  let token = '';
  try {
    token = sessionStorage.getItem('upscore-token') ?? '';
  } catch {
    // Storage may be forbidden; the page asks for a token then.
  }
  const answer = fetch(`api/v1/${path}`, { headers: token ? { Authorization: `Bearer ${token}` } : {}, cache: 'no-store' });
  answer.catch(() => {}); // whoever takes it is told
  window.firstAnswer = { path, token, answer };
})();
