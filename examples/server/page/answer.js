// SPDX-License-Identifier: MIT
// An answer: its number, its code, and where it comes from.
import { date, make, money, name, number, value, word } from "./format.js";
import { STAGES } from "./stages.js";

const $ = (id) => document.getElementById(id);
const SKIP = new Set(["ticker", "as_of", "start", "end", "tickers", "metric"]);
const list = (tickers) => (Array.isArray(tickers) ? tickers : [tickers]);

/** The tickers that an answer is about. */
export const tickersOf = (a) => (a.result?.tickers ? list(a.result.tickers) : []);

function figure(a) {
  const result = a.result;
  if (!result || typeof result.value !== "number") return null;
  const price = result.unit === "price";
  return make("div", { class: "figure" },
    make("p", { class: "about" }, make("strong", {}, name(result.metric)), ` ${tickersOf(a).join(", ")}`),
    make("p", { class: "value" }, price ? money(result.value) : value(result.metric, result.value),
      price ? make("span", { class: "unit" }, word("usd")) : null));
}

function otherValues(result) {
  const entries = Object.entries(result?.values || {}).filter(([key]) => !SKIP.has(key));
  if (!entries.length) return null;
  return make("dl", { class: "values" }, entries.map(([key, v]) =>
    make("div", {}, make("dt", {}, name(key)), make("dd", {}, value(key, v)))));
}

export function showAnswer(a) {
  $("answer").removeAttribute("aria-busy");
  $("answer").replaceChildren(
    ...[
      make("div", { class: "answer-head" }, make("span", { class: `badge ${a.status}` }, word(a.status)),
        make("span", { class: "asked" }, a.question)),
      figure(a),
      make("p", { class: "sentence" }, a.answer),
      otherValues(a.result),
      a.result ? make("p", { class: "disclaimer" }, a.disclaimer.text) : null,
    ].filter(Boolean));
  const cards = [a.code ? codeCard(a) : null, a.code ? provenanceCard(a) : null].filter(Boolean);
  $("details").hidden = !cards.length;
  $("details").removeAttribute("aria-busy");
  $("details").replaceChildren(...cards);
}

/** What a request came to that has no answer: an RFC 9457 document, or silence. */
export function showProblem(problem) {
  $("answer").removeAttribute("aria-busy");
  $("details").removeAttribute("aria-busy");
  $("details").hidden = true;
  $("answer").replaceChildren(
    make("div", { class: "answer-head" }, make("span", { class: "badge failed" }, problem.title || word("failed"))),
    make("p", { class: "sentence" }, problem.detail || word("broken")));
}

/** Room for an answer that is on its way. */
export function showWaiting() {
  for (const id of ["answer", "details"]) $(id).setAttribute("aria-busy", "true");
  if (!$("answer").hidden) return;
  $("answer").hidden = false;
  $("answer").replaceChildren(...["short", "tall", "", "short"].map((kind) => make("div", { class: `bone ${kind}` })));
}

function codeCard(a) {
  const button = make("button", { type: "button", class: "quiet", click: async () => {
    await navigator.clipboard.writeText(a.code);
    button.textContent = word("copied");
  } }, word("copy"));
  return make("section", { class: "card" },
    make("div", { class: "card-head" }, make("h2", {}, word("code")), button),
    make("pre", { tabindex: "0", "aria-label": word("code") }, make("code", {}, a.code)), mended(a));
}

function mended(a) {
  if (!a.diagnostics.length) return null;
  return make("div", { class: "mended" }, make("h3", {}, word("diagnostics")),
    make("ul", {}, a.diagnostics.map((d) => make("li", {}, make("code", {}, d.rule), ` ${d.message}`))));
}

function timings(a) {
  const names = STAGES.filter((stage) => a.timings_ms[stage] > 0);
  const longest = Math.max(...names.map((stage) => a.timings_ms[stage]));
  return make("dl", { class: "timings" }, names.map((stage) => {
    const bar = make("span", { "aria-hidden": "true" });
    bar.style.width = `${(100 * a.timings_ms[stage]) / longest}%`;
    return make("div", {}, make("dt", {}, word(stage)), make("dd", { class: "bar" }, bar),
      make("dd", {}, `${number(a.timings_ms[stage], 3)} ${word("ms")}`));
  }), make("div", {}, make("dt", {}, word("total")), make("dd", { class: "bar" }),
    make("dd", {}, `${number(a.timings_ms.total, 3)} ${word("ms")}`)));
}

function prices(data) {
  return make("ul", {}, data.map((d) => make("li", {},
    `${d.symbol}, ${date(d.first)} – ${date(d.last)}, ${number(d.rows, 9)} ${word("rows")}`,
    make("code", { title: d.sha256 }, d.sha256))));
}

function isolation({ level, mechanisms }) {
  if (!mechanisms?.length) return `${word("level")} ${level}`;
  return make("details", {}, make("summary", {}, `${word("level")} ${level}`),
    make("p", { class: "note" }, mechanisms.map((one) => one.replaceAll("_", " ")).join(", ")));
}

function provenanceCard(a) {
  const p = a.provenance, model = [a.llm?.provider, a.llm?.model].filter((one, i, all) => one && all.indexOf(one) === i);
  const rows = [
    [word("known"), p.as_of && date(p.as_of)],
    [word("data"), p.data?.length ? prices(p.data) : null],
    [word("isolation"), p.isolation && isolation(p.isolation)],
    [word("written_by"), model.join(", ")],
    [word("runtime"), p.runtime && Object.entries(p.runtime).map((pair) => pair.join(" ")).join(", ")],
    [word("prediction"), a.prediction_id && make("code", {}, a.prediction_id)],
    [word("digest"), p.code_sha256 && make("code", { title: p.code_sha256 }, p.code_sha256)],
  ].filter(([, shown]) => shown);
  return make("section", { class: "card" }, make("h2", {}, word("provenance")),
    make("dl", { class: "pairs" }, rows.flatMap(([key, shown]) => [make("dt", {}, key), make("dd", {}, shown)])),
    make("h3", {}, word("time")), timings(a));
}
