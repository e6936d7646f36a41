// A live room (docs/protocol.md). The page works without this file; with it, the talk is live.
// Nothing is kept in the browser's storage: clinics share computers.

import { keepOpen } from "./socket.js";

const frame = document.querySelector(".room");
const log = document.getElementById("log");
const note = document.getElementById("room-state");
const newest = document.getElementById("to-newest");
const help = document.getElementById("live-help");
const form = document.querySelector("#composer form");
const room = Number(frame.dataset.room);
const me = Number(frame.dataset.me);
let epoch = frame.dataset.epoch;
let seq = Number(frame.dataset.seq);
let unseen = 0;
let gapTimer = 0;
const unacked = new Map(); // cid -> body, sent again with the same cid after a reconnect
const roles = { mentor: ["Peer mentor", "teal"], team: ["Care team", "plum"] };
const states = {
  screening: ["state-screening", "Being checked"],
  held: ["state-held", "Waiting for a person of the care team. Only you and they can see it."],
  rejected: ["state-removed", "Not shared. Reload the page to read why."],
  sending: ["state-screening", "Sending"],
};

const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
const toEnd = () => { log.scrollTop = log.scrollHeight; };
const find = (name, value) => log.querySelector(`[data-${name}="${CSS.escape(String(value))}"]`);

function line({ name, role, at, body, mine, note: dark }) {
  const copy = document.getElementById("line-template").content.cloneNode(true).firstElementChild;
  copy.querySelector(".name").textContent = mine ? "You" : name;
  const badge = copy.querySelector(".badge");
  if (roles[role] && !mine) {
    [badge.textContent] = roles[role];
    badge.classList.add(roles[role][1]);
    badge.hidden = false;
  }
  const time = copy.querySelector("time");
  const when = new Date(at);
  time.dateTime = when.toISOString();
  time.textContent = when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  say(copy, body, dark && !mine);
  copy.classList.toggle("mine", Boolean(mine));
  return copy;
}

function say(copy, body, dark) {
  const words = copy.querySelector(".words") || copy.querySelector("p:not(.byline, .state)");
  copy.classList.remove("gone");
  words.textContent = body;
  if (!dark) return;
  const fold = document.createElement("details");
  const title = document.createElement("summary");
  title.textContent = "Talks about very dark thoughts";
  words.replaceWith(fold);
  fold.append(title, words);
}

function gone(copy) {
  if (!copy) return;
  copy.querySelector("details")?.replaceWith(Object.assign(document.createElement("p"), { className: "words" }));
  say(copy, "This message was taken down.");
  copy.classList.add("gone");
  copy.querySelector("form")?.remove();
}

function setState(copy, name) {
  const words = states[name];
  let place = copy.querySelector(".state");
  if (!place) {
    place = document.createElement("p");
    copy.append(place);
  }
  place.hidden = !words;
  place.className = `state ${words ? words[0] : ""}`;
  place.textContent = words ? words[1] : "";
}

function add(copy, mine) {
  const follow = mine || atEnd();
  document.getElementById("nothing")?.remove();
  log.insertBefore(copy, newest);
  if (follow) toEnd();
  else {
    unseen += 1;
    document.getElementById("new-count").textContent = String(unseen);
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
  if (event.t === "msg") {
    const mine = event.by.id === me;
    const old = find("cid", event.cid);
    if (old) old.remove();
    unacked.delete(event.cid);
    const copy = line({ ...event.by, at: event.at, body: event.body || "", mine, note: event.note });
    copy.dataset.mid = event.mid;
    copy.dataset.seq = event.seq;
    if (event.gone) gone(copy);
    else if (mine) {
      const back = document.getElementById("back-template").content.cloneNode(true).firstElementChild;
      back.action = `/rooms/${room}/take-back/${event.mid}/`;
      copy.append(back);
    }
    add(copy, mine);
  } else if (event.t === "remove") gone(find("mid", event.mid));
  else if (event.t === "edit" || event.t === "restore") {
    const copy = find("mid", event.mid);
    if (copy && event.gone) gone(copy);
    else if (copy) say(copy, event.body, event.note);
  }
}

function join() {
  socket.send({ t: "join", room, epoch, since: seq });
}

function joined(answer) {
  if (!answer.recovered && (answer.epoch !== epoch || answer.seq > seq || seq > answer.seq)) {
    if (seq === 0 && answer.epoch === epoch && answer.events[0]?.seq === 1) answer.events.forEach(apply);
    else {
      // Too much was missed to fill in: show the page anew, which loses no typing that was sent.
      location.reload();
      return;
    }
  } else answer.events.forEach(apply);
  epoch = answer.epoch;
  for (const [cid, body] of unacked) socket.send({ t: "send", room, cid, body });
}

const socket = keepOpen("/ws/chat/", {
  protocol: "psc.v1",
  hello: () => ({ t: "hello", v: 1, rooms: [{ room, epoch, since: seq }] }),
  onFrame(event) {
    if (event.room !== undefined && event.room !== room) return;
    if (event.t === "joined") joined(event);
    else if (["msg", "edit", "remove", "restore", "mode"].includes(event.t)) apply(event);
    else if (event.t === "ack") {
      unacked.delete(event.cid);
      const copy = find("cid", event.cid);
      if (copy && event.status !== "published") setState(copy, event.status);
    } else if (event.t === "review") {
      const copy = find("cid", event.cid);
      if (copy && states[event.status]) setState(copy, event.status);
    } else if (event.t === "nack") refused(event);
    else if (event.t === "help") showHelp();
    else if (event.t === "kicked") note.textContent = "This room is no longer open to you.";
  },
  onState(state) {
    note.textContent = {
      open: "",
      away: "The connection rests. What you write is kept and sent when it is back.",
      closed: "You are not connected. Reload the page to come back.",
    }[state];
  },
});

function refused({ cid, code, retry_ms: wait, message }) {
  const copy = find("cid", cid);
  const body = unacked.get(cid);
  if (wait) {
    note.textContent = "One moment, that was quick. It is sent by itself.";
    setTimeout(() => {
      note.textContent = "";
      if (unacked.has(cid)) socket.send({ t: "send", room, cid, body });
    }, wait);
    return;
  }
  unacked.delete(cid);
  copy?.remove();
  note.textContent = message || {
    room_closed: "This room is for reading only right now. Your text is back in the box.",
    not_member: "This room is no longer open to you.",
  }[code] || "That could not be sent. Your text is back in the box.";
  if (body && form && !form.body.value) form.body.value = body;
}

function showHelp() {
  help.hidden = false;
  help.querySelector("h2")?.focus();
}

if (form) {
  form.addEventListener("submit", (event) => {
    const body = form.body.value.trim();
    if (!body) return;
    event.preventDefault();
    const cid = crypto.randomUUID();
    unacked.set(cid, body);
    const copy = line({ at: Date.now(), body, mine: true });
    copy.dataset.cid = cid;
    setState(copy, "sending");
    add(copy, true);
    form.body.value = "";
    form.body.focus();
    socket.send({ t: "send", room, cid, body });
  });
  form.body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

newest.querySelector("button").addEventListener("click", toEnd);
log.addEventListener("scroll", () => {
  if (!atEnd()) return;
  unseen = 0;
  newest.hidden = true;
});
toEnd();
