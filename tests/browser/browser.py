# SPDX-License-Identifier: MIT
"""A real browser at the page: starts Debian's Chromium, keeps what the API delivered and what went wrong."""
import contextlib
import os
import shutil

from playwright.sync_api import Error, sync_playwright

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True,
         "has_touch": True}
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--font-render-hinting=none"]
# What the page shifts, and every state that its stages go through.
WATCH = """
window.watched = { shifts: [], stages: [] };
new PerformanceObserver((list) => list.getEntries().forEach((e) => {
  if (!e.hadRecentInput) window.watched.shifts.push(e.value);
})).observe({ type: "layout-shift", buffered: true });
addEventListener("DOMContentLoaded", () => new MutationObserver((records) => records.forEach((r) => {
  const now = [...r.addedNodes].findIndex((node) => node.className === "now");
  if (now >= 0) window.watched.stages.push(now);
})).observe(document.getElementById("stages"), { childList: true }));
"""


class NoBrowser(Exception):
    pass


@contextlib.contextmanager
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        raise NoBrowser("there is no chromium")
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=arguments)
        except Error as error:
            raise NoBrowser(f"chromium does not start: {error}") from error
        yield browser
        browser.close()


class Visit:
    """One visitor's tab: page, what was delivered to it, what it complained of."""

    def __init__(self, browser, url, size=None, theme="light", locale="en-US", strict=True):
        self.context = browser.new_context(color_scheme=theme, locale=locale, timezone_id="UTC",
                                           **(size or DESKTOP))
        self.context.set_default_timeout(30000)
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.strict, self.complaints, self.responses, self.foreign = strict, [], [], []
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.complaints.append(m.text))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("response", lambda response: self.responses.append(response))
        self.page.on("request", lambda r: r.url.startswith((url, "data:")) or self.foreign.append(r.url))
        self.page.goto(url)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        try:
            if kind is None:
                assert not self.foreign, f"the page asked others: {self.foreign}"
                assert not self.strict or not self.complaints, self.complaints
        finally:
            self.context.close()

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def wait_for(self, selector):
        self.page.locator(selector).first.wait_for()

    def ask(self, question, as_of=""):
        self.page.fill("#question", question)
        self.page.fill("#as-of", as_of)
        self.page.click("#send")
        self.wait_for_answer()

    def wait_for_answer(self):
        self.wait_for("#send:not([disabled])")
        self.settle()

    def settle(self):
        """Wait until nothing on the page waits for the server."""
        for part in ("answer", "chart-card", "details", "panels"):
            self.page.locator(f"#{part}:not([aria-busy])").wait_for(state="attached")

    def watched(self, name):
        return self.page.evaluate(f"() => window.watched.{name}")
