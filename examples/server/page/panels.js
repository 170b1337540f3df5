// SPDX-License-Identifier: MIT
// What else there is: past questions, predictions and how they came out, health.
import { call, get } from "./api.js";
import { clock, date, make, money, name, number, share, word } from "./format.js";

const $ = (id) => document.getElementById(id);
const state = (kind) => [make("span", { class: `state ${kind}`, title: word(kind), "aria-hidden": "true" }),
  make("span", { class: "hidden" }, word(kind))];
const empty = (text) => make("li", { class: "empty" }, text);

export async function showHistory(reopen) {
  const { queries } = await get("/api/query?limit=8");
  $("history").replaceChildren(...(queries.length ? queries : [null]).map((q) => q ? make("li", {}, make("button", {
    type: "button", click: () => reopen(q.query_id) },
  state(q.status), make("span", { class: "what" }, q.question),
  make("time", { class: "when", datetime: q.created }, clock(q.created)))) : empty(word("no_history"))));
}

function prediction(p) {
  const outcome = (p.outcome || "pending").toLowerCase();
  return make("li", {}, make("div", { class: "row" }, state(outcome), make("span", { class: "what" },
    make("b", {}, p.ticker), ` ${money(p.low)}–${money(p.high)}`),
  make("time", { class: "when", datetime: p.target_date }, date(p.target_date))));
}

function hitRate(record) {
  const split = make("div", { class: "split", "aria-hidden": "true" });
  for (const kind of ["hits", "nears", "misses"]) {
    if (!record[kind]) continue;
    const part = make("span", { class: kind });
    part.style.flexGrow = record[kind];
    split.append(part);
  }
  return [make("p", { class: "rate" }, share(record.hit_rate), make("small", {}, word("hit_rate"))), split,
    make("p", { class: "legend" }, ["hits", "nears", "misses"].map((kind) =>
      make("span", { class: kind }, make("b", {}, number(record[kind], 9)), ` ${word(kind)}`)))];
}

/** The newest few; the same forecast, asked for again, once. */
function distinct(predictions) {
  const key = (p) => [p.ticker, p.target_date, p.low, p.high].join();
  return [...new Map(predictions.map((p) => [key(p), p])).values()].slice(0, 4);
}

export async function showRecord() {
  const [record, { predictions }] = await Promise.all([get("/api/predictions/track-record"), get("/api/predictions?limit=40")]);
  $("record").replaceChildren(
    ...(record.checked ? hitRate(record) : [make("p", { class: "empty" }, word(predictions.length ? "none_checked" : "no_record"))]),
    make("ul", { class: "list" }, distinct(predictions).map(prediction)));
}

/** The states of circuit breakers by provider, as the metrics tell them. */
async function breakers() {
  const response = await call("/metrics");
  if (!response.ok) return new Map();
  const lines = (await response.text()).matchAll(/^ape_breaker_state\{name="([^"]+)"\} (\d)/gm);
  return new Map([...lines].map(([, provider, at]) => [provider, ["closed", "open", "half_open"][at]]));
}

const row = (kind, what, when, more) => make("li", {}, make("div", { class: "row" }, state(kind),
  make("span", { class: "what" }, what), make("span", { class: "when" }, when), more));

function check(key, found, breaker) {
  const error = found.last_error && found.status !== "healthy" ? make("span", { class: "error" }, found.last_error) : null;
  const latency = typeof found.latency_ms === "number" ? `${number(found.latency_ms, 2)} ${word("ms")}` : null;
  const when = breaker ? `${word("breaker")}: ${word(breaker)}` : latency;
  // A provider goes by its own name.
  return row(found.status, breaker ? key : name(key), [word(found.status), when].filter(Boolean).join(" · "), error);
}

export async function showHealth() {
  const [{ checks }, providers] = await Promise.all([get("/health/detailed"), breakers().catch(() => new Map())]);
  const rows = Object.entries(checks).map(([key, found]) => check(key, found, providers.get(key)));
  const others = [...providers].filter(([provider]) => !checks[provider]);
  $("health").replaceChildren(...rows, ...others.map(([provider, at]) =>
    row(at, provider, `${word("breaker")}: ${word(at)}`)));
}

/** All three; one that cannot be had says so. */
export async function showPanels(reopen) {
  const gone = () => empty(word("unavailable"));
  $("panels").setAttribute("aria-busy", "true");
  await Promise.all([
    showHistory(reopen).catch(() => $("history").replaceChildren(gone())),
    showRecord().catch(() => $("record").replaceChildren(make("ul", {}, gone()))),
    showHealth().catch(() => $("health").replaceChildren(gone())),
  ]);
  $("panels").removeAttribute("aria-busy");
}
