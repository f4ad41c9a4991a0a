"""The explorer's page in Chromium: what a move of a drag or a slider costs, and a question to the engine."""

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
    tool = Path(os.environ["ECKART_BENCH_WORKERS"]).parent / "bin" / "eckart"
    command = [tool, "explore", "--json", "--no-browser", "--threads", str(pace.threads)]
    with open(log, "w") as errors, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True
    ) as explorer:
        url = json.loads(explorer.stdout.readline())["url"]
        try:
            measured = in_a_browser(url, 20 if tiny else 200, errors)
        finally:
            explorer.terminate()
    if measured is None:
        say("  playwright or chromium is missing: nothing was measured")
        return {}
    rows = [
        "| what | median ms | 95 % of them ms | budget ms | |",
        "|---|---|---|---|---|",
    ]
    for what, times, budget in measured:
        middle, most = np.percentile(times, [50, 95])
        verdict = "| | |"
        if budget is not None:
            verdict = f"| {budget:.1f} | {'met' if most <= budget else '**not met**'} |"
        rows.append(f"| {what} | {middle:.2f} | {most:.2f} {verdict}")
        say(f"  {what}: {middle:.2f} ms, 95 % within {most:.2f} ms")
    text = head(
        TITLE,
        "What the page answers with, in Chromium without a window, every answer checked. One move: "
        "everything from the event until it is drawn, with the question to the engine where there "
        "is one; budget: a frame of 60 Hz. The picture is camera.png, mirrored at its edges to "
        "1000 x 1000 pixels, at rank 50; a new one for each sketch and each decomposition.",
    )
    return {"explorer.md": "\n\n".join([text, "\n".join(rows)]) + "\n"}


def in_a_browser(url, moves, errors):
    """Returns what measure() yields, by the Python that has playwright; None if there is none."""
    python = Path(os.environ["ECKART_BENCH_VENV"]) / "bin" / "python"
    if not python.exists() or not shutil.which("chromium"):
        return None
    has_it = subprocess.run([python, "-c", "import playwright"], stderr=subprocess.DEVNULL)
    if has_it.returncode != 0:
        return None
    code = "import sys; from tasks import explorer; explorer.main(sys.argv[1], int(sys.argv[2]))"
    done = subprocess.run(
        [python, "-c", code, url, str(moves)], stdout=subprocess.PIPE, stderr=errors, check=True
    )
    return json.loads(done.stdout)


def main(url, moves):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        print(json.dumps(measure(chromium, url, moves)))
        chromium.close()


def measure(chromium, url, moves):
    """Returns (what, milliseconds of each, budget or None) of every kind of move and question."""
    page = chromium.new_context().new_page()
    page.goto(url)
    origin = url.split("?")[0]
    return [
        ("2×2: one move of a drag", drag(page, origin, moves), FRAME),
        ("2×2: one question to the engine, once the drag rests", page.evaluate(QUESTIONS, moves), None),
        *pictures(page, origin, max(4, moves // 10), moves),
    ]


def drag(page, origin, moves):
    page.goto(origin + "#two?a=1&b=0&c=0&d=1")
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
    return frames


# Every answer is compared with its closed form.
QUESTIONS = """async (count) => {
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
}"""

# Two copies of one picture in turn: each question finds the other's decomposition and makes its own.
DECOMPOSITIONS = r"""async (count) => {
  const { ask, askBytes, upload } = await import('/api.js');
  const { pictureOf } = await import('/picture.js');
  const camera = (await ask('sample', { name: 'camera' })).id;
  const small = pictureOf(await askBytes('image/original', { data: camera, side: 512 }));
  const mirrored = (i) => (i < 512 ? i : 1023 - i);
  const samples = new Uint8Array(1000 * 1000);
  for (let i = 0; i < 1000; ++i) for (let j = 0; j < 1000; ++j) samples[i * 1000 + j] = small.samples[mirrored(i) * 512 + mirrored(j)];
  const ids = [];
  for (const name of ['one.pgm', 'two.pgm']) ids.push((await upload(new File(['P5\n1000 1000\n255\n', samples], name))).id);
  const result = { ids, sketch: [], exact: [] };
  const best = {};
  for (const kind of ['exact', 'sketch']) {
    for (let i = 0; i < count; ++i) {
      const start = performance.now();
      const answer = await askBytes('image/rank', { data: ids[i % 2], rank: 50, exact: kind === 'exact', side: 512 });
      result[kind].push(performance.now() - start);
      const { facts } = pictureOf(answer);
      if (facts.exact !== (kind === 'exact')) throw new Error('not asked for');
      best[kind] = facts.psnr;
      if (!(best[kind] <= best.exact && best[kind] > best.exact - 0.5)) throw new Error('wrong');
    }
  }
  return result;
}"""


# The events of a slider that is moved, from within the page: another rank every 20 ms.
MOVES = """async (count) => {
  const slider = document.querySelector('[aria-label="Rank k as a number"]');
  const stage = document.querySelector('#stage');
  const pause = () => new Promise((done) => setTimeout(done, 20));
  const times = [];
  for (let i = 0; i < count; ++i) {
    const k = String(51 + i % 40);
    slider.value = k;
    slider.dispatchEvent(new Event('change'));
    do await pause(); while (stage.dataset.rank !== k);
    if (stage.dataset.exact !== 'true') throw new Error('a sketch');
    times.push(Number(stage.dataset.frame));
  }
  return times;
}"""


def pictures(page, origin, count, moves):
    times = page.evaluate(DECOMPOSITIONS, count)
    page.goto("about:blank")
    page.goto(f"{origin}#image?data={times['ids'][0]}&k=50")
    page.locator("#stage[data-settled]").wait_for()
    frames = page.evaluate(MOVES, moves)
    return [
        ("1000 × 1000: sketch of a new picture", times["sketch"], 50),
        ("1000 × 1000: all triplets and their picture", times["exact"], 500),
        ("1000 × 1000: one move of the slider", frames, FRAME),
    ]


TASK = Measurement(name="explorer", run=run)
