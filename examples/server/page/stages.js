// SPDX-License-Identifier: MIT
// The four stages of a question: what each is, and how far this one came.
import { make, word } from "./format.js";

export const STAGES = ["plan", "sanitize", "execute", "gate"];
let states = {};

export function showStages(next = states) {
  states = next;
  document.getElementById("stages").replaceChildren(...STAGES.map((stage) =>
    make("li", { class: states[stage] || null, "aria-current": states[stage] === "now" ? "step" : null },
      make("strong", {}, word(stage)), make("span", {}, word(`${stage}_note`)))));
}

export function enterStage(stage) {
  const at = STAGES.indexOf(stage);
  showStages(Object.fromEntries(STAGES.map((s, i) => [s, i < at ? "done" : i === at ? "now" : ""])));
}

/** No answer came: the stage that was at work failed. */
export function failStage() {
  showStages(Object.fromEntries(STAGES.map((s) => [s, states[s] === "now" ? "failed" : states[s]])));
}

/** How far an answer came, by the time that its stages took. */
export function endStages({ status, timings_ms: timings }) {
  const good = status === "verified" || status === "undefined";
  const ran = STAGES.filter((s) => good || timings[s] > 0), last = ran.at(-1);
  const end = good ? "done" : status === "refused" ? "stopped" : "failed";
  showStages(Object.fromEntries(ran.map((s) => [s, s === last ? end : "done"])));
}
