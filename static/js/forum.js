// A thread that follows along: one's own states by themselves, others' new posts behind a button.

import { refresh } from "./live.js";
import { keepOpen } from "./socket.js";

const posts = document.getElementById("posts");
const newer = document.getElementById("newer");
const thread = Number(posts.dataset.thread);
const LOOK_MS = 10_000;
let wasAway = false;

/** Whether a text of one's own still waits for the filter or for a person. */
function waiting() {
  return Boolean(document.querySelector(".state-screening, .state-held"));
}

async function show() {
  newer.hidden = true;
  await refresh().catch(() => {
    newer.hidden = false;
  });
}

newer.querySelector("button").addEventListener("click", show);

// A closed post opens in its place; the address remembers it, so that it stays open.
posts.parentElement.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-open]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const id = link.closest("article").id;
  history.replaceState(null, "", link.href);
  await refresh().catch(() => location.reload());
  const article = document.getElementById(id);
  article.tabIndex = -1;
  article.focus();
});

const socket = keepOpen("/ws/notices/", {
  onFrame(frame) {
    if (frame.t === "welcome") {
      socket.send({ t: "watch", topic: `thread.${thread}` });
      // What came between the page and the socket was told to nobody.
      if (wasAway || waiting()) show();
      wasAway = false;
    } else if (frame.t === "review") show();
    else if (frame.t === "thread" && frame.thread === thread) {
      // Nothing moves under a reader: a change in what is shown comes in, a new post waits.
      if (document.getElementById(`post-${frame.post}`)) show();
      else newer.hidden = false;
    }
  },
  onState(state) {
    if (state === "away") wasAway = true;
  },
});
// What the bus may lose is found here.
setInterval(() => document.hidden || (waiting() && refresh().catch(() => {})), LOOK_MS);

// What was on the screen for a while counts as read.
const form = document.querySelector("form[data-read]");
if (form) {
  setTimeout(() => {
    if (document.hidden) return;
    fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" })
      .then(() => form.remove())
      .catch(() => {});
  }, 3000);
}
