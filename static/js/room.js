// A live room (docs/protocol.md). The page works without this file; with it, the talk is live.
// Nothing is kept in the browser's storage: clinics share computers.

import { $, clock, divide, gone, line, offerBack, offerTell, say, setState, states } from "./lines.js";
import { refresh } from "./live.js";
import { keepOpen } from "./socket.js";

const frame = document.querySelector(".room");
const [log, waiting, note, newest, composer] = ["log", "waiting", "room-state", "to-newest", "composer"].map($);
const form = composer.querySelector("form");
const room = Number(frame.dataset.room);
const me = Number(frame.dataset.me);
let epoch = frame.dataset.epoch;
let seq = Number(frame.dataset.seq);
let unseen = 0;
let gapTimer = 0;
const open = new Map(); // cid -> body of what is not judged yet: sent again, with its cid, after a reconnect
const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
const toEnd = () => { log.scrollTop = log.scrollHeight; };
const find = (place, name, value) => place.querySelector(`[data-${name}="${CSS.escape(String(value))}"]`);

// What became of one's own message. Word of it may overtake the ack.
function became(cid, status, submission, mid) {
  const copy = find(waiting, "cid", cid);
  if (status !== "screening") open.delete(cid);
  if (!copy) return;
  if (status === "withdrawn") copy.remove();
  else if (status !== "screening" || copy.dataset.state === "sending") setState(copy, status, submission);
  if (status === "held" || status === "rejected") note.textContent = states[status][1];
  if (status === "rejected") copy.querySelector("form")?.remove();
  else if (mid) offerBack(copy, mid);
}

function add(copy, place, mine) {
  const follow = mine || atEnd();
  $("nothing")?.remove();
  copy.classList.toggle("mine", mine);
  place.append(copy);
  if (place === $("said")) divide(copy);
  if (follow) toEnd();
  else {
    unseen += 1;
    $("new-count").textContent = unseen === 1 ? "1 new message" : `${unseen} new messages`;
    newest.hidden = false;
  }
}

function apply(event) {
  if (event.seq <= seq) return;
  if (event.seq > seq + 1) {
    // A hole: wait a moment for what is missing, then ask for it.
    clearTimeout(gapTimer);
    gapTimer = setTimeout(join, 300);
    return;
  }
  seq = event.seq;
  const copy = event.mid && find(log, "mid", event.mid);
  if (event.t === "msg") {
    const mine = event.by.id === me;
    if (mine) {
      find(waiting, "cid", event.cid)?.remove();
      open.delete(event.cid);
    }
    const said = line(mine ? "You" : event.by.name, mine ? "" : event.by.role, event.at, event.body, event.note && !mine);
    said.dataset.mid = event.mid;
    if (event.gone) gone(said);
    else if (mine) offerBack(said, event.mid);
    else offerTell(said, event.mid, event.by.name);
    add(said, $("said"), mine);
  } else if (event.t === "mode") look();
  else if (event.t === "remove" || event.gone) gone(copy);
  else if (copy) say(copy, event.body, event.note && !copy.classList.contains("mine"));
}

// Something beside the talk changed: the page is fetched again and says how it stands.
async function look() {
  await refresh().catch(() => {});
  composer.hidden = !$("floor").dataset.writes;
}

function join() {
  socket.send({ t: "join", room, epoch, since: seq });
}

function joined(answer) {
  if (!answer.recovered) {
    // Too much was missed to fill in: begin with the newest.
    $("said").replaceChildren();
    seq = answer.events.length ? answer.events[0].seq - 1 : answer.seq;
    $("earlier").hidden = !answer.more;
    $("earlier").querySelector("a").search = `?before=${seq + 1}`;
  }
  epoch = answer.epoch;
  answer.events.forEach(apply);
  if (composer.hidden !== (answer.mode.posting === "closed")) look();
  for (const [cid, body] of open) socket.send({ t: "send", room, cid, body });
}

function refused({ cid, code, retry_ms: wait, message }) {
  const body = open.get(cid);
  if (wait) {
    note.textContent = "One moment, that was quick. It is sent by itself.";
    setTimeout(() => {
      note.textContent = "";
      if (open.has(cid)) socket.send({ t: "send", room, cid, body });
    }, wait);
    return;
  }
  open.delete(cid);
  find(waiting, "cid", cid)?.remove();
  const why = {
    room_closed: "This room is for reading only right now.",
    not_member: "This room is no longer open to you.",
  }[code];
  note.textContent = message || `${why || "That could not be sent."} Your text is back in the box.`;
  if (body) form.body.value = [body, form.body.value].filter(Boolean).join("\n\n");
}

const away = "The connection rests. What you write is kept and sent when it is back.";
const closed = {
  4201: "You are signed out. What you wrote stays here until you leave this page; sign in in another tab, then reload.",
  4202: "Please sign in with your second factor, then reload this page.",
  4409: "This talk is open in many tabs, so this one rests. Reload it to go on here.",
  4426: "There is a newer version of this page. Reload it when you have finished writing.",
};
const reloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
let awayTimer = 0;

const socket = keepOpen("/ws/chat/", {
  protocol: "psc.v1",
  hello: () => ({ t: "hello", v: 1, rooms: [{ room, epoch, since: seq }] }),
  onFrame(event) {
    if (event.room !== undefined && event.room !== room) return;
    if (event.t === "joined") joined(event);
    else if (["msg", "edit", "remove", "restore", "mode", "skip"].includes(event.t)) apply(event);
    else if (event.t === "ack") became(event.cid, event.status, 0, event.mid);
    else if (event.t === "review") became(event.cid, event.status, event.submission);
    else if (event.t === "nack") refused(event);
    else if (event.t === "help") showHelp();
    else if (event.t === "kicked" || event.code === "not_member") {
      composer.hidden = true;
      note.textContent = "This room is no longer open to you.";
    }
  },
  onState(state, code) {
    clearTimeout(awayTimer);
    if (state === "open") note.textContent = "";
    // A short break is nobody's worry.
    else if (state === "away") awayTimer = setTimeout(() => { note.textContent = away; }, 2000);
    else if (code === 4426 && !reloaded && !form.body.value && !open.size) location.reload();
    else note.textContent = closed[code] || "You are not connected. Reload the page to come back.";
  },
});

function showHelp() {
  const help = $("live-help");
  if (!help.hidden) return;
  help.hidden = false;
  help.querySelector("h2").focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = form.body.value.trim();
  if (!body) return;
  // Not randomUUID: browsers lack it on plain http.
  const cid = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  open.set(cid, body);
  const copy = line("You", "", Date.now(), body);
  copy.dataset.cid = cid;
  setState(copy, "sending");
  add(copy, waiting, true);
  form.body.value = "";
  form.body.focus();
  socket.send({ t: "send", room, cid, body });
});
form.body.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
  event.preventDefault();
  form.requestSubmit();
});
log.addEventListener("submit", (event) => {
  const mid = Number(event.target.closest("[data-mid]")?.dataset.mid);
  if (mid && event.target.matches("[action*='/take-back/']") && socket.send({ t: "remove", room, mid })) event.preventDefault();
});
newest.querySelector("button").addEventListener("click", toEnd);
log.addEventListener("scroll", () => {
  if (!atEnd()) return;
  unseen = 0;
  newest.hidden = true;
});

// What is pressed beside the talk does not leave the page, nor what one is writing.
frame.addEventListener("submit", async (event) => {
  if (!event.target.closest("#floor")) return;
  event.preventDefault();
  const body = new FormData(event.target);
  await fetch(event.target.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  look();
});
// A closed room opens by itself, and an open one closes.
setInterval(() => {
  if (!document.hidden) look();
}, 60_000);
const leaving = $("leave");
leaving.addEventListener("submit", () => { leaving.seq.value = seq; });
addEventListener("pagehide", () => {
  leaving.seq.value = seq;
  const place = new FormData(leaving);
  place.set("stay", "1");
  navigator.sendBeacon(leaving.action, place);
});

for (const mark of log.querySelectorAll(".day:not(.fresh)")) mark.remove();
for (const said of $("said").querySelectorAll(".line")) divide(said);
for (const copy of waiting.querySelectorAll(".line")) {
  clock(copy.querySelector("time"));
  if (copy.dataset.state === "screening") open.set(copy.dataset.cid, copy.querySelector(".words").textContent);
}
toEnd();
