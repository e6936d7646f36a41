// The care desk follows along, answers to keys, and keeps a claim alive while somebody is reading.

import { refresh } from "./live.js";
import { keepOpen } from "./socket.js";

const BEAT_MS = 120_000;
const LOOK_MS = 30_000;

// --- Following along -------------------------------------------------------------------------

const live = document.querySelector("[data-live]");
const title = document.title;
let news = 0;
let wasAway = false;

function say(text) {
  if (live.textContent !== text) live.textContent = text;
}

async function follow() {
  let changes;
  try {
    changes = await refresh();
  } catch {
    say("The list could not be brought up to date. It tries again by itself.");
    return;
  }
  showAway();
  const more = changes.reduce((sum, { before, after }) => sum + Math.max(0, after - before), 0);
  if (!more) return;
  news += more;
  say(`${news} new`);
  if (document.hidden) document.title = `(${news}) ${title}`;
}

/** Signed out, or no longer on the team: what is on the screen must go, but never typed words. */
function over() {
  const typed = [...document.querySelectorAll("textarea")].some((one) => one.value.trim());
  if (typed) say("This page no longer follows along. Copy what you typed, then load it again.");
  else location.reload();
}

function seen() {
  if (document.hidden) return;
  document.title = title;
  news = 0;
}

if (live) {
  keepOpen(live.dataset.live, {
    hello: () => ({ t: "hello", v: 1 }),
    onFrame(frame) {
      if (["case", "risk", "sanction", "appeal", "letter"].includes(frame.t)) follow();
    },
    onState(state) {
      if (state === "away") say("Reconnecting. The list may be a moment behind.");
      if (state === "open" && wasAway) {
        say("Up to date again.");
        follow();
      }
      if (state === "closed") over();
      wasAway = state !== "open";
    },
  });
  // What the bus may lose is found here.
  setInterval(() => document.hidden || follow(), LOOK_MS);
  addEventListener("visibilitychange", () => setTimeout(seen, 5_000));
  addEventListener("visibilitychange", () => document.hidden || follow());
}

// --- Clocks ----------------------------------------------------------------------------------

function away(at) {
  const seconds = (at - Date.now()) / 1000;
  const minutes = Math.round(Math.abs(seconds) / 60);
  if (minutes === 0) return "now";
  let words = `${minutes} min`;
  if (minutes >= 2880) words = `${Math.floor(minutes / 1440)} days`;
  else if (minutes >= 60) words = `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}

function showAway() {
  for (const place of document.querySelectorAll("[data-away]")) {
    const at = Date.parse(place.dataset.away);
    const words = away(at);
    if (place.textContent !== words) place.textContent = words;
    const { classList, dataset } = place.parentElement;
    const late = at <= Date.now();
    classList.toggle("is-late", late);
    classList.toggle("is-soon", !late && Date.parse(dataset.soon) <= Date.now());
  }
}
setInterval(showAway, 15_000);

// --- Keys ------------------------------------------------------------------------------------

const dialog = document.getElementById("keys");
const opener = document.querySelector("[data-keys]");

function move(step) {
  const links = [...document.querySelectorAll("[data-row] a.desk-link")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  n: () => document.querySelector("[data-next], [data-take]")?.click(),
  s: () => document.querySelector("[data-cover] > summary")?.click(),
  a: () => choose("visible"),
  h: () => choose("noted"),
  m: () => {
    const found = marking && marked();
    if (found) hide(found);
    choose("masked");
  },
  r: () => choose("removed"),
  e: () => passOn(),
  u: () => document.querySelector("[data-undo]")?.click(),
  "?": () => dialog?.showModal(),
};

function choose(outcome) {
  const radio = document.querySelector(`[data-decision] input[name=outcome][value=${outcome}]`);
  if (!radio) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  radio.focus();
}

function passOn() {
  const card = document.getElementById("pass-on");
  if (!card) return;
  card.open = true;
  const unsure = card.querySelector("input[value=unsure]");
  unsure.checked = true;
  card.querySelector("button").focus();
}

// --- Everything by name ----------------------------------------------------------------------

const palette = document.getElementById("palette");
const words = document.getElementById("palette-words");
const list = document.getElementById("palette-list");
let found = [];
let at = 0;

/** Every link and button of the page that can be seen, by its name. */
function doable() {
  const names = new Set();
  return [...document.querySelectorAll("main a[href], main button, .site-nav a")].filter((one) => {
    const name = one.textContent.trim().replace(/\s+/g, " ");
    if (!name || names.has(name) || !one.checkVisibility()) return false;
    names.add(name);
    return true;
  });
}

function mark() {
  [...list.children].forEach((row, number) => row.setAttribute("aria-selected", String(number === at)));
  if (list.children[at]) {
    words.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  }
}

function narrow() {
  const wanted = words.value.toLowerCase();
  found = doable().filter((one) => one.textContent.toLowerCase().includes(wanted)).slice(0, 12);
  at = 0;
  list.replaceChildren(...found.map((one, number) => {
    const row = document.createElement("li");
    row.id = `palette-${number}`;
    row.setAttribute("role", "option");
    row.textContent = one.textContent.trim().replace(/\s+/g, " ");
    row.addEventListener("click", () => perform(number));
    return row;
  }));
  mark();
}

function perform(number) {
  const one = found[number];
  palette.close();
  one?.click();
}

if (palette) {
  words.addEventListener("input", narrow);
  words.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") at = Math.min(at + 1, found.length - 1);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter") perform(at);
    else return;
    event.preventDefault();
    mark();
  });
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    words.value = "";
    palette.showModal();
    narrow();
  });
}

if (opener && dialog) {
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
}

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=radio]), textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key === "n") return;
  const act = keys[event.key];
  if (!act || dialog?.hasAttribute("data-off") && event.key !== "?") return;
  event.preventDefault();
  act();
});

// --- Deciding --------------------------------------------------------------------------------

const form = document.querySelector("[data-decision]");
const box = form?.querySelector("textarea[name=reason]");

if (box) {
  const texts = new Set([...form.querySelectorAll("[data-text]")].map((one) => one.dataset.text));
  form.addEventListener("change", ({ target }) => {
    // Own words are never written over by a template.
    const own = box.value.trim() && !texts.has(box.value);
    if (target.name !== "template" || own || !target.dataset.text) return;
    box.value = target.dataset.text;
    box.focus();
    const from = box.value.indexOf("{");
    if (from >= 0) box.setSelectionRange(from, box.value.indexOf("}") + 1);
  });
}

// --- Hiding a part -----------------------------------------------------------------------------

const marking = form?.querySelector("[data-marking]");

/** How many code points of the judged text stand before a point of the page. */
function before(part, node, offset) {
  const range = document.createRange();
  range.setStart(part, 0);
  range.setEnd(node, offset);
  const copy = range.cloneContents();
  copy.querySelectorAll(".visually-hidden").forEach((one) => one.remove());
  return Number(part.dataset.judged) + [...copy.textContent].length;
}

/** What is marked inside the text, as [start, end, words]; null when nothing is. */
function marked() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const part = range.startContainer.parentElement?.closest("[data-judged]");
  if (!part || !part.contains(range.endContainer)) return null;
  const start = before(part, range.startContainer, range.startOffset);
  const end = before(part, range.endContainer, range.endOffset);
  const copy = range.cloneContents();
  copy.querySelectorAll(".visually-hidden").forEach((one) => one.remove());
  return end > start ? [start, end, copy.textContent.trim()] : null;
}

function hide([start, end, said]) {
  const value = `${start}-${end}-words`;
  const there = form.querySelector(`input[name=spans][value="${value}"]`);
  const check = there ?? document.createElement("input");
  check.checked = true;
  if (there) return;
  check.type = "checkbox";
  check.name = "spans";
  check.value = value;
  const label = document.createElement("label");
  label.append(check, ` “${said.length > 60 ? `${said.slice(0, 59)}…` : said}”`);
  marking.before(label);
  choose("masked");
}

if (marking) {
  marking.hidden = false;
  // Pressing the button must not lose what is marked.
  marking.addEventListener("pointerdown", (event) => event.target.closest("button") && event.preventDefault());
  marking.querySelector("[data-hide]").addEventListener("click", () => {
    const found = marked();
    document.getElementById("told").textContent = found ? "This part will be hidden." : "Mark some words in the text first.";
    if (found) hide(found);
  });
}

const lease = form?.querySelector("[data-lease]");
if (lease) {
  let worked = Date.now();
  for (const sign of ["keydown", "pointerdown", "scroll"]) {
    addEventListener(sign, () => (worked = Date.now()), { passive: true });
  }
  const beat = setInterval(async () => {
    // Who went for lunch gives the text back without doing anything.
    if (document.hidden || Date.now() - worked > BEAT_MS) return;
    const body = new FormData();
    body.append("beat", "1");
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    const answer = await fetch(lease.dataset.lease, { method: "POST", body }).catch(() => null);
    if (!answer || answer.status === 204) return;
    clearInterval(beat);
    lease.className = "state state-held";
    lease.textContent = "You no longer hold this text. What you typed stays here until you leave the page.";
  }, BEAT_MS);
}

document.getElementById("changed")?.focus();
