// SPDX-License-Identifier: MIT
import { WORDS } from "./words.js";
import { draw } from "./chart.js";
import { askByEvents, call, get, Live, onKeyWanted, setKey } from "./api.js";

const $ = (id) => document.getElementById(id);
const STAGES = ["plan", "sanitize", "execute", "gate"];
const KNOWN_UNITS = { ratio: "ratio", price: "usd", USD: "usd" };
let language = localStorage.getItem("ape-language") || (navigator.language.startsWith("ru") ? "ru" : "en");
let answer = null;
let tab = "price";
let plots = {};
let busy = false;
const heard = new Map(); // query id -> what the WebSocket said of it

const word = (name) => WORDS[language][name] ?? name;
const number = (value, digits = 4) => new Intl.NumberFormat(language, { maximumSignificantDigits: Math.max(digits, 1) }).format(value);
const money = (value) => new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
const share = (value) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(value);
const date = (iso) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(iso + (iso.length === 10 ? "T00:00:00Z" : "")));
const clock = (iso) => new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" }).format(new Date(iso));

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") node.onclick = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/* Words and looks. */

function say() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = word(node.dataset.text);
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = word(node.dataset.placeholder);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  $("language").textContent = language === "en" ? "Русский" : "English";
  $("language").lang = language === "en" ? "ru" : "en";
  $("examples").replaceChildren(...word("samples").map((sample) =>
    make("li", {}, make("button", { type: "button", onclick: () => { $("question").value = sample; ask(); } }, sample))));
  $("send").textContent = word(busy ? "asking" : "ask");
  showLive($("live").classList.contains("on"));
  if (!$("stages").hidden) showStages(stageState);
  if (answer) showAnswer(answer);
  refresh();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function showLive(on) {
  $("live").classList.toggle("on", on);
  $("live").textContent = word(on ? "live" : "offline");
}

/* Asking. */

let stageState = {};

function showStages(state) {
  stageState = state;
  $("stages").hidden = false;
  $("stages").replaceChildren(...STAGES.map((name) =>
    make("li", { class: state[name] || "" }, make("strong", {}, word(name)), word(name + "_note"))));
}

function enterStage(name) {
  const at = STAGES.indexOf(name);
  showStages(Object.fromEntries(STAGES.map((s, i) => [s, i < at ? "done" : i === at ? "now" : ""])));
}

function endStages(good) {
  showStages(Object.fromEntries(STAGES.map((s) => [s, good ? "done" : stageState[s] === "now" ? "failed" : stageState[s]])));
}

/** Ask, hear of the stages over the WebSocket, then fetch the record. */
async function askLive(body) {
  const response = await call("/api/query", { method: "POST", body, headers: { Prefer: "respond-async" } });
  const accepted = await response.json();
  if (!response.ok) throw accepted;
  const id = accepted.query_id;
  const past = heard.get(id) || [];
  past.filter((event) => event.type === "stage").forEach((event) => enterStage(event.stage));
  if (!past.some((event) => event.type !== "stage"))
    await new Promise((resolve) => {
      listener = (event) => {
        if (event.query_id !== id) return;
        if (event.type === "stage") enterStage(event.stage);
        else resolve();
      };
      whenCut = resolve;
    });
  listener = whenCut = null;
  return waitForRecord(id);
}

async function waitForRecord(id) {
  for (let wait = 50; ; wait = Math.min(wait * 2, 1000)) {
    const record = await get(`/api/query/${id}`);
    if (record.status !== "running") {
      if (!record.answer) throw { detail: null };
      return record.answer;
    }
    if (record.stage) enterStage(record.stage);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

let listener = null;
let whenCut = null;

async function ask() {
  const text = $("question").value.trim();
  if (!text || busy) return;
  const body = { query: text, ...($("as-of").value ? { as_of: $("as-of").value } : {}) };
  setBusy(true);
  for (const id of ["answer", "chart-card", "details"]) $(id).hidden = true;
  enterStage("plan");
  try {
    const result = await (live.ready ? askLive(body) : askByEvents(body, (data) => enterStage(data.stage)));
    endStages(result.status !== "failed");
    await show(result);
  } catch (problem) {
    endStages(false);
    if (problem.answer) await show(problem.answer);
    else showProblem(problem);
  }
  setBusy(false);
  refresh();
}

function setBusy(on) {
  busy = on;
  $("send").disabled = on;
  $("send").textContent = word(on ? "asking" : "ask");
}

function showProblem(problem) {
  answer = null;
  $("answer").hidden = false;
  $("answer").replaceChildren(
    make("span", { class: "badge failed" }, problem.title || word("failed")),
    make("p", { class: "sentence" }, problem.detail || word("broken")));
}

/* The answer. */

const SKIP = new Set(["ticker", "as_of", "start", "end", "tickers", "metric"]);

function valueText(value) {
  if (value === null) return word("undefined");
  if (Array.isArray(value)) return value.map(valueText).join(", ");
  if (typeof value === "number") return number(value, 6);
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return date(value);
  return String(value);
}

function figure(result) {
  if (!result || typeof result.value !== "number") return null;
  const unit = KNOWN_UNITS[result.unit];
  return make("div", { class: "figure" },
    make("span", { class: "value" }, result.unit === "price" ? money(result.value) : number(result.value)),
    make("span", { class: "unit" }, [result.metric.replaceAll("_", " "), result.tickers?.join ? result.tickers.join(", ") : result.tickers, unit === "usd" ? word("usd") : null].filter(Boolean).join(" · ")));
}

function otherValues(result) {
  const entries = Object.entries(result?.values || {}).filter(([name]) => !SKIP.has(name));
  if (!entries.length) return null;
  return make("dl", { class: "values" }, ...entries.map(([name, value]) =>
    make("div", {}, make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, valueText(value)))));
}

function showAnswer(a) {
  $("answer").hidden = false;
  $("answer").replaceChildren(...[
    make("span", { class: `badge ${a.status}` }, word(a.status)),
    figure(a.result),
    make("p", { class: "sentence" }, a.answer),
    otherValues(a.result),
    make("p", { class: "asked" }, `“${a.question}”`),
    make("p", { class: "disclaimer" }, a.disclaimer.text),
  ].filter(Boolean));
  showDetails(a);
  showChart();
}

function pairs(entries) {
  return make("dl", { class: "pairs" }, ...entries.filter(([, value]) => value).flatMap(([name, value]) =>
    [make("dt", {}, name), make("dd", {}, value)]));
}

function codeCard(a) {
  const button = make("button", { type: "button", class: "quiet" }, word("copy"));
  button.onclick = async () => {
    await navigator.clipboard.writeText(a.code);
    button.textContent = word("copied");
  };
  const code = make("pre", { tabindex: "0" }, make("code", {}, a.code));
  return make("section", { class: "card" }, make("div", { class: "card-head" }, make("h2", {}, word("code")), button), code, mended(a));
}

function mended(a) {
  if (!a.diagnostics.length) return null;
  return make("div", {}, make("h2", {}, word("diagnostics")), make("ul", { class: "list" }, ...a.diagnostics.map((d) =>
    make("li", {}, make("div", { class: "row" }, make("code", {}, d.rule), make("span", { class: "what" }, d.message))))));
}

function timings(a) {
  const names = STAGES.filter((name) => a.timings_ms[name]);
  const bar = make("div", { class: "timings", "aria-hidden": "true" });
  for (const name of names) {
    const part = make("span", { title: word(name) });
    part.style.flexGrow = a.timings_ms[name];
    bar.append(part);
  }
  const text = [...names.map((name) => `${word(name)} ${number(a.timings_ms[name], 3)}`), `${word("total")} ${number(a.timings_ms.total, 3)} ms`].join(" · ");
  return [bar, make("p", { class: "note" }, text)];
}

function provenanceCard(a) {
  const p = a.provenance;
  const data = (p.data || []).map((d) => make("div", {}, `${d.symbol}: ${date(d.first)} – ${date(d.last)}, ${number(d.rows, 6)} ${word("rows")}`, make("div", {}, make("code", {}, d.sha256))));
  return make("section", { class: "card" }, make("h2", {}, word("provenance")), pairs([
    [word("known"), p.as_of && date(p.as_of)],
    [word("data"), data.length ? make("div", {}, ...data) : null],
    [word("isolation"), p.isolation && `${word("level")} ${p.isolation.level}` + (p.isolation.mechanisms?.length ? `: ${p.isolation.mechanisms.join(", ")}` : "")],
    [word("written_by"), a.llm?.provider && [a.llm.provider, a.llm.model].filter((name, i, all) => name && all.indexOf(name) === i).join(", ")],
    [word("runtime"), p.runtime && Object.entries(p.runtime).map((pair) => pair.join(" ")).join(", ")],
    [word("prediction"), a.prediction_id],
    [word("digest"), p.code_sha256 && make("code", {}, p.code_sha256)],
  ]), ...timings(a));
}

function showDetails(a) {
  $("details").hidden = false;
  $("details").replaceChildren(...[a.code ? codeCard(a) : null, provenanceCard(a)].filter(Boolean));
}

/* The plot. */

const shift = (iso, days) => new Date(Date.parse(iso) + days * 86400000).toISOString().slice(0, 10);

async function show(a) {
  answer = a;
  plots = {};
  tab = "price";
  showAnswer(a);
  const tickers = a.result?.tickers;
  const ticker = Array.isArray(tickers) ? tickers[0] : tickers;
  if (!ticker || !a.result.start || !a.result.end) return;
  await loadPlots(ticker, a).catch(() => {});
  if (answer === a) showChart();
}

async function loadPlots(ticker, a) {
  const { start, end, values } = a.result, asOf = a.provenance.as_of;
  const path = `/api/data/prices/${encodeURIComponent(ticker)}?as_of=${asOf}`;
  const base = a.result.metric === "price_base" ? a.result.value : values?.price_base;
  const forecast = values?.target_date && base && values.price_low && values.price_high;
  const around = Math.max(30, (Date.parse(end) - Date.parse(start)) / 86400000 / 4);
  const [wide, inside, past] = await Promise.all([
    // A forecast draws on years; half a year of them leaves room to see its fan.
    get(forecast ? `${path}&start=${shift(asOf, -180)}` : `${path}&start=${shift(start, -around)}&end=${shift(end, around)}`),
    get(`${path}&start=${start}&end=${end}`),
    get(`/api/predictions/${encodeURIComponent(ticker)}/corridor`).catch(() => ({ corridor: [] })),
  ]);
  plots.ticker = ticker;
  plots.price = { series: { dates: wide.dates, values: wide.close }, window: forecast ? null : { start, end }, format: money,
    fan: forecast ? { date: values.target_date, low: values.price_low, base, high: values.price_high } : null,
    note: word(forecast ? "forecast_note" : "window") };
  plots.drawdown = { series: { dates: inside.dates, values: inside.drawdown }, area: true, format: share, note: word("drawdown_note") };
  if (wide.rolling_volatility.some((v) => v !== null))
    plots.volatility = { series: { dates: wide.dates, values: wide.rolling_volatility }, window: forecast ? null : { start, end }, format: share, note: word("volatility_note") };
  if (past.corridor.length)
    plots.corridor = { series: { dates: wide.dates, values: wide.close }, ranges: past.corridor, format: money, note: word("corridor_note") };
}

function showChart() {
  $("chart-card").hidden = !plots.price;
  if (!plots.price) return;
  const names = ["price", "drawdown", "volatility", "corridor"].filter((name) => plots[name]);
  $("tabs").replaceChildren(...names.map((name) => make("button", {
    type: "button", role: "tab", "aria-selected": String(name === tab), tabindex: name === tab ? "0" : "-1",
    onclick: () => { tab = name; showChart(); },
  }, word(name))));
  $("chart-title").textContent = plots.ticker;
  $("chart-note").textContent = plots[tab].note;
  $("chart").setAttribute("aria-label", `${plots.ticker}: ${word(tab)}. ${plots[tab].note}`);
  draw($("chart"), { ...plots[tab], date });
}

$("tabs").addEventListener("keydown", (event) => {
  const all = [...$("tabs").children], at = all.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 }[event.key];
  if (to === undefined || !all[to]) return;
  all[to].click();
  $("tabs").children[to].focus();
});

/* What else is there. */

async function showHistory() {
  const { queries } = await get("/api/query?limit=8");
  if (!queries.length) return $("history").replaceChildren(make("li", { class: "empty" }, word("no_history")));
  $("history").replaceChildren(...queries.map((q) => make("li", {}, make("button", {
    type: "button", onclick: () => reopen(q.query_id) },
  make("span", { class: `state ${q.status}`, title: word(q.status) }), make("span", { class: "hidden" }, word(q.status)), make("span", { class: "what" }, q.question), make("time", { class: "when", datetime: q.created }, clock(q.created))))));
}

async function reopen(id) {
  const record = await get(`/api/query/${id}`);
  if (!record.answer) return;
  $("question").value = record.question;
  $("stages").hidden = true;
  await show(record.answer);
  $("answer").scrollIntoView({ behavior: "smooth", block: "start" });
}

async function showRecord() {
  const record = await get("/api/predictions/track-record");
  if (!record.checked) return $("record").replaceChildren(make("p", { class: "empty" }, word("no_record")));
  const split = make("div", { class: "split", "aria-hidden": "true" });
  for (const [name, kind] of [["hits", "hit"], ["nears", "near"], ["misses", "miss"]]) {
    if (!record[name]) continue;
    const part = make("span", { class: kind });
    part.style.flexGrow = record[name];
    split.append(part);
  }
  $("record").replaceChildren(
    make("p", { class: "rate" }, share(record.hit_rate), " ", make("small", {}, word("hit_rate"))), split,
    make("p", { class: "legend" }, ...["hits", "nears", "misses", "checked"].map((name) => make("span", {}, make("b", {}, number(record[name], 9)), ` ${word(name)}`))));
}

async function showHealth() {
  const { checks } = await get("/health/detailed");
  $("health").replaceChildren(...Object.entries(checks).map(([name, check]) => make("li", {}, make("div", { class: "row" },
    make("span", { class: `state ${check.status}` }), make("span", { class: "what" }, name),
    make("span", { class: "when" }, [word(check.status), check.breaker && `${word("breaker")}: ${word(check.breaker)}`,
      typeof check.latency_ms === "number" ? `${number(check.latency_ms, 2)} ms` : null].filter(Boolean).join(" · ")),
    check.last_error && check.status !== "healthy" ? make("span", { class: "error" }, check.last_error) : null))));
}

function refresh() {
  showHistory().catch(() => $("history").replaceChildren(make("li", { class: "empty" }, word("unavailable"))));
  showRecord().catch(() => $("record").replaceChildren(make("p", { class: "empty" }, word("unavailable"))));
  showHealth().catch(() => $("health").replaceChildren(make("li", { class: "empty" }, word("unavailable"))));
}

/* Begin. */

let keyWanted = null;
onKeyWanted(() => keyWanted ??= new Promise((resolve) => {
  $("key-dialog").showModal();
  $("key-form").onsubmit = () => { setKey($("key").value); $("key").value = ""; keyWanted = null; resolve(); };
}));
$("form").onsubmit = (event) => { event.preventDefault(); ask(); };
$("language").onclick = () => {
  language = language === "en" ? "ru" : "en";
  localStorage.setItem("ape-language", language);
  const shown = answer;
  say();
  if (shown) show(shown);
};
$("theme").onclick = () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("ape-theme", theme);
  setTheme(theme);
};
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
setTheme(localStorage.getItem("ape-theme") || (prefersDark.matches ? "dark" : "light"));
prefersDark.onchange = () => { if (!localStorage.getItem("ape-theme")) setTheme(prefersDark.matches ? "dark" : "light"); };
new ResizeObserver(() => { if (plots.price && !$("chart-card").hidden) showChart(); }).observe($("chart-card"));

const live = new Live((on) => { showLive(on); if (!on && whenCut) whenCut(); }, (event) => {
  heard.set(event.query_id, [...(heard.get(event.query_id) || []), event]);
  if (heard.size > 50) heard.delete(heard.keys().next().value);
  if (listener) listener(event);
  if (event.type === "answer" && !busy) showHistory().catch(() => {});
});
say();
setInterval(() => { if (!document.hidden) showHealth().catch(() => {}); }, 15000);
