// A thread that follows along: one's own states by themselves, others' new posts behind a button.

import { refresh } from "./live.js";
import { keepOpen } from "./socket.js";

const posts = document.getElementById("posts");
const newer = document.getElementById("newer");
const thread = Number(posts.dataset.thread);

async function show() {
  newer.hidden = true;
  await refresh();
}

newer.querySelector("button").addEventListener("click", show);

const socket = keepOpen("/ws/notices/", {
  onFrame(frame) {
    if (frame.t === "welcome") socket.send({ t: "watch", topic: `thread.${thread}` });
    else if (frame.t === "review") show();
    else if (frame.t === "thread" && frame.thread === thread) {
      // Nothing moves under a reader: a change in what is shown comes in, a new post waits.
      if (document.getElementById(`post-${frame.post}`)) show();
      else newer.hidden = false;
    }
  },
});

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
