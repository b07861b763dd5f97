"""The page of `ocellus explain xo`, in a real Chromium: does a click on a place show the numbers that the program computed?
Screenshots stay in the folder that the test runs in. Says SKIPPED and ends with 77 where there is no Chromium."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
IMAGE = '<b>"&.pgm'  # a name that a careless page would take for its own


def write_image():
    """A plus sign, which is neither."""
    rows = [bytes(255 if 4 in (i, j) else 0 for j in range(9)) for i in range(9)]
    pathlib.Path(IMAGE).write_bytes(b"P5\n9 9\n255\n" + b"".join(rows))


class ExplainPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        write_image()
        out = subprocess.run([os.environ["OCELLUS"], "explain", "xo", IMAGE, "--json", "--html", "xo.html"], check=True,
                             capture_output=True, text=True).stdout
        cls.story = json.loads(out)
        cls.open = contextlib.ExitStack()
        cls.addClassCleanup(cls.open.close)
        playwright = cls.open.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.open.callback(browser.close)
        cls.page = browser.new_page(viewport={"width": 1100, "height": 1000})
        cls.page.on("pageerror", lambda error: cls.errors.append(str(error)))
        cls.page.on("request", lambda request: cls.requests.append(request.url))

    def setUp(self):
        type(self).errors, type(self).requests = [], []
        self.page.goto(pathlib.Path("xo.html").absolute().as_uri())

    def tearDown(self):
        self.assertEqual(self.errors, [])
        self.assertEqual(len(self.requests), 1, self.requests)  # the page itself, and nothing else

    def grid(self, place, index):
        return self.page.locator(f"#{place} .grid").nth(index).locator("> *")

    def brief(self, value):
        text = f"{round(value, 2) + 0:.2f}"
        return text[:-3] if text.endswith(".00") else text.replace("0.", ".")

    def test_own_image_comes_first(self):
        first = self.page.locator("#versions button").first
        self.assertIn(IMAGE, first.inner_text())
        self.assertEqual(self.page.locator("#versions button").count(), 13)

    def test_click_on_a_place_shows_its_window(self):
        self.grid("match", 2).nth(4 * 7 + 5).click()
        match = self.story["told"]["hand"]["match"][2][4][5]
        self.assertTrue(self.page.locator("#sum").inner_text().endswith(f"/ 9 = {self.brief(match)} at row 4, column 5."))
        marked = self.page.locator("#window .grid").first.locator(".in")
        self.assertEqual(marked.count(), 9)
        self.page.screenshot(path="hand.png", full_page=True)

    def test_relu_comes_before_pooling_and_changes_something(self):
        match, relu = self.story["told"]["hand"]["match"][0], self.story["told"]["hand"]["relu"][0]
        self.assertNotEqual(match, relu)
        self.assertEqual(self.grid("relu", 0).all_inner_texts(), [self.brief(v) for row in relu for v in row])
        self.assertEqual(self.grid("pooled", 0).count(), 16)

    def test_negative_has_mean_minus_one(self):
        self.page.locator("#negative summary").click()
        shown = self.grid("negative", 2).all_inner_texts()
        self.assertEqual(shown, ["-1"] * 9)

    def test_other_image_and_learned_features(self):
        self.page.locator("#versions button").nth(9).click()  # a version of O
        self.page.get_by_role("button", name="features learned").click()
        version = self.story["versions"][8]
        self.assertEqual(version["label"], "O")
        shown = self.page.locator("#votes tr.sum").inner_text().split()
        self.assertEqual(shown[-2:], [f"{v:.2f}" for v in version["learned"]["votes"]])
        self.page.screenshot(path="learned.png", full_page=True)


if __name__ == "__main__":
    if not CHROMIUM:
        print("SKIPPED: there is no Chromium; tools/setup.sh optional installs it where it can", file=sys.stderr)
        sys.exit(77)
    from playwright.sync_api import sync_playwright
    unittest.main(verbosity=2)
