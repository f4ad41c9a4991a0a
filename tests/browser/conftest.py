"""Starts the explorer over small data and models, and a browser before it."""
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

# A shell's background job ignores Ctrl-C, and its children do; the tool must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "data"
TOOL = os.environ.get("ECKART", "eckart")
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", "."))


def tool(*arguments):
    """Returns what the tool prints as JSON."""
    done = subprocess.run([TOOL, *map(str, arguments), "--json"], capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Paths by what they hold; the order is that of the explorer's data sets, from 1."""
    folder = tmp_path_factory.mktemp("models")
    text, ratings = folder / "speeches.lsa", folder / "films.safetensors"
    tool("lsa", "fit", DATA / "inaugural.zip", "-k", 20, "-o", text)
    source = next((DATA / "movietweetings-100k").glob("*ratings*"))
    tool("recommend", "fit", source, "--method", "pure-svd", "-k", 10, "-o", ratings)
    return {"iris": DATA / "iris.csv", "digits": DATA / "digits.csv.gz", "text": text,
            "ratings": ratings, "camera": DATA / "camera.png",
            "weights": DATA / "silero_vad" / "silero_vad_16k.safetensors"}


class Explorer:
    def __init__(self, process, url):
        self.process, self.url = process, url
        self.origin = url.split("/?")[0]


@pytest.fixture(scope="session")
def explorer(files):
    # WEB_ROOT: files of the page that are not built in yet.
    root = ["--web-root", os.environ["WEB_ROOT"]] if "WEB_ROOT" in os.environ else []
    with subprocess.Popen([TOOL, "explore", "--no-browser", "--json", *root,
                           *map(str, files.values())],
                          stdout=subprocess.PIPE, text=True) as process:
        url = json.loads(process.stdout.readline())["url"]
        yield Explorer(process, url)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        # A machine without a sandbox of its own, such as a container, runs these tests too.
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium",
                                             args=["--no-sandbox"])
        yield browser
        browser.close()


def until(page, condition, argument=None):
    """Waits for a condition on the page. (Playwright's own wait uses eval there, which the page's
    security policy forbids.)"""
    for _ in range(600):
        if page.evaluate(condition, argument):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition} {argument or ''}")


class View:
    """One page, which notes everything that must not happen."""

    def __init__(self, context, explorer):
        self.page = context.new_page()
        self.explorer = explorer
        self.troubles = []
        self.expected = None  # of the browser's own lines about answers that a test provokes
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.troubles.append(m.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._see)
        self.page.goto(explorer.url)

    def _see(self, request):
        if not request.url.startswith((self.explorer.origin, "data:", "blob:")):
            self.troubles.append(f"asked {request.url}")

    def open(self, hash_):
        """Opens a view by its address and waits until it is complete."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.explorer.origin}/{hash_}")
        self.rest()
        return self.page

    def rest(self):
        until(self.page, "document.querySelector('main').children.length > 0 &&"
                         "!document.body.hasAttribute('aria-busy')")

    def picture(self, name):
        self.page.wait_for_timeout(150)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@pytest.fixture
def view(chromium, explorer):
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    seen = View(context, explorer)
    yield seen
    context.close()
    assert [t for t in seen.troubles if not seen.expected or seen.expected not in t] == []
