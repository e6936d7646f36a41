// Parts of a page that follow along: the page is fetched again and the parts are put in place.
// The server renders both times from one template, and no HTML is made from text here.

let running = false;
let again = false;

function fetchPage() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.timeout = 10_000;
    // Nobody did anything: this does not keep a session alive.
    request.setRequestHeader("X-Live", "1");
    request.onload = () => {
      // A redirect leads elsewhere, to signing in perhaps: nothing of it belongs here.
      const same = new URL(request.responseURL).pathname === location.pathname;
      if (request.status === 200 && same && request.response) resolve(request.response);
      else reject(new Error(`page not fetched: ${request.status}`));
    };
    request.onerror = request.ontimeout = () => reject(new Error("page not fetched"));
    request.send();
  });
}

/** The place of the focus inside a part, in a form that survives the exchange of the part. */
function focusIn(part) {
  const active = document.activeElement;
  if (!active || !part.contains(active)) return null;
  return active.dataset.key || active.id || null;
}

function put(part, fresh) {
  const key = focusIn(part);
  const open = [...part.querySelectorAll("details")].map((one) => one.open);
  const copy = document.importNode(fresh, true);
  copy.querySelectorAll("details").forEach((one, at) => {
    if (open[at]) one.open = true;
  });
  part.replaceWith(copy);
  if (key) copy.querySelector(`[data-key="${CSS.escape(key)}"], #${CSS.escape(key)}`)?.focus();
  return copy;
}

/** Whether somebody is typing inside the part: it is left alone then. */
function inUse(part) {
  return Boolean(part.querySelector("textarea:focus, input:focus:not([type=hidden]), select:focus"));
}

/**
 * Fetch the page again and exchange every element with `data-part` by the one with the same id.
 * Calls in quick succession become one. Returns the changes as [{id, before, after}], with the
 * numbers from data-count; [] when another refresh was under way and has taken this one along.
 */
export async function refresh() {
  if (running) {
    again = true;
    return [];
  }
  running = true;
  const changes = [];
  try {
    do {
      again = false;
      const page = await fetchPage();
      for (const part of document.querySelectorAll("[data-part]")) {
        const fresh = page.getElementById(part.id);
        if (!fresh || inUse(part) || part.isEqualNode(fresh)) continue;
        changes.push({ id: part.id, before: Number(part.dataset.count), after: Number(fresh.dataset.count) });
        put(part, fresh);
      }
    } while (again);
  } finally {
    running = false;
  }
  return changes;
}
