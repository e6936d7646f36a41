// One message on the page of a live room: made from a template, changed, dated. No socket in here.

export const $ = (id) => document.getElementById(id);
const copyOf = (id) => $(id).content.cloneNode(true).firstElementChild;

export const states = {
  sending: ["screening", "Sending"],
  screening: ["screening", "Being checked"],
  held: ["held", "Waiting for a person. Only you and the care team see it."],
  rejected: ["removed", "Not shared."],
};

export function line(name, role, at, body, dark) {
  const copy = copyOf("line-template");
  copy.querySelector(".name").textContent = name;
  copy.querySelector(".badge").hidden = role !== "mentor";
  const time = copy.querySelector("time");
  time.dateTime = new Date(at).toISOString();
  clock(time);
  say(copy, body, dark);
  return copy;
}

// The time and the day as they are where the reader sits.
export function clock(time) {
  const at = new Date(time.dateTime);
  time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return at.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

// Put the line under the heading of its day; a line of another day gets a heading of its own.
export function divide(copy) {
  const day = clock(copy.querySelector("time"));
  copy.dataset.day = day;
  if (copy.previousElementSibling?.dataset.day === day) return;
  const mark = copyOf("day-template");
  mark.firstElementChild.textContent = day;
  copy.before(mark);
}

// dark: the words are folded away until the reader wants them.
export function say(copy, body, dark) {
  const words = copy.querySelector(".words");
  words.textContent = body;
  copy.classList.remove("gone");
  const fold = copy.querySelector("details");
  if (fold && !dark) fold.replaceWith(words);
  if (fold || !dark) return;
  const details = document.createElement("details");
  const title = document.createElement("summary");
  title.textContent = "Talks about very dark thoughts";
  words.replaceWith(details);
  details.append(title, words);
}

export function gone(copy) {
  if (!copy) return;
  say(copy, "This message was taken down.");
  copy.classList.add("gone");
  for (const way of copy.querySelectorAll("form, .tell")) way.remove();
}

export function offerBack(copy, mid) {
  if (copy.querySelector("form")) return;
  const back = copyOf("back-template");
  back.action = back.action.replace(/0\/$/, `${mid}/`);
  const edit = back.querySelector("a");
  edit.href = edit.href.replace(/0\/$/, `${mid}/`);
  copy.dataset.mid = mid;
  copy.append(back);
}

export function offerTell(copy, mid, name) {
  const tell = copyOf("tell-template");
  tell.href = tell.href.replace(/0\/$/, `${mid}/`);
  tell.setAttribute("aria-label", `${tell.textContent} about this message by ${name}`);
  copy.append(tell);
  if (!$("out-template")) return;
  const out = copyOf("out-template");
  out.action = out.action.replace(/0\/$/, `${mid}/`);
  copy.append(out);
}

export function setState(copy, name, submission) {
  const place = copy.querySelector(".state");
  const [look, words] = states[name] || ["", ""];
  copy.dataset.state = name;
  place.hidden = !words;
  place.className = `state state-${look}`;
  place.textContent = words;
  if (!submission || !words || look === "screening") return;
  const why = copyOf("why-template");
  why.href = why.href.replace(/0\/$/, `${submission}/`);
  place.append(" ", why);
}
