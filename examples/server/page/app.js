// SPDX-License-Identifier: MIT
import { showAnswer, showProblem, showWaiting } from "./answer.js";
import { askByEvents, call, get, Live, onKeyWanted, setKey } from "./api.js";
import { currentLanguage, date, make, setLanguage, word } from "./format.js";
import { showHealth, showHistory, showPanels } from "./panels.js";
import { hidePlots, plotAnswer, showPlots, waitForPlots } from "./plots.js";
import { endStages, enterStage, failStage, showStages } from "./stages.js";

const $ = (id) => document.getElementById(id);
const HEARD_QUERIES = 50;
let answer = null;
let newest = null; // date of the newest prices
let busy = false;

/* Words and looks. */

function say() {
  document.documentElement.lang = currentLanguage();
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = word(node.dataset.text);
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = word(node.dataset.placeholder);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  const other = currentLanguage() === "en" ? "ru" : "en";
  $("language").textContent = other === "ru" ? "Русский" : "English";
  $("language").lang = other;
  $("examples").replaceChildren(...word("samples").map((sample) =>
    make("li", {}, make("button", { type: "button", click: () => { $("question").value = sample; ask(); } }, sample))));
  setBusy(busy);
  showLive(live.ready);
  sayNewest();
  showStages();
  if (answer) showAnswer(answer);
  showPlots();
  showPanels(reopen);
}

function sayNewest() {
  $("newest").textContent = newest ? `${word("newest")} ${date(newest)}`.replace(/\.?$/, ".") : "\u00a0";
  if (newest) $("as-of").max = newest;
}

function showLive(on) {
  $("live").classList.toggle("on", on);
  $("live").textContent = word(on ? "live" : "offline");
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function setBusy(on) {
  busy = on;
  $("send").disabled = on;
  $("send").textContent = word(on ? "asking" : "ask");
}

/* Asking. */

const heard = new Map(); // query id -> what the WebSocket said of it
let listener = null;
let whenCut = null;

function hear(event) {
  heard.set(event.query_id, [...(heard.get(event.query_id) || []), event]);
  if (heard.size > HEARD_QUERIES) heard.delete(heard.keys().next().value);
  if (listener) listener(event);
  if (event.type === "answer" && !busy) showHistory(reopen).catch(() => {});
}

/** Resolves when the WebSocket has told the end of a query, or is cut. */
function untilTold(id) {
  const past = heard.get(id) || [];
  past.filter((event) => event.type === "stage").forEach((event) => enterStage(event.stage));
  if (past.some((event) => event.type !== "stage")) return null;
  return new Promise((resolve) => {
    whenCut = resolve;
    listener = (event) => {
      if (event.query_id !== id) return;
      if (event.type === "stage") enterStage(event.stage);
      else resolve();
    };
  });
}

/** Ask, hear of the stages over the WebSocket, then fetch the record. */
async function askLive(body) {
  const response = await call("/api/query", { method: "POST", body, headers: { Prefer: "respond-async" } });
  const accepted = await response.json();
  if (!response.ok) throw accepted;
  await untilTold(accepted.query_id);
  listener = whenCut = null;
  return waitForRecord(accepted.query_id);
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

async function show(a) {
  answer = a;
  endStages(a);
  showAnswer(a);
  await plotAnswer(a);
}

async function ask() {
  const text = $("question").value.trim();
  if (!text || busy) return;
  const body = { query: text, ...($("as-of").value ? { as_of: $("as-of").value } : {}) };
  setBusy(true);
  showWaiting();
  waitForPlots();
  enterStage("plan");
  try {
    await show(await (live.ready ? askLive(body) : askByEvents(body, (data) => enterStage(data.stage))));
  } catch (problem) {
    if (problem.answer) await show(problem.answer);
    else fail(problem);
  }
  setBusy(false);
  showPanels(reopen);
}

function fail(problem) {
  answer = null;
  failStage();
  hidePlots();
  showProblem(problem);
}

async function reopen(id) {
  const record = await get(`/api/query/${id}`);
  if (!record.answer) return;
  $("question").value = record.question;
  $("answer").hidden = false;
  await show(record.answer);
  $("stages").scrollIntoView({ behavior: "smooth", block: "start" });
}

/* Begin. */

let keyWanted = null;
onKeyWanted(() => keyWanted ??= new Promise((resolve) => {
  $("key-dialog").showModal();
  $("key-form").onsubmit = () => { setKey($("key").value); $("key").value = ""; keyWanted = null; resolve(); };
}));
$("form").onsubmit = (event) => { event.preventDefault(); ask(); };
$("language").onclick = () => { setLanguage(currentLanguage() === "en" ? "ru" : "en"); say(); };
$("theme").onclick = () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("ape-theme", theme);
  setTheme(theme);
};
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
setTheme(localStorage.getItem("ape-theme") || (prefersDark.matches ? "dark" : "light"));
prefersDark.onchange = () => { if (!localStorage.getItem("ape-theme")) setTheme(prefersDark.matches ? "dark" : "light"); };

const live = new Live((on) => { showLive(on); if (!on && whenCut) whenCut(); }, hear);
say();
get("/api/data/tickers").then((known) => { newest = known.newest; sayNewest(); }, () => {});
setInterval(() => { if (!document.hidden) showHealth().catch(() => {}); }, 15000);
