// Shows the live station from the WebSocket /snapshots, with the last two minutes of both scores per sense.
"use strict";

const VERSION = 2; // format version of the snapshots, as in core/serialization/snapshot_json.py
const SECONDS = 120; // of scores in a plot
const SILENT = 2000, AGAIN = 1000; // milliseconds until silence means a lost connection, and until the next attempt
const element = id => document.getElementById(id);
const token = { get: () => sessionStorage.getItem("token") || "", set: text => sessionStorage.setItem("token", text) };
const authorised = () => token.get() ? { Authorization: `Bearer ${token.get()}` } : {};
const number = value => typeof value === "number" ? value.toPrecision(4) : String(value);

function drawn(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Draws points {x, y, beyond} and a dashed threshold; x runs from `from` to `to`.
function plot(svg, points, limit, from, to, label) {
  const width = Math.max(100, svg.clientWidth), height = 144, left = 64, top = 8, bottom = 16;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const finite = points.map(p => p.y).concat(limit).filter(Number.isFinite);
  if (!finite.length) return;
  let low = Math.min(...finite), high = Math.max(...finite);
  const margin = (high - low || Math.abs(high) || 1) * 0.08;
  low -= margin; high += margin;
  const px = x => left + (x - from) / (to - from || 1) * (width - left - 4);
  const py = y => top + (high - Math.min(high, Math.max(low, y))) / (high - low) * (height - top - bottom);
  if (Number.isFinite(limit)) {
    svg.append(drawn("line", { class: "limit", x1: left, x2: width, y1: py(limit), y2: py(limit) }));
    svg.append(drawn("text", { x: left - 6, y: py(limit) + 4, "text-anchor": "end" }, number(limit)));
  }
  let path = "", before = null;
  for (const p of points) {
    if (!Number.isFinite(p.y)) { before = null; continue; }
    path += `${before !== null && p.x - before < Math.max(2, (to - from) / 20) ? "L" : "M"}${px(p.x).toFixed(1)} ${py(p.y).toFixed(1)}`;
    before = p.x;
  }
  svg.append(drawn("path", { class: "line", d: path }));
  for (const p of points) if (p.beyond) svg.append(drawn("circle", { class: "beyond", cx: px(p.x), cy: py(p.y), r: 2.5 }));
  const ends = [[from, left, "start"], [to, width - 4, "end"]];
  for (const [x, at, anchor] of ends) svg.append(drawn("text", { x: at, y: height - 3, "text-anchor": anchor }, `${x.toFixed(x % 1 ? 1 : 0)} s`));
}

// Returns the figure with this id and its caption; makes it if it is missing.
function figure(where, id, title) {
  let made = element(id);
  if (!made) {
    made = document.createElement("figure");
    made.id = id;
    const caption = document.createElement("figcaption");
    caption.append(document.createElement("b"), document.createElement("span"));
    made.append(caption, drawn("svg", {}));
    where.append(made);
  }
  made.querySelector("b").textContent = title;
  return { note: made.querySelector("span"), svg: made.querySelector("svg") };
}

const history = { image: [], sound: [] }, last = { image: 0, sound: 0 };

function remember(sense, judged, thresholds) {
  if (!judged || !thresholds || judged.number === last[sense]) return;
  last[sense] = judged.number;
  const density = judged.density, error = judged.reconstruction_error;
  history[sense].push({ at: performance.now() / 1000, density, error, odd: judged.anomalous });
  const oldest = performance.now() / 1000 - SECONDS;
  while (history[sense].length && history[sense][0].at < oldest) history[sense].shift();
}

function showPlots(now) {
  for (const [sense, name] of [["image", "picture"], ["sound", "sound"]]) {
    const { judged, thresholds } = now[sense] || {};
    if (!thresholds) continue;
    for (const [field, key, title] of [["density", "density", "density"], ["reconstruction_error", "error", "reconstruction error"]]) {
      const { note, svg } = figure(element("plots"), `${sense}-${key}`, `${name}: ${title}`);
      const value = judged ? number(judged[field]) : "no value";
      note.textContent = `${value}, threshold ${number(thresholds[field])}`;
      const moment = performance.now() / 1000;
      const points = history[sense].map(p => ({ x: p.at - moment, y: p[key], beyond: p.odd }));
      plot(svg, points, thresholds[field], -SECONDS, 0, `${name} ${title} of the last two minutes: ${note.textContent}`);
    }
  }
}

function showPreview(preview) {
  const canvas = element("preview");
  canvas.hidden = !preview;
  if (!preview) return;
  canvas.width = preview.width; canvas.height = preview.height;
  const grey = Uint8Array.from(atob(preview.grey), c => c.charCodeAt(0));
  const picture = canvas.getContext("2d").createImageData(preview.width, preview.height);
  grey.forEach((value, at) => picture.data.set([value, value, value, 255], 4 * at));
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

function banner(state, reason) {
  element("banner").className = state;
  if (element("state").textContent !== state) element("state").textContent = state;
  element("reason").textContent = reason;
}

function show(now) {
  element("recipe").textContent = now.recipe;
  document.title = `${now.verdict.state} - goodpart ${now.recipe}`;
  banner(now.stopped ? "STOPPED" : now.paused ? "PAUSED" : now.verdict.state, now.verdict.reason);
  element("fault").textContent = now.fault;
  for (const sense of ["image", "sound"]) if (now[sense]) remember(sense, now[sense].judged, now[sense].thresholds);
  showPlots(now);
  showPreview(now.image && now.image.preview);
  const facts = [], { image, sound } = now;
  if (image) facts.push(["camera", `${image.status.state} ${image.status.message || `${image.status.width}x${image.status.height}, ${image.status.fps.toFixed(1)} per second`}`],
    ["pictures", `${image.counters.judged} judged, ${image.counters.anomalies} anomalies, ${image.counters.unknown} unknown`]);
  if (sound) facts.push(["microphone", `${sound.status.state} ${sound.status.message}`],
    ["windows of sound", `${sound.counters.judged} judged, ${sound.counters.anomalies} anomalies`]);
  for (const model of [image && image.model, sound && sound.model]) if (model) facts.push(["model", `${model.method}, from ${model.taught} good samples. ${model.note}`]);
  element("facts").replaceChildren(...facts.flatMap(([term, text]) => {
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    dt.textContent = term; dd.textContent = text;
    return [dt, dd];
  }));
  const method = sound && sound.model && sound.model.method;
  if (method === "amulet") element("sensitive").hidden = false;
}

// JSON has no NaN and no infinity: the service sends them as strings.
const revive = (_key, value) => ({ NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity })[value] ?? value;

function changed(before, changes) {
  const after = { ...before };
  for (const [key, change] of Object.entries(changes)) after[key] = Array.isArray(change) ? change[0] : changed(before[key], change);
  return after;
}

let silence = 0, lastNews = 0, lostSince = 0;

function lost(why) {
  lostSince ||= Date.now();
  banner("UNKNOWN", `LOST: nothing from the service for ${Math.round((Date.now() - lostSince) / 1000)} s (${why}); trying again`);
  document.title = "LOST - goodpart";
}

// A page that was opened before an update of the service cannot read the new snapshots.
function refuse(socket, version) {
  clearTimeout(silence);
  socket.onclose = null;
  socket.close();
  lostSince = 0;
  banner("UNKNOWN", `the service sends version ${version} of the snapshots, this page reads version ${VERSION}: load the page again`);
}

function listen() {
  const protocols = token.get() ? ["goodpart.v1", `token.${token.get()}`] : ["goodpart.v1"];
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/snapshots?changes=1`, protocols);
  let now = null;
  const restartTimer = () => { clearTimeout(silence); silence = setTimeout(() => { lost("it is silent"); socket.close(); }, SILENT); };
  silence = setTimeout(() => socket.close(), 5 * SILENT);
  socket.onmessage = ({ data }) => {
    restartTimer();
    const message = JSON.parse(data, revive);
    if (!now && message.goodpart !== VERSION) { refuse(socket, message.goodpart); return; }
    const news = !now || Object.keys(message.changes).length > 0;
    now = now ? changed(now, message.changes) : message.snapshot;
    if (news) lastNews = Date.now();
    lostSince = 0;
    if (Date.now() - lastNews > SILENT) banner("UNKNOWN", "the station sends nothing new"); else show(now);
    // The answer asks for the next snapshot. It follows the drawing, so that a slow browser gets fewer snapshots.
    requestAnimationFrame(() => { if (socket.readyState === 1) socket.send(""); });
  };
  socket.onclose = async () => {
    clearTimeout(silence);
    lost("it does not answer");
    try {
      const answer = await fetch("/snapshot", { headers: authorised() });
      element("token").hidden = answer.status !== 401;
      if (answer.status === 401) { banner("UNKNOWN", "a token is needed"); return; }
    } catch { /* the banner already says so */ }
    setTimeout(listen, AGAIN);
  };
}

element("token").addEventListener("submit", event => {
  event.preventDefault();
  token.set(new FormData(event.target).get("token"));
  event.target.querySelector("[role=alert]").textContent = "";
  element("token").hidden = true;
  listen();
});
setInterval(() => { if (lostSince) lost("it does not answer"); }, 1000);
listen();
