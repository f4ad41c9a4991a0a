"""Products of sparse matrices with blocks of vectors, beside the speed of memory."""

import json
import os
import subprocess

from harness import contenders
from harness.matrices import debian_text, random_text, ratings_like, slashdot, uniform_sparse
from harness.task import Measurement

TITLE = "Products with sparse matrices"
WIDTHS = ("1", "4", "8", "16", "32")


def run(pace, head, log, say, tiny):
    if tiny:
        asked = [("random text", random_text(200, 80))]
    else:
        asked = [
            ("ratings-like 100000 x 20000", ratings_like(100_000, 20_000, 7_700_000)),
            ("uniform 100000 x 20000", uniform_sparse(100_000, 20_000, 7_700_000)),
        ]
        if os.environ.get("ECKART_DATA"):
            asked += [("Slashdot", slashdot()), ("Debian text", debian_text())]
    text = head(
        TITLE,
        "Milliseconds of A X / AᵀY with blocks of so many columns, checked against plain loops; and "
        "what they move at least (the entries as they are kept, X and Y once each) in GB/s, as a "
        "share of what reading numbers one after the other reaches in the same run.",
    )
    rows = [
        "| matrix | entries | bytes an entry | " + " | ".join(WIDTHS) + " |",
        "|---" * (3 + len(WIDTHS)) + "|",
    ]
    for name, maker in asked:
        matrix = maker()
        found = measure(matrix, pace, log, "0.005" if tiny else "0.5")
        rows += lines(name, matrix, found)
        say(f"  {name}")
    return {"sparse_products.md": text + "\n\n" + "\n".join(rows) + "\n"}


def lines(name, matrix, found):
    entries = matrix.A.nnz
    kept = found["bytes"] / 2  # of one orientation
    times, shares = [], []
    for width in WIDTHS:
        pair = found["product"][width], found["adjoint"][width]
        moved = kept + 8 * int(width) * (matrix.rows + matrix.cols)
        times.append(" / ".join(f"{1e3 * seconds:.3g}" for seconds in pair))
        shares.append(
            " / ".join(f"{100 * moved / seconds / 1e9 / found['read']:.0f} %" for seconds in pair)
        )
    return [
        f"| {name} | {entries} | {kept / entries:.1f} | " + " | ".join(times) + " |",
        f"| of {found['read']:.0f} GB/s | | | " + " | ".join(shares) + " |",
    ]


def measure(matrix, pace, log, seconds):
    program = contenders.built("sparse_rates")
    files = (matrix.files[part] for part in ("values", "offsets", "columns"))
    sizes = (pace.threads, matrix.rows, matrix.cols)
    with open(log, "ab") as errors:
        done = subprocess.run(
            [str(program), *map(str, sizes), *files, seconds, *WIDTHS],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=contenders.environment({}, pace.threads),
            timeout=pace.limit,
            check=True,
        )
    return json.loads(done.stdout)


TASK = Measurement(name="sparse_products", run=run)
