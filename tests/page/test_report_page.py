"""A report in a real Chromium: does it show everything with the network cut and no script, in light and dark, on a phone and
printed, with no label outside of its chart or on another? Screenshots stay in the folder that the test runs in. Says SKIPPED and
ends with 77 where there is no Chromium."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
GOLDEN = pathlib.Path(os.environ["OCELLUS_SOURCE"]) / "tests/golden/charts/run"
# Boxes of the texts of each chart, with those that lie outside of it or on another.
OVERLAPS = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text')].map(t => [t.lastChild.textContent, t.getBoundingClientRect()]);
  const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
  const inside = b => b.left >= frame.left - 1 && b.right <= frame.right + 1 && b.top >= frame.top - 1 && b.bottom <= frame.bottom + 1;
  return boxes.flatMap(([text, box], i) => inside(box) ? boxes.slice(i + 1).filter(o => !apart(box, o[1])).map(o => [text, o[0]])
                                                       : [[text, 'outside']]);
})"""


class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree("run", ignore_errors=True)
        shutil.copytree(GOLDEN, "run")
        for words in ["report", "run", "-o", "report.html"], ["report", "run", "run", "-o", "two.html"]:
            subprocess.run([os.environ["OCELLUS"], *words], check=True, capture_output=True)
        cls.open = contextlib.ExitStack()
        cls.addClassCleanup(cls.open.close)
        playwright = cls.open.enter_context(sync_playwright())
        cls.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.open.callback(cls.browser.close)

    @contextlib.contextmanager
    def page(self, name, width, scheme):
        """Without script; every message of the console, such as a style that is refused, is a failure."""
        messages, requests = [], []
        with contextlib.closing(self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme,
                                                         offline=True)) as context:
            page = context.new_page()
            page.on("console", lambda message: messages.append(message.text))
            page.on("request", lambda request: requests.append(request.url))
            page.goto(pathlib.Path(name).absolute().as_uri())
            yield page
        self.assertEqual(messages, [])
        self.assertEqual(len(requests), 1, requests)

    def test_every_width_and_scheme(self):
        for name in "report", "two":
            for width, scheme in (1100, "light"), (1100, "dark"), (360, "light"), (360, "dark"):
                with self.subTest(page=name, width=width, scheme=scheme), self.page(f"{name}.html", width, scheme) as page:
                    page.screenshot(path=f"{name}-{width}-{scheme}.png", full_page=True)
                    self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
                    self.assertEqual(page.evaluate(OVERLAPS), [])

    def test_styles_are_applied(self):
        colors = {}
        for scheme in "light", "dark":
            with self.page("report.html", 1100, scheme) as page:
                colors[scheme] = [page.evaluate(f"getComputedStyle(document.querySelector('{q}')).{p}")
                                  for q, p in (("body", "backgroundColor"), (".f0", "fill"), (".l1", "stroke"))]
        self.assertEqual(colors["light"], ["rgb(246, 247, 249)", "rgb(0, 114, 178)", "rgb(213, 94, 0)"])
        self.assertFalse(set(colors["light"]) & set(colors["dark"]), colors)

    def test_charts_have_names(self):
        with self.page("report.html", 1100, "light") as page:
            self.assertEqual(page.get_by_role("img").count(), 5)
            self.assertEqual(page.get_by_role("img", name="Confusion matrix").count(), 1)

    def test_printed_it_is_whole(self):
        with self.page("report.html", 1100, "dark") as page:
            page.emulate_media(media="print")
            pdf = page.pdf(format="A4")
            self.assertGreater(len(pdf), 20_000)
            self.assertEqual(page.locator("figure").count(), 5)


if __name__ == "__main__":
    if not CHROMIUM:
        print("SKIPPED: there is no Chromium; tools/setup.sh optional installs it where it can", file=sys.stderr)
        sys.exit(77)
    from playwright.sync_api import sync_playwright
    unittest.main(verbosity=2)
