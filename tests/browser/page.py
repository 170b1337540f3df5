#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page.py BUILD BINARY: the page in a real browser; pictures go to BUILD/tests/browser."""
import json
import pathlib
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import ROOT, chain, providers, running, skip, use_packages

use_packages(sys.argv[1], ROOT / "tests/browser/requirements.txt")
from axe_playwright_python.sync_playwright import Axe

import browser as chrome
from browser import DESKTOP, PHONE, Visit
from numbers_shown import strangers

BUILD, BINARY = sys.argv[1:3]
PICTURES = pathlib.Path(BUILD) / "tests" / "browser"
SHARPE, FORECAST = "Sharpe ratio for AAPL in 2021", "Where will AAPL be in 30 days?"
PAIR = "Correlation of JPM and BAC in 2021"
KEY = "make-believe-key-one-0123456789abcdef"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def picture(visit, name):
    visit.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def check_looks(visit, name):
    """Nothing hangs over the edge, and axe finds nothing; a picture for people."""
    visit.settle()
    picture(visit, name)
    width = visit.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], f"{name}: the page is wider than the window: {width}"
    # axe is let in beside the page's policy, which lets nothing in.
    found = Axe().run(visit.page, options=RULES).response["violations"]
    assert not found, name + ": " + "; ".join(
        f"{v['id']} at {v['nodes'][0]['target']}: {v['nodes'][0]['failureSummary']}" for v in found)
    found = strangers(visit)
    assert not found, f"{name}: numbers that the API did not deliver: {found}"


def test_a_question(browser, url):
    with Visit(browser, url) as visit:
        visit.wait_for("#live.on")
        check_looks(visit, "empty")
        visit.ask(SHARPE)
        assert visit.watched("stages")[-4:] == [0, 1, 2, 3], visit.watched("stages")
        assert visit.page.locator("#stages .done").count() == 4
        answer = [json.loads(r.text()) for r in visit.responses if "/api/query/" in r.url][-1]["answer"]
        assert visit.text(".badge") == "Verified"
        assert visit.text(".value") == f"{answer['result']['value']:.5g}"
        assert answer["answer"] in visit.text("#answer")
        assert visit.page.locator("pre").inner_text().strip() == answer["code"].strip()
        for word in (answer["provenance"]["code_sha256"], answer["provenance"]["data"][0]["sha256"], "Dec 28, 2022"):
            assert word in visit.page.locator("#details").text_content(), word
        check_looks(visit, "answer")
        assert sum(visit.watched("shifts")) < 0.1, visit.watched("shifts")


def test_a_number_of_ones_own_is_found(browser, url):
    """The test of numbers would find one."""
    with Visit(browser, url) as visit:
        visit.ask(SHARPE)
        for text in ("about 1.35", "37 %", "150.00", "12 ms", "251 days and 8123"):
            visit.page.evaluate("(text) => { document.getElementById('chart-note').textContent = text; }", text)
            assert strangers(visit), text


def test_the_first_screen(browser, url):
    """What the README shows."""
    with Visit(browser, url, {"viewport": {"width": 1120, "height": 1350}, "device_scale_factor": 1.5}) as visit:
        visit.wait_for("#live.on")
        visit.ask(SHARPE)
        visit.page.screenshot(path=PICTURES / "first-screen.png")


def test_plots(browser, url):
    with Visit(browser, url) as visit:
        visit.ask(FORECAST)
        assert visit.page.locator("#chart .area").count() == 1, "no fan"
        visit.ask(SHARPE)
        assert visit.page.locator("#chart rect.window").count() == 1
        assert "USD" in visit.text("#chart-unit")
        for name, unit in (("Drawdown", "%"), ("Volatility", "% a year"), ("Corridor", "USD")):
            visit.page.click(f"#tabs >> text={name}")
            assert visit.page.locator("#chart path.line").count() >= 1, name
            assert unit in visit.text("#chart-unit"), name
            assert visit.page.locator("#chart svg text").count() >= 4, f"{name}: no labels"
            check_looks(visit, f"plot-{name.lower()}")
        visit.ask(PAIR)
        visit.page.click("#tickers >> text=BAC")
        visit.settle()
        assert visit.page.locator("#tickers [aria-selected=true]").inner_text() == "BAC"
        check_looks(visit, "two-tickers")


def test_past_questions(browser, url):
    with Visit(browser, url) as visit:
        visit.ask("Max drawdown of MSFT in 2022")
        value = visit.text(".value")
        assert value.endswith("%"), value
        visit.ask(SHARPE)
        visit.page.locator("#history button", has_text="MSFT").first.click()
        visit.page.locator(".value", has_text=value).wait_for()
        assert "MSFT" in visit.text("#chart-title")


def post(url, body):
    request = urllib.request.Request(url, data=json.dumps(body).encode(), method="POST",
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def test_the_track_record(browser, url):
    post(url + "/api/query", {"query": FORECAST, "as_of": "2021-06-30"})
    post(url + "/api/predictions/check-actuals", {})
    with Visit(browser, url) as visit:
        visit.wait_for("#record .rate")
        with urllib.request.urlopen(url + "/api/predictions/track-record", timeout=30) as response:
            rate = json.load(response)["hit_rate"]
        assert visit.text("#record .rate").startswith(f"{rate * 100:.4g}%"), visit.text("#record .rate")
        assert "AAPL" in visit.text("#record .list")
        check_looks(visit, "track-record")


def test_what_is_not_answered(browser, url):
    with Visit(browser, url) as visit:
        visit.ask("How do I cook rice?")
        assert visit.text(".badge") == "Not answered"
        assert visit.page.locator(".value").count() == 0
        assert visit.page.locator("#stages .stopped").count() == 1
        assert visit.page.locator("#stages .done").count() < 3, "stages that never ran"
        assert not visit.page.locator("#chart-card").is_visible()
        check_looks(visit, "refused")


def test_phone_dark_and_russian(browser, url):
    for size, kind in ((DESKTOP, "desktop"), (PHONE, "phone")):
        for theme in ("light", "dark"):
            with Visit(browser, url, size, theme, "ru-RU") as visit:
                visit.wait_for("#live.on")
                visit.ask("Где будет AAPL через 30 дней?")
                assert visit.text(".badge") == "Проверено"
                check_looks(visit, f"ru-{kind}-{theme}-forecast")
                visit.page.click("#language")
                assert visit.text(".badge") == "Verified"
                check_looks(visit, f"en-{kind}-{theme}-forecast")


def focused(visit, attribute):
    return visit.page.evaluate(f"() => document.activeElement.{attribute}")


def tab_to(visit, selector):
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("(s) => document.activeElement.matches(s)", selector):
            ring = visit.page.evaluate("() => { const e = document.activeElement, f = e.closest('.field') || e, s = getComputedStyle(e); "
                                       "return s.outlineStyle !== 'none' || getComputedStyle(f).boxShadow !== 'none'; }")
            assert ring, f"one does not see that {selector} has the focus"
            return
    raise AssertionError(f"{selector} cannot be reached")


def test_keyboard_alone(browser, url):
    with Visit(browser, url) as visit:
        visit.page.keyboard.press("Tab")
        assert focused(visit, "className") == "skip"
        visit.page.keyboard.press("Enter")
        assert focused(visit, "id") == "question"
        visit.page.keyboard.type(SHARPE)
        visit.page.keyboard.press("Enter")
        visit.wait_for_answer()
        tab_to(visit, "#tabs button")
        visit.page.keyboard.press("ArrowRight")
        assert focused(visit, "textContent") == "Drawdown"
        tab_to(visit, "#chart")
        visit.page.keyboard.press("Home")
        first = visit.text(".tip")
        visit.page.keyboard.press("ArrowRight")
        assert first and visit.text(".tip") != first
        tab_to(visit, "summary")
        visit.page.keyboard.press("Enter")
        assert "seccomp" in visit.text("#details details")
        tab_to(visit, "#history button")
        visit.page.reload()
        tab_to(visit, "#theme")
        visit.page.keyboard.press("Space")
        assert visit.page.evaluate("() => document.documentElement.dataset.theme") == "dark"


def test_an_api_key(browser):
    with running(BINARY, "--rate-limit", "0", settings={"API_KEYS": KEY, "SECRET_KEY": KEY * 2}) as server:
        with Visit(browser, server.url, strict=False) as visit:
            visit.wait_for("#key-dialog[open]")
            check_dialog(visit)
            visit.page.fill("#key", KEY)
            visit.page.keyboard.press("Enter")
            visit.wait_for("#live.on")
            visit.ask(SHARPE)
            assert visit.text(".badge") == "Verified"
            assert KEY not in visit.page.content()


def check_dialog(visit):
    picture(visit, "key")
    visit.page.fill("#key", "make-believe-wrong-key-0123456789")
    visit.page.keyboard.press("Enter")
    visit.wait_for("#key-dialog[open]")


def test_breakers(browser):
    with providers() as address:
        settings = {**chain(address, "always500"), "LLM_CHAIN": "p0 builtin", "LLM_BREAKER_FAILURES": "5"}
        with running(BINARY, "--rate-limit", "0", settings=settings) as server:
            with Visit(browser, server.url) as visit:
                visit.page.locator("#health li", has_text="p0").filter(has_text="breaker: closed").wait_for()
                for _ in range(6):
                    visit.ask(SHARPE)
                visit.page.locator("#health li", has_text="p0").filter(has_text="breaker: open").wait_for()
                check_looks(visit, "breaker-open")


def test_a_server_that_goes_away(browser):
    with running(BINARY, "--rate-limit", "0") as server:
        with Visit(browser, server.url, strict=False) as visit:
            visit.wait_for("#live.on")
            server.stop()
            visit.wait_for("#live:not(.on)")
            visit.page.fill("#question", SHARPE)
            visit.page.click("#send")
            visit.wait_for(".badge.failed")
            assert "did not answer" in visit.text("#answer")
            assert visit.page.locator("#stages .failed").count() == 1
            picture(visit, "server-gone")


def run(browser, url):
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            begun = time.monotonic()
            wanted = {"browser": browser, "url": url}
            test(**{k: wanted[k] for k in test.__code__.co_varnames[:test.__code__.co_argcount]})
            print(f"ok   {name} ({time.monotonic() - begun:.1f} s)", flush=True)


def main():
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        with chrome.chromium() as browser, running(BINARY, "--rate-limit", "0") as server:
            run(browser, server.url)
    except chrome.NoBrowser as error:
        skip(error)


main()
