// Keeps what is typed on the server, so that a crash, a closed lid or a lost line costs a few seconds.

// From the first key on; typing on does not put it off.
const SAVE_MS = 2000;
const AGAIN_MS = 4000;

const form = document.querySelector("form[data-draft]");
const told = document.getElementById("draft-state");
const other = document.getElementById("draft-other");
const field = (name) => form.elements.namedItem(name);

let timer = 0;
let typed = false;
let running = null;
let sending = false;

function tell(words, sign) {
  told.hidden = false;
  told.className = `state ${sign}`;
  told.textContent = words;
}

/** The text, and which draft was last known here. */
function data() {
  const all = new FormData(form);
  for (const name of ["preview", "keep", "later"]) all.delete(name);
  return all;
}

function remember(kept) {
  if (kept.place) field("place").value = kept.place;
  if (kept.key) field("key").value = kept.key;
  if ("revision" in kept) field("revision").value = kept.revision;
}

async function answered(answer) {
  if (answer.ok) {
    const kept = await answer.json();
    remember(kept);
    if (kept.revision) tell("Kept as a draft. Only you see it.", "");
    else told.hidden = true;
  } else if (answer.status === 409) {
    const kept = await answer.json();
    // Both are kept; from now on this window writes on in its own.
    remember(kept);
    tell("In another window you wrote on in this draft. Both texts are kept: this one as a second draft.", "state-held");
    other.hidden = false;
    other.querySelector("p").textContent = kept.other;
  } else if (answer.status === 410) {
    tell("This text was sent already, from another window.", "");
  } else if (answer.type === "opaqueredirect" || answer.status === 403) {
    tell("You are signed out here, so this is not kept. Copy your text before you sign in again.", "state-held");
  } else throw new Error(`draft not kept: ${answer.status}`);
}

async function save() {
  clearTimeout(timer);
  timer = 0;
  if (running) return running;
  typed = false;
  running = fetch(form.dataset.draft, { method: "POST", body: data(), redirect: "manual", keepalive: document.hidden })
    .then(answered)
    .catch(() => {
      typed = true;
      tell("Not kept yet. We try again in a moment.", "state-held");
      timer = setTimeout(save, AGAIN_MS);
    })
    .finally(() => {
      running = null;
      if (typed && !timer) timer = setTimeout(save, SAVE_MS);
    });
  return running;
}

function later() {
  typed = true;
  if (!timer && !running) timer = setTimeout(save, SAVE_MS);
}

if (form) {
  form.addEventListener("input", later);
  addEventListener("visibilitychange", () => {
    if (document.hidden && typed && !sending) save();
  });
  // What is on its way arrives first: the text that is sent takes its draft along.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (running && !sending) {
      event.preventDefault();
      running.finally(() => form.requestSubmit(event.submitter));
    }
    sending = true;
  });
}
