# SPDX-License-Identifier: MIT
"""Finds numbers on the page that the API did not deliver."""
import json
import math
import re

ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
# What is written on the page, but for code, which the API delivers as it is.
SHOWN = """() => {
  const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (!parent.closest("pre, code, script") && parent.getClientRects().length) out.push(walk.currentNode.data);
  }
  return out;
}"""
# The page's own way to write dates and hours, and all that it says by itself.
SAID = """async ([dates, moments]) => {
  const { date, clock, name } = await import("/assets/format.js");
  const { WORDS, NAMES } = await import("/assets/words.js");
  return [...dates.map(date), ...moments.map(clock),
          ...Object.values(NAMES).flatMap(Object.keys).map(name),
          ...Object.values(WORDS).flatMap(Object.values).flat()];
}"""


def leaves(value):
    if isinstance(value, dict):
        for child in value.values():
            yield from leaves(child)
    elif isinstance(value, list):
        for child in value:
            yield from leaves(child)
    else:
        yield value


def delivered(visit):
    """All numbers and strings of all responses so far."""
    numbers, strings = set(), set()
    for response in visit.responses:
        if "json" in response.headers.get("content-type", ""):
            for leaf in leaves(json.loads(response.text())):
                if isinstance(leaf, str):
                    strings.add(leaf)
                elif isinstance(leaf, (int, float)) and not isinstance(leaf, bool):
                    numbers.add(leaf)
    return numbers, strings


def rounds_to(n, shown, decimals):
    """Whichever way a browser rounds what is half way."""
    return abs(n - shown) <= 0.50001 * 10.0 ** -decimals


def significant(n, shown, digits):
    return n == shown or n != 0 and rounds_to(n, shown, digits - 1 - math.floor(math.log10(abs(n))))


def is_number_of(text, decimals, unit, numbers):
    """Is this what one of the numbers looks like, in one of the page's formats?"""
    shown = float(text)
    if unit == "%":
        return any(rounds_to(n * 100, shown, 2) for n in numbers)
    if unit in ("ms", "мс"):
        return any(significant(n, shown, digits) for n in numbers for digits in (2, 3))
    if decimals == 2 and any(rounds_to(n, shown, 2) for n in numbers):
        return True
    return any(significant(n, shown, 5) for n in numbers)


def strangers(visit):
    """The numbers on the page that are none of the API's."""
    shown = visit.page.evaluate(SHOWN)  # first: what comes meanwhile is none of it
    numbers, strings = delivered(visit)
    dates = sorted(s for s in strings if ISO_DATE.match(s))
    moments = sorted(s for s in strings if re.match(r"\d{4}-\d\d-\d\dT", s))
    known = sorted({*strings, *visit.page.evaluate(SAID, [dates, moments])}, key=len, reverse=True)
    known = [k for k in known if re.search(r"\d", k)]
    comma = visit.page.evaluate("() => document.documentElement.lang") == "ru"
    found = []
    for text in shown:
        if not re.search(r"\d", text):
            continue
        for k in known:
            text = text.replace(k, " ; ")
        found += [(*token, text) for token in tokens(text, comma) if not is_number_of(*token, numbers)]
    return found


def tokens(text, comma):
    """(digits, decimals, unit) of each number in a text."""
    pattern = r"([-−]?\d{1,3}(?:[\s\u202f\u00a0]\d{3})+|[-−]?\d+)(?:,(\d+))?" if comma else \
        r"([-−]?\d{1,3}(?:,\d{3})+|[-−]?\d+)(?:\.(\d+))?"
    for whole, fraction, unit in re.findall(pattern + r"\s*(%|ms\b|мс\b)?", text):
        whole = re.sub(r"[\s,\u202f\u00a0]", "", whole).replace("−", "-")
        yield f"{whole}.{fraction or 0}", len(fraction), unit
