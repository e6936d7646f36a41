// What every page has: leaving quickly, asking before what cannot be undone, kind little things.

// --- Leaving quickly -----------------------------------------------------------------------------

const form = document.querySelector("form[data-leave]");
const told = document.getElementById("told");

const LEFT = "left";

/** Back was faster than signing out: nothing is shown until it is done. */
async function stayAway() {
  document.body.hidden = true;
  await fetch(form.action, { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
  sessionStorage.removeItem(LEFT);
  location.reload();
}

function leave() {
  // Hide first: signing out may take a moment, and somebody may be at the door.
  document.body.hidden = true;
  document.title = "…";
  sessionStorage.setItem(LEFT, "1");
  fetch(form.action, { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
  // replace, so that Back does not lead here.
  location.replace(form.dataset.leave);
}

/** Back or a reload may show a page fetched just before signing out was done: ask once more. */
async function stillIn() {
  const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") location.reload();
}

const arrived = performance.getEntriesByType("navigation")[0]?.type;
if (!form) sessionStorage.removeItem(LEFT);
else if (sessionStorage.getItem(LEFT)) stayAway();
else if (arrived === "back_forward" || arrived === "reload") stillIn();

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
  });
  let shifts = 0;
  let since = 0;
  addEventListener("keyup", (event) => {
    if (event.key !== "Shift") {
      shifts = 0;
      return;
    }
    shifts = Date.now() - since < 1500 ? shifts + 1 : 1;
    since = Date.now();
    if (shifts === 2) told.textContent = "Press Shift once more to leave this site.";
    if (shifts === 3) leave();
  });
  // A capital letter is typed with Shift as well: that is not leaving.
  addEventListener("keydown", (event) => {
    if (event.key !== "Shift") shifts = 0;
  });
  // A page kept in memory must not come back after leaving.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

// --- Asking first: <form data-ask="Close this link?"> --------------------------------------------

const ask = document.getElementById("ask");
let asked = null;

addEventListener("submit", (event) => {
  const words = event.target.dataset?.ask;
  if (!words || !ask || event.defaultPrevented || asked === event.target) return;
  event.preventDefault();
  ask.querySelector("h2").textContent = words;
  ask.returnValue = "";
  ask.showModal();
  ask.onclose = () => {
    if (ask.returnValue !== "yes") return;
    asked = event.target;
    asked.requestSubmit(event.submitter);
  };
});

// --- Words ---------------------------------------------------------------------------------------

// A screen reader says only what is put into a live region after the page has come.
for (const message of document.querySelectorAll(".messages li")) {
  setTimeout(() => message.replaceChildren(...message.childNodes), 100);
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.title = at.toLocaleString();
}

for (const input of document.querySelectorAll("input[data-select-all]")) {
  input.addEventListener("focus", () => input.select());
}

// Boxes grow with their text by themselves where the browser knows field-sizing.
if (!CSS.supports("field-sizing", "content")) {
  addEventListener("input", ({ target }) => {
    if (target.tagName === "TEXTAREA") target.rows = Math.min(16, target.value.split("\n").length + 1);
  });
}

document.querySelector(".problems")?.focus();
