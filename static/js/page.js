// What every page has: leaving quickly, asking before what cannot be undone, times as people say them.

const form = document.querySelector("form[data-leave]");

function leave() {
  // Hide first: signing out may take a moment, and somebody may be at the door.
  document.body.hidden = true;
  document.title = "…";
  fetch(form.action, { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
  // replace, so that Back does not lead here.
  location.replace(form.dataset.leave);
}

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
    if (shifts === 3) leave();
  });
  // A page kept in memory must not come back after leaving.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.title = at.toLocaleString();
}

for (const input of document.querySelectorAll("input[data-select-all]")) {
  input.addEventListener("focus", () => input.select());
}

const problem = document.querySelector(".problems");
if (problem) problem.focus();
