// The door of a date: lets people in without loading the page again, scans tickets where the browser
// can, and keeps what could not be sent until the network is back. Kept are numbers, never a name.

const door = document.getElementById("door");
const KEY = `door.${door.dataset.date}`;
const said = document.getElementById("door-said");
const waits = document.getElementById("door-queue");
const rows = [...document.querySelectorAll(".door-list > li")];

const queue = () => JSON.parse(localStorage.getItem(KEY) || "[]");
const keep = (items) => localStorage.setItem(KEY, JSON.stringify(items));

function say(words, amber = false) {
  said.hidden = false;
  said.textContent = words;
  said.classList.toggle("amber", amber);
}

function showQueue() {
  const count = queue().length;
  waits.hidden = count === 0;
  waits.textContent = `No network. ${count} kept on this device; sent by itself when it is back.`;
}

function showHere(row, words) {
  if (!row || "here" in row.dataset) return;
  row.dataset.here = "";
  const state = document.createElement("span");
  state.className = "state";
  state.textContent = words;
  row.querySelector(".who").append(state);
  row.querySelector("button")?.remove();
  document.getElementById("here").textContent = rows.filter((each) => "here" in each.dataset).length;
}

const rowOf = (scan) => rows.find((row) => row.dataset.who === scan.who || row.dataset.code === scan.code);

/** Send one scan. Throws when the network or the server is away: then it is kept. */
async function send(scan) {
  const body = new URLSearchParams({ ...scan, csrfmiddlewaretoken: door.dataset.csrf });
  const answer = await fetch(door.dataset.url, { method: "POST", body, redirect: "manual", headers: { Accept: "application/json" } });
  if (answer.type === "opaqueredirect" || answer.status >= 500 || answer.status === 403 || answer.status === 429) throw new Error("later");
  const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : { said: "That place is not there." };
  return { ok: answer.ok, ...told };
}

async function letIn(scan) {
  const row = rowOf(scan);
  scan.at = new Date().toISOString();
  if (row && "here" in row.dataset) return say(`${row.querySelector(".name").textContent} is here already.`);
  try {
    const told = await send(scan);
    say(told.said, !told.ok);
    if (told.ok) showHere(row || rows.find((each) => each.dataset.who === String(told.who)), "here");
  } catch {
    // A ticket that is not on the list may be wrong: kept all the same, and judged when it is sent.
    keep([...queue(), scan]);
    if (row) showHere(row, "kept on this device");
    say(row ? `${row.querySelector(".name").textContent} is here. Kept on this device.` : "Kept. It is looked at when the network is back.", !row);
    showQueue();
  }
}

let sending = false;
async function sendKept() {
  if (sending) return;
  sending = true;
  try {
    for (let [next] = queue(); next; [next] = queue()) {
      const told = await send(next);
      keep(queue().filter((each) => each.nonce !== next.nonce));
      const row = rowOf(next);
      if (told.ok && row) row.querySelector(".state").textContent = "here";
      if (!told.ok) say(told.said, true);
    }
  } catch {
    // Still away.
  }
  sending = false;
  showQueue();
}

door.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("#in, #scan-form")) return;
  event.preventDefault();
  const who = form.id === "in" ? event.submitter.value : "";
  const code = form.id === "in" ? "" : form.elements.code.value.trim().toUpperCase();
  if (!who && !code) return;
  form.reset();
  letIn({ nonce: crypto.randomUUID(), who, code });
});

const find = document.getElementById("find");
if (find) {
  document.getElementById("find-field").hidden = false;
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.querySelector(".name").textContent.toLowerCase().includes(wanted);
  });
}

const scanButton = document.getElementById("scan");
const camera = document.getElementById("camera");
if (scanButton && "BarcodeDetector" in window && navigator.mediaDevices) {
  scanButton.hidden = false;
  scanButton.addEventListener("click", async () => {
    if (camera.srcObject) return stop();
    try {
      camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      return say("The camera cannot be used here. Type the code, or take the list.", true);
    }
    camera.hidden = false;
    await camera.play();
    scanButton.textContent = "Stop the camera";
    look(new BarcodeDetector({ formats: ["qr_code"] }));
  });
}

function stop() {
  for (const track of camera.srcObject.getTracks()) track.stop();
  camera.srcObject = null;
  camera.hidden = true;
  scanButton.textContent = "Scan with the camera";
}

let lastCode = "";
async function look(detector) {
  while (camera.srcObject) {
    const [found] = await detector.detect(camera).catch(() => []);
    const code = found?.rawValue.replace(/\/$/, "").split("/").pop().toUpperCase() ?? "";
    if (code && code !== lastCode) {
      lastCode = code;
      await letIn({ nonce: crypto.randomUUID(), who: "", code });
    }
    await new Promise((done) => setTimeout(done, 250));
  }
}

addEventListener("online", sendKept);
setInterval(() => queue().length && sendKept(), 10000);
for (const scan of queue()) showHere(rowOf(scan), "kept on this device");
showQueue();
sendKept();
