// SPDX-License-Identifier: MIT
// The plots beside an answer: what is fetched for them, and which one is shown.
import { get } from "./api.js";
import { tickersOf } from "./answer.js";
import { draw } from "./chart.js";
import { date, make, money, share, word } from "./format.js";

const $ = (id) => document.getElementById(id);
const DAY_MS = 86400000;
const TABS = ["price", "drawdown", "volatility", "corridor"];
let answer = null, tickers = [], ticker = null, tab = "price", data = null;

const shift = (iso, days) => new Date(Date.parse(iso) + days * DAY_MS).toISOString().slice(0, 10);

export function hidePlots() {
  answer = data = null;
  $("chart-card").hidden = true;
  $("chart-card").removeAttribute("aria-busy");
}

/** Keep room for the plots of the answer that is on its way. */
export function waitForPlots() {
  data = null;
  $("chart-card").setAttribute("aria-busy", "true");
  if (!$("chart-card").hidden) return;
  $("chart-card").hidden = false;
  $("chart").replaceChildren();
  $("tabs").replaceChildren();
  $("chart-title").replaceChildren();
  $("chart-note").replaceChildren();
}

export async function plotAnswer(a) {
  answer = a;
  tickers = a.result?.start && a.result?.end ? tickersOf(a) : [];
  tab = "price";
  if (!tickers.length) return hidePlots();
  waitForPlots();
  await plotTicker(tickers[0]);
}

async function plotTicker(wanted) {
  const mine = answer;
  ticker = wanted;
  $("chart-card").setAttribute("aria-busy", "true");
  showTickers();
  const got = await load(mine, wanted).catch(() => null);
  if (answer !== mine || ticker !== wanted) return;
  if (!got) return hidePlots();
  data = got;
  showPlots();
}

/** A forecast in the answer itself: its fan. */
function fanOf({ result }) {
  const { target_date: day, price_low: low, price_high: high, price_base } = result.values || {};
  const base = result.metric === "price_base" ? result.value : price_base;
  return day && low && high && base ? { date: day, low, base, high } : null;
}

/** Closes from a good while before the first prediction. */
async function around(path, corridor) {
  const first = corridor.map((range) => range.target_date).sort()[0];
  const { dates, close } = await get(`${path}&start=${shift(first, -180)}`);
  return { dates, values: close };
}

async function load(a, symbol) {
  const { start, end } = a.result, asOf = a.provenance.as_of, fan = fanOf(a);
  const path = `/api/data/prices/${encodeURIComponent(symbol)}?as_of=${asOf}`;
  const margin = Math.max(30, (Date.parse(end) - Date.parse(start)) / DAY_MS / 4);
  const [wide, inside, past] = await Promise.all([
    // A forecast draws on years; half a year of them leaves room to see its fan.
    get(fan ? `${path}&start=${shift(asOf, -180)}` : `${path}&start=${shift(start, -margin)}&end=${shift(end, margin)}`),
    get(`${path}&start=${start}&end=${end}`),
    get(`/api/predictions/${encodeURIComponent(symbol)}/corridor`).catch(() => ({ corridor: [] })),
  ]);
  const closes = { dates: wide.dates, values: wide.close }, window = fan ? null : { start, end };
  return {
    price: { series: closes, window, fan, format: money, unit: "price_unit", note: fan ? "forecast_note" : "window" },
    drawdown: { series: { dates: inside.dates, values: inside.drawdown }, area: true, format: share, unit: "share_unit", note: "drawdown_note" },
    volatility: wide.rolling_volatility.some((v) => v !== null) ?
      { series: { dates: wide.dates, values: wide.rolling_volatility }, window, format: share, unit: "year_unit", note: "volatility_note" } : null,
    corridor: past.corridor.length ?
      { series: await around(path, past.corridor), ranges: past.corridor, format: money, unit: "price_unit", note: "corridor_note" } : null,
  };
}

const choice = (role, text, chosen, click) => make("button", {
  type: "button", role, click, "aria-selected": String(chosen), tabindex: chosen ? "0" : "-1", "aria-controls": "chart",
}, text);

function showTickers() {
  $("chart-title").textContent = tickers.join(", ");
  $("tickers").hidden = tickers.length < 2;
  $("tickers").replaceChildren(...tickers.map((one) => choice("tab", one, one === ticker, () => plotTicker(one))));
}

/** Draw what was fetched, in the present language and size. */
export function showPlots() {
  if (!data) return;
  const plot = data[tab];
  $("chart-card").hidden = false;
  $("chart-card").removeAttribute("aria-busy");
  $("tabs").replaceChildren(...TABS.filter((one) => data[one]).map((one) =>
    choice("tab", word(one), one === tab, () => { tab = one; showPlots(); })));
  showTickers();
  $("chart-unit").textContent = word(plot.unit);
  $("chart-note").textContent = word(plot.note);
  $("chart").setAttribute("aria-label", `${ticker}: ${word(tab)}. ${word(plot.note)}`);
  draw($("chart"), { ...plot, date });
}

function moveByArrows(event) {
  const all = [...event.currentTarget.children], at = all.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || !all[to]) return;
  event.preventDefault();
  all[to].click();
  event.currentTarget.children[to].focus();
}

for (const id of ["tabs", "tickers"]) $(id).addEventListener("keydown", moveByArrows);
new ResizeObserver(() => { if (data && !$("chart-card").hidden) showPlots(); }).observe($("chart-card"));
