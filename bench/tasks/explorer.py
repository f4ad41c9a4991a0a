"""The explorer's page in Chromium: what one move of a drag costs, and one question to the engine."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np

from harness.task import Measurement

TITLE = "Explorer"
FRAME = 1000 / 60  # milliseconds
ROOT = Path(__file__).resolve().parents[2]


def run(pace, head, log, say, tiny):
    moves = 20 if tiny else 300
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if sync_playwright is None or not shutil.which("chromium"):
        say("  playwright or chromium is missing: nothing was measured")
        return {}
    tool = Path(os.environ["ECKART_BENCH_WORKERS"]).parent / "bin" / "eckart"
    command = [tool, "explore", "--json", "--no-browser", ROOT / "examples/data/digits.csv.gz"]
    with open(log, "w") as errors, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True
    ) as explorer:
        url = json.loads(explorer.stdout.readline())["url"]
        try:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                measured = measure(chromium, url, moves)
                chromium.close()
        finally:
            explorer.terminate()
    rows = [
        "| what | median ms | 95 % of them ms | budget ms | |",
        "|---|---|---|---|---|",
    ]
    for what, times, budget in measured:
        middle, most = np.percentile(times, [50, 95])
        met = "met" if most <= budget else "**not met**"
        rows.append(f"| {what} | {middle:.2f} | {most:.2f} | {budget:.1f} | {met} |")
        say(f"  {what}: {middle:.2f} ms, 95 % within {most:.2f} ms")
    text = head(
        TITLE,
        "One move of a dragged column in the 2×2 view: everything the page does until it is drawn "
        "again. One question: from the page to the engine and back. Budget: a frame of 60 Hz.",
    )
    return {"explorer.md": "\n\n".join([text, "\n".join(rows)]) + "\n"}


def measure(chromium, url, moves):
    """Yields (what, milliseconds of each, budget). Every answer is compared with its closed form."""
    page = chromium.new_context().new_page()
    page.goto(url)
    page.goto(url.split("?")[0] + "#two?a=1&b=0&c=0&d=1")
    handle = page.get_by_role("slider", name="Image of e1").locator("circle")
    plane = page.get_by_role("group", name="The plane")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    frames = []
    for i in range(moves):
        page.mouse.move(x + 30 * np.sin(i / 9), y - 30 * np.cos(i / 7))
        page.wait_for_timeout(20)
        frames.append(float(plane.get_attribute("data-frame")))
    page.mouse.up()
    page.wait_for_timeout(500)
    questions = page.evaluate(
        """async (count) => {
      const { ask } = await import('/api.js');
      const { svd2 } = await import('/two_math.js');
      const times = [];
      for (let i = 0; i < count; ++i) {
        const A = [1 + i % 7, 2, -1, i % 5];
        const start = performance.now();
        const answer = await ask('two', { matrix: [A.slice(0, 2), A.slice(2)] });
        times.push(performance.now() - start);
        if (Math.abs(answer.sigma[0] - svd2(A).sigma[0]) > 1e-12 * answer.sigma[0]) throw new Error('wrong');
      }
      return times;
    }""",
        moves,
    )
    return [("one move of a drag", frames, FRAME), ("one question, 2×2", questions, FRAME)]


TASK = Measurement(name="explorer", run=run)
