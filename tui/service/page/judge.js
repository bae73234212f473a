// AMULET's steps in a browser: choose a recording or a picture (or record one), judge it, see what differs, reset.
"use strict";

const form = element("judge"), said = element("said"), button = element("record");
let running = null, shown = null, recorded = null, turn = 0;

function say(text, wrong) {
  said.textContent = text;
  said.className = wrong ? "wrong" : "";
}

// Clears the results. Each call begins a new turn; answers of earlier turns are ignored.
function clear() {
  turn += 1;
  element("anomalies").hidden = true;
  element("anomalies").querySelector("tbody").replaceChildren();
  element("trace").replaceChildren();
  element("picture").hidden = true;
  if (shown) URL.revokeObjectURL(shown);
  shown = null;
  say("");
}

async function judged(file) {
  clear();
  const started = turn;
  say(`judging ${file.name} ...`);
  const body = new FormData();
  body.append("data_file", file);
  const asked = new URLSearchParams({ map: "1" });
  if (!element("sensitive").hidden) asked.set("sensitivity", form.elements.sensitivity.value);
  let answer, result;
  try {
    answer = await fetch(`/judge?${asked}`, { method: "POST", body, headers: authorised() });
    result = await answer.json();
  } catch {
    if (started === turn) say("the service does not answer: try again later", true);
    return;
  }
  if (started !== turn) return;
  if (!answer.ok) { say(result.error, true); return; }
  say(`${result.verdict}: ${result.reason}`);
  if (result.kind === "image") showPicture(file, result.map || []); else showSound(result);
}

function showSound(result) {
  if (!result.windows || !result.windows.length) return;
  if (result.method === "amulet") element("sensitive").hidden = false;
  const { note, svg } = figure(element("trace"), "score", "score over time");
  note.textContent = `threshold ${number(result.window_threshold)}`;
  const points = result.windows.map(w => ({ x: w.end, y: w.score, beyond: w.anomaly }));
  plot(svg, points, result.window_threshold, 0, points[points.length - 1].x, "score of the recording over time");
  const odd = result.verdict === "ANOMALY" ? result.windows.filter(w => w.anomaly) : [];
  // A score of the method amulet is about the last tenth of a second of its window.
  const start = w => result.method === "amulet" ? w.end - 0.1 : w.start;
  const cells = odd.map(w => ["yes", w.score.toFixed(4), w.seconds || `${start(w).toFixed(1)}-${w.end.toFixed(1)}`]);
  element("anomalies").querySelector("tbody").append(...(cells.length ? cells : [["No anomalies detected", "", ""]]).map(row => {
    const tr = document.createElement("tr");
    tr.append(...row.map(text => Object.assign(document.createElement("td"), { textContent: text })));
    return tr;
  }));
  element("anomalies").hidden = false;
}

function showPicture(file, map) {
  const [image, canvas] = element("picture").children;
  image.src = shown = URL.createObjectURL(file);
  element("picture").hidden = false;
  if (!map.length) { canvas.width = canvas.height = 0; return; }
  canvas.height = map.length; canvas.width = map[0].length;
  const context = canvas.getContext("2d");
  map.forEach((row, y) => row.forEach((value, x) => {
    // Typical cells stay transparent; values from 3 on are suspicious.
    context.fillStyle = `rgba(248, 81, 73, ${Math.max(0, Math.min(1, (value - 1.5) / 4))})`;
    context.fillRect(x, y, 1, 1);
  }));
}

form.addEventListener("submit", event => {
  event.preventDefault();
  const file = form.elements.data_file.files[0] || recorded;
  if (file) judged(file); else say("choose a file first", true);
});
form.addEventListener("reset", () => {
  if (running) ended().end();
  recorded = null;
  clear();
  form.querySelector("output").textContent = "8";
});
form.elements.data_file.addEventListener("change", () => { recorded = null; });
form.elements.sensitivity.addEventListener("input", event => { form.querySelector("output").textContent = event.target.value; });

function ended() {
  const { sound, ticking } = running;
  running = null;
  clearInterval(ticking);
  button.setAttribute("aria-pressed", "false");
  button.textContent = "Record";
  return sound;
}

button.addEventListener("click", async () => {
  if (running) {
    const sound = ended();
    form.reset();
    const started = turn, file = await sound.end();
    if (started !== turn) return;
    recorded = file;
    judged(recorded);
    return;
  }
  clear();
  const started = turn;
  if (!navigator.mediaDevices) { say("this browser allows the microphone only on pages of its own machine or over https", true); return; }
  try {
    const sound = await recorder();
    if (started !== turn) { sound.end(); return; }
    const ticking = setInterval(() => say(`recording, ${sound.seconds().toFixed(0)} s; press the button again to judge`), 500);
    running = { sound, ticking };
    button.setAttribute("aria-pressed", "true");
    button.textContent = "End and judge";
  } catch (error) {
    if (started === turn) say(`the microphone cannot be used (${error.message}): is it plugged in, and may this page use it?`, true);
  }
});
