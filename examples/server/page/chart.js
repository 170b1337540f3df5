// SPDX-License-Identifier: MIT
// A line chart in SVG. Its labels are values of the series: no number is made up for an axis.
const NS = "http://www.w3.org/2000/svg";
const PAD = { left: 8, right: 70, top: 26, bottom: 30 };
const LABEL_GAP = 18, DATE_GAP = 100;

function add(parent, name, attributes, text) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

const day = (date) => Date.parse(date + "T00:00:00Z");

/**
 * Draw.
 * series: {dates, values}; window: {start, end} or null; area: true to fill down from 0;
 * fan: {date, low, base, high} or null; ranges: [{target_date, low, base, high, actual}];
 * format: (value) -> text; date: (iso) -> text.
 */
export function draw(box, { series, window, area, fan, ranges = [], format, date }) {
  box.replaceChildren();
  const width = box.clientWidth, height = box.clientHeight;
  const svg = add(box, "svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const points = series.dates.map((d, i) => [day(d), series.values[i], d]).filter((p) => p[1] !== null);
  const times = [...points.map((p) => p[0]), ...ranges.map((r) => day(r.target_date)), ...(fan ? [day(fan.date)] : [])];
  const values = [...points.map((p) => p[1]), ...ranges.flatMap((r) => [r.low, r.high, r.actual ?? r.base]), ...(fan ? [fan.low, fan.high] : [])];
  if (!times.length) return;
  const [t0, t1] = [Math.min(...times), Math.max(...times)];
  const [v0, v1] = [Math.min(...values), Math.max(...values)];
  const right = width - PAD.right, bottom = height - PAD.bottom;
  const x = (t) => PAD.left + ((t - t0) / (t1 - t0 || 1)) * (right - PAD.left);
  const y = (v) => bottom - ((v - v0) / (v1 - v0 || 1)) * (bottom - PAD.top);

  const label = makeLabels(svg, right + 12, y, format);
  if (points.length && !ranges.length) label(fan ? fan.base : points.at(-1)[1], "strong");
  if (fan) [fan.low, fan.high].forEach((v) => label(v));
  drawRules(svg, { values, v0, v1, y, right, bottom, label });
  if (window) drawWindow(svg, { window, x, bottom, t0, t1, right });
  drawLine(svg, { points, x, y, area, window, bottom });
  if (fan && points.length) drawFan(svg, { fan, points, x, y });
  for (const range of ranges) drawRange(svg, range, x, y);
  drawDates(svg, { points, ranges, fan, window, x, bottom, date, t0, t1, right });
  if (points.length) drawLast(svg, points.at(-1), x, y);
  addCross(box, svg, { points, x, y, bottom, format, date, right });
}

/* Of values, the one nearest to each of count evenly spaced levels: labels are values that were delivered. */
function levels(values, v0, v1, count) {
  const wanted = Array.from({ length: count }, (_, i) => v0 + ((v1 - v0) * i) / (count - 1));
  return wanted.map((level) => values.reduce((best, v) => (Math.abs(v - level) < Math.abs(best - level) ? v : best)));
}

/* The labels at the right: each takes its place once, and those that come later give way. */
function makeLabels(svg, x, y, format) {
  const taken = [];
  return (v, kind) => {
    const at = y(v);
    if (taken.some((other) => Math.abs(other - at) < LABEL_GAP)) return false;
    taken.push(at);
    add(svg, "text", { x, y: at + 4, ...(kind ? { class: kind } : {}) }, format(v));
    return true;
  };
}

function drawRules(svg, { values, v0, v1, y, right, bottom, label }) {
  const count = Math.max(2, Math.round((bottom - PAD.top) / 70));
  for (const v of [v0, v1, ...levels(values, v0, v1, count)])
    if (label(v)) add(svg, "line", { x1: PAD.left, x2: right, y1: y(v), y2: y(v), class: "rule" });
}

function drawWindow(svg, { window, x, bottom, t0, t1 }) {
  const from = x(Math.max(day(window.start), t0)), to = x(Math.min(day(window.end), t1));
  if (to <= from) return;
  add(svg, "rect", { x: from, y: PAD.top, width: to - from, height: bottom - PAD.top, class: "window" });
  for (const at of [from, to]) add(svg, "line", { x1: at, x2: at, y1: PAD.top, y2: bottom, class: "edge" });
}

function path(points, x, y) {
  return points.map((p, i) => `${i ? "L" : "M"}${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`).join("");
}

function drawLine(svg, { points, x, y, area, window }) {
  if (!points.length) return;
  if (area) {
    const first = x(points[0][0]), last = x(points[points.length - 1][0]);
    add(svg, "path", { d: `${path(points, x, y)}L${last} ${y(0)}L${first} ${y(0)}Z`, class: "area" });
  }
  const inside = window ? points.filter((p) => p[0] >= day(window.start) && p[0] <= day(window.end)) : points;
  if (window) add(svg, "path", { d: path(points, x, y), class: "line faint" });
  if (inside.length) add(svg, "path", { d: path(inside, x, y), class: "line" });
}

function drawFan(svg, { fan, points, x, y }) {
  const [t, v] = points[points.length - 1], end = x(day(fan.date));
  add(svg, "path", { d: `M${x(t)} ${y(v)}L${end} ${y(fan.high)}L${end} ${y(fan.low)}Z`, class: "area" });
  add(svg, "path", { d: `M${x(t)} ${y(v)}L${end} ${y(fan.base)}`, class: "line" });
}

function drawRange(svg, range, x, y) {
  const at = x(day(range.target_date));
  add(svg, "line", { x1: at, x2: at, y1: y(range.low), y2: y(range.high), class: "range" });
  add(svg, "circle", { cx: at, cy: y(range.base), r: 4, class: "dot" });
  if (range.actual !== null && range.actual !== undefined)
    add(svg, "circle", { cx: at, cy: y(range.actual), r: 5, class: "actual" });
}

/* The ends of the window and of the plot first, then what days between them there is room for. */
function drawDates(svg, { points, ranges, fan, window, x, bottom, date, t0, t1, right }) {
  const known = [...points.map((p) => p[2]), ...ranges.map((r) => r.target_date), ...(fan ? [fan.date] : [])];
  const wanted = [...(window ? [window.start, window.end] : []), known.find((d) => day(d) === t0), known.find((d) => day(d) === t1)];
  const count = Math.floor((right - PAD.left) / DATE_GAP);
  for (let i = 1; i < count; i++) wanted.push(points[Math.round((i * (points.length - 1)) / count)]?.[2]);
  const taken = [];
  for (const d of wanted.filter((d) => d && day(d) >= t0 && day(d) <= t1)) {
    const at = Math.min(Math.max(x(day(d)), PAD.left + 36), right - 4);
    if (taken.some((other) => Math.abs(other - at) < DATE_GAP)) continue;
    taken.push(at);
    add(svg, "line", { x1: x(day(d)), x2: x(day(d)), y1: bottom, y2: bottom + 5, class: "tick" });
    add(svg, "text", { x: at, y: bottom + 22, "text-anchor": "middle" }, date(d));
  }
}

function drawLast(svg, [t, v], x, y) {
  add(svg, "circle", { cx: x(t), cy: y(v), r: 4.5, class: "dot" });
}

/* A cross that follows the pointer, or the arrow keys. */
function addCross(box, svg, { points, x, y, bottom, format, date, right }) {
  if (!points.length) return;
  const line = add(svg, "line", { y1: PAD.top, y2: bottom, class: "cross", visibility: "hidden" });
  const dot = add(svg, "circle", { r: 4.5, class: "dot", visibility: "hidden" });
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  box.append(tip);
  let at = points.length - 1;

  function show(index) {
    at = Math.min(Math.max(index, 0), points.length - 1);
    const [t, v, d] = points[at];
    for (const node of [line, dot]) node.setAttribute("visibility", "visible");
    line.setAttribute("x1", x(t));
    line.setAttribute("x2", x(t));
    dot.setAttribute("cx", x(t));
    dot.setAttribute("cy", y(v));
    tip.hidden = false;
    tip.textContent = `${date(d)}   ${format(v)}`;
    tip.style.left = `${Math.min(Math.max(x(t) - tip.offsetWidth / 2, 0), right - tip.offsetWidth / 2)}px`;
  }
  function hide() {
    for (const node of [line, dot]) node.setAttribute("visibility", "hidden");
    tip.hidden = true;
  }
  box.onpointermove = (event) => {
    const px = event.clientX - box.getBoundingClientRect().left;
    let best = 0;
    points.forEach((p, i) => { if (Math.abs(x(p[0]) - px) < Math.abs(x(points[best][0]) - px)) best = i; });
    show(best);
  };
  box.onpointerleave = hide;
  box.onblur = hide;
  box.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -points.length, End: points.length }[event.key];
    if (!step) return;
    event.preventDefault();
    show(at + step);
  };
}
