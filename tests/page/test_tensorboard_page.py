"""A real TensorBoard on 127.0.0.1, looked at with a real Chromium: are the boxes of the graph, the curves, histograms,
images and texts of a training run there? Screenshots of every page stay in the folder that the test runs in.

Says SKIPPED and ends with 77 where there is no Chromium, or a build without TensorBoard."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import unittest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NET = "conv 5x5x8 relu | maxpool 2 | conv 5x5x16 relu | maxpool 2 | dense 32 relu | dropout 0.5 | dense CLASSES"
EPOCHS, STEPS = 3, 8  # 500 images in batches of 64
WAIT = 60000  # milliseconds until something must be seen


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(77)


def train(folder):
    """Trains a small net that writes into folder/logs, and gives the lines of its metrics."""
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([os.environ["OCELLUS"], "train", "digits:600:100", "--net", NET, "--lr", "2e-3",
                           "--epochs", str(EPOCHS), "--out", f"{folder}/run", "--tensorboard", f"{folder}/logs",
                           "--quiet"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode == 69:
        skip("this build cannot write for TensorBoard (no protobuf-c)")
    if done.returncode:
        raise AssertionError(done.stderr)
    return [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]


@contextlib.contextmanager
def server(logs):
    """A TensorBoard on a free port of this machine; gives its address."""
    process = subprocess.Popen([sys.executable, "-m", "tensorboard.main", "--logdir", logs, "--host", "127.0.0.1",
                                "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(120, process.kill)  # else a server that never says its address is waited for
    watchdog.start()
    listener = None
    try:
        for line in process.stderr:
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            if found:
                break
        else:
            raise AssertionError("TensorBoard ended before it said its address")
        watchdog.cancel()
        listener = threading.Thread(target=process.stderr.read)  # so that it never blocks on a full pipe
        listener.start()
        yield found.group()
    finally:
        watchdog.cancel()
        process.terminate()
        process.wait()
        if listener:
            listener.join()
        process.stderr.close()


class TensorBoardPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path("training").absolute()
        cls.metrics = train(folder)
        cls.open = contextlib.ExitStack()
        cls.addClassCleanup(cls.open.close)
        cls.address = cls.open.enter_context(server(folder / "logs"))
        playwright = cls.open.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.open.callback(browser.close)
        cls.browser = browser

    def setUp(self):
        self.page = self.browser.new_page(viewport={"width": 1500, "height": 1000})
        self.page.set_default_timeout(WAIT)
        self.addCleanup(self.page.close)

    def go(self, tab):
        self.page.goto(f"{self.address}#{tab}")

    def shoot(self, name):
        self.page.wait_for_timeout(1000)  # things that move come to rest
        self.page.screenshot(path=f"{name}.png")

    def test_graph_has_boxes_and_shapes(self):
        self.go("graphs")
        self.page.locator('g.node[data-name="fc_4"]').wait_for()
        kinds = dict(self.page.locator("g.node").evaluate_all("a => a.map(e => [e.dataset.name, e.classList[1]])"))
        for scope in "conv_1", "maxpool_1", "conv_2", "maxpool_2", "fc_3", "dropout_1", "fc_4":
            self.assertEqual(kinds.get(scope), "meta", scope)  # a box
        for op in "tf_x", "tf_y", "probabilities", "labels", "cross_entropy_loss", "accuracy":
            self.assertEqual(kinds.get(op), "op", op)
        shapes = self.page.locator("g.edge text").evaluate_all("a => a.map(e => e.textContent)")
        for shape in "?×28×28×1", "?×24×24×8", "?×12×12×8", "?×8×8×16", "?×4×4×16", "?×32", "?×10":
            self.assertIn(shape, shapes)
        self.shoot("graph")

    def test_box_opens_and_operation_tells_its_attributes(self):
        self.go("graphs")
        self.page.locator('g.node[data-name="conv_1"]').wait_for()
        self.page.wait_for_timeout(1000)  # the image is moved into view first
        self.page.locator('g.node[data-name="conv_1"] .nodeshape').first.dblclick(force=True)
        self.page.locator('g.node[data-name="conv_1/Conv2D"]').wait_for()
        self.page.wait_for_timeout(1000)
        # A variable is a box of its own, since the optimizer's state stands below it: conv_1/_weights/Adam.
        names = self.page.locator("g.node").evaluate_all("a => a.map(e => e.dataset.name)")
        for name in "_weights", "_biases", "Conv2D", "net_pre-activation", "activation":
            self.assertIn("conv_1/" + name, names)
        self.page.locator('g.node[data-name="conv_1/Conv2D"] .nodeshape').first.click(force=True)
        for text in "Operation: Conv2D", '{"s":"VALID"}', '{"type":"DT_FLOAT"}', "5×5×1×8", "?×24×24×8":
            self.page.get_by_text(text).first.wait_for(state="attached")
        self.shoot("graph_conv_1")

    def points(self, tag):
        """How many points the line of this card goes through."""
        line = self.page.locator("tf-scalar-card", has_text=f"tag: {tag}").locator("path.line").first
        line.wait_for(state="attached")
        for _ in range(100):  # until data has come
            path = line.get_attribute("d")
            if path:
                return len(re.findall("[ML]", path))
            self.page.wait_for_timeout(100)
        return 0

    def test_curves_go_through_every_step(self):
        self.go("scalars")
        self.page.locator("tf-tag-filterer input").fill("loss/|accuracy/|gradient_norm|learning_rate|images_per")
        for tag in "loss/step", "gradient_norm", "learning_rate":
            self.assertEqual(self.points(tag), EPOCHS * STEPS, tag)
        # a step that another process slowed down is an outlier, which TensorBoard leaves out of its image
        self.assertGreater(self.points("images_per_second/step"), EPOCHS * STEPS // 2)
        for tag in "loss/epoch", "loss/validation", "accuracy/validation", "images_per_second/epoch":
            self.assertEqual(self.points(tag), EPOCHS, tag)
        self.shoot("scalars")

    def test_value_shown_is_the_value_measured(self):
        self.go("timeseries")
        card = self.page.locator("scalar-card", has_text="validation").first
        accuracy = self.metrics[-1]["valid_accuracy"]
        card.get_by_text(re.compile(rf"^\s*{accuracy:.4g}\s*$")).first.wait_for()
        card.get_by_text(re.compile(rf"^\s*{EPOCHS * STEPS}\s*$")).first.wait_for()
        self.shoot("timeseries")

    def test_histograms(self):
        self.go("histograms")
        for tag in "conv_1/_weights", "conv_1/_weights/gradient", "conv_2/_biases":
            card = self.page.locator("tf-histogram-loader", has_text=f"tag: {tag}").first
            card.locator(".histogram path").first.wait_for(state="attached")
        self.shoot("histograms")
        self.go("distributions")
        self.page.locator("tf-distribution-loader path").first.wait_for(state="attached")
        self.shoot("distributions")

    def test_pictures(self):
        self.go("images")
        for tag, least in ("first_layer/kernels", 100), ("validation/mistakes", 500), ("validation/confusion", 500):
            image = self.page.locator("tf-image-loader", has_text=f"tag: {tag}").locator("img").first
            image.wait_for()
            self.page.wait_for_function("e => e.complete && e.naturalWidth > 0", arg=image.element_handle())
            self.assertGreater(image.evaluate("e => e.naturalWidth"), least, tag)
        self.shoot("images")

    def test_texts(self):
        self.go("text")
        for cell in "adam", "conv 5x5x8 relu", "(?, 24, 24, 8)", NET.replace("CLASSES", "10"):
            self.page.locator("td", has_text=cell).first.wait_for()
        self.shoot("text")


if __name__ == "__main__":
    if not CHROMIUM:
        skip("there is no Chromium; tools/setup.sh optional installs it where it can")
    from playwright.sync_api import sync_playwright
    unittest.main(verbosity=2)
