"""A picture at some rank: by a sketch at once, and exactly."""

import json
import subprocess
from pathlib import Path

from harness import contenders
from harness.task import Measurement

TITLE = "Pictures"
CAMERA = Path(__file__).parents[2] / "examples" / "data" / "camera.png"
ROWS = (
    ("approximate", "approximate: sketch, one power iteration, and A_k", 50),
    ("exact", "exact: all triplets with their certificate, and A_k", 500),
    ("reconstruct", "A_k of another rank k", None),
    ("psnr", "PSNR", None),
    ("ssim", "SSIM", None),
    ("pack", "packing", None),
    ("unpack", "unpacking", None),
)


def run(pace, head, log, say, tiny):
    side, rank = (100, 10) if tiny else (1000, 50)
    found = measure(pace, log, side, rank, "0.01" if tiny else "2.5")
    text = head(
        TITLE,
        f"Milliseconds of library calls on a grey picture of {side} x {side} pixels (camera.png, "
        f"mirrored at its edges) at rank {rank}: what the explorer does while its slider moves. The "
        "sketch is checked against the best approximation, A_k against the singular values.",
    )
    rows = ["| what | ms | bar |", "|---|---|---|"]
    for name, label, bar in ROWS:
        took = 1e3 * found[name]
        verdict = "" if bar is None else f"≤ {bar} ms: **{'met' if took <= bar else 'NOT met'}**"
        rows.append(f"| {label} | {took:.3g} | {verdict} |")
        say(f"  {label}: {took:.3g} ms")
    rows.append("")
    rows.append(f"The squared error of the sketch is {100 * found['excess']:.1f} % above the least.")
    return {"images.md": text + "\n\n" + "\n".join(rows) + "\n"}


def measure(pace, log, side, rank, seconds):
    program = contenders.built("image_rates")
    with open(log, "ab") as errors:
        done = subprocess.run(
            [str(program), str(pace.threads), str(side), str(rank), seconds, str(CAMERA)],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=contenders.environment({}, pace.threads),
            timeout=pace.limit,
            check=True,
        )
    return json.loads(done.stdout)


TASK = Measurement(name="images", run=run)
