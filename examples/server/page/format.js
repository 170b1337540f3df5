// SPDX-License-Identifier: MIT
// The page's language, and how it writes numbers and dates.
import { NAMES, WORDS } from "./words.js";

let language = localStorage.getItem("ape-language") || (navigator.language.startsWith("ru") ? "ru" : "en");

export const currentLanguage = () => language;
export function setLanguage(value) {
  language = value;
  localStorage.setItem("ape-language", value);
}

export const word = (key) => WORDS[language][key] ?? key;

/** What a metric or a value is called. */
export function name(key) {
  const text = NAMES[language][key] ?? key.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

export const number = (value, digits = 4) =>
  new Intl.NumberFormat(language, { maximumSignificantDigits: digits }).format(value);
export const money = (value) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
export const share = (value) =>
  new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 }).format(value);
export const date = (iso) =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${iso}T00:00:00Z`));

/** A moment: today the time alone. */
export function clock(iso) {
  const when = new Date(iso), today = when.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(language, today ? { timeStyle: "short" } : { dateStyle: "medium" }).format(when);
}

const SHARES = new Set(["max_drawdown", "volatility", "cagr", "total_return", "var", "cvar", "risk_free_rate",
  "mean_daily_return", "annual_volatility", "downside_deviation", "confidence", "value_at_risk"]);
const PRICES = new Set(["price_low", "price_base", "price_high", "last_close", "first_close", "last_price",
  "high_52w", "low_52w", "sma", "ema"]);

/** One value of a result, by what it is. */
export function value(key, v) {
  if (v === null) return word("undefined");
  if (Array.isArray(v)) return v.map((one) => value(key, one)).join(", ");
  if (typeof v === "number") return SHARES.has(key) ? share(v) : PRICES.has(key) ? money(v) : number(v, 5);
  return /^\d{4}-\d\d-\d\d$/.test(v) ? date(v) : String(v);
}

/** An element; attributes that are functions become listeners, children that are null are left out. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, v] of Object.entries(attributes)) {
    if (typeof v === "function") node.addEventListener(key, v);
    else if (v !== null && v !== undefined) node.setAttribute(key, v);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}
