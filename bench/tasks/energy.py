"""Rank by energy against the same rank by number: the rank that is found, and what it costs."""

import os

import numpy as np

from harness.alone import Alone
from harness.matrices import debian_text, fashion_mnist, ratings_like, slashdot, slow_decay
from harness.task import Case, Measurement
from harness.worker import WorkerFailed

TITLE = "Rank by energy"
MOST_RUNS = 2  # timed ones
SLOWER = 1.5  # how much more than the same rank by number it may take


def run(pace, head, log, say, tiny):
    if tiny:
        asked = [("1/√i, 300 x 100", slow_decay(300, 100), goal) for goal in (0.5, 0.9, 5)]
    else:
        asked = [
            ("ratings-like 100000 x 20000", ratings_like(100_000, 20_000, 7_700_000), 50),
            ("1/√i, 20000 x 4000", slow_decay(20_000, 4_000), 50),
        ]
        if os.environ.get("ECKART_DATA"):
            asked += [
                ("Fashion-MNIST centred", fashion_mnist(), 0.9),
                ("Slashdot", slashdot(), 100),
                ("Debian text", debian_text(), 200),
            ]
    rows = [
        "| matrix | energy | best rank | rank found | seconds | by number | ratio | bar |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with Alone(pace, log) as eckart:
        for name, maker, goal in asked:
            matrix = maker()
            energy, best = target(matrix, goal)
            try:
                found, named = (
                    eckart.ask(
                        Case(name, maker, contenders=(), rank=best, accuracy=1e-9, options=options),
                        matrix,
                        min(MOST_RUNS, pace.rounds),
                    )
                    for options in ({"energy": energy}, {})
                )
            except WorkerFailed as failure:
                rows.append(
                    f"| {name} | {energy:.4f} | {best} | none: {failure} | | | | **not met** |"
                )
                say(f"  {name}: {failure}")
                continue
            ratio = found.seconds / named.seconds
            met = best <= found.rank <= best + 1 and ratio <= SLOWER
            rows.append(
                f"| {name} | {energy:.4f} | {best} | {found.rank} | {found.seconds:.3g} "
                f"| {named.seconds:.3g} | {ratio:.2f} | {'met' if met else '**not met**'} |"
            )
            say(f"  {name}: rank {found.rank} of {best}, {ratio:.2f} times the seconds")
    text = head(
        TITLE,
        "An energy, or the number of triplets that hold it, residual ≤ 1e-9, judged. Bar: at most "
        f"one triplet too many and {SLOWER:g}× the seconds. Of most of these matrices nine tenths of "
        "the energy take thousands of triplets: there it is the energy that the leading ones hold, "
        "and half of the last.",
    )
    return {"energy.md": "\n\n".join([text, "\n".join(rows)]) + "\n"}


def target(matrix, goal):
    """Returns (energy, smallest rank that holds it). goal: the energy, or the rank."""
    entries = matrix.A.data if hasattr(matrix.A, "indptr") else matrix.A
    total = float(np.linalg.norm(entries) ** 2)
    if goal >= 1:
        held = np.cumsum(matrix.reference(goal) ** 2)
        return (held[-1] - matrix.reference(goal)[-1] ** 2 / 2) / total, goal
    held = np.cumsum(matrix.reference(None) ** 2)
    return goal, int(np.searchsorted(held, goal * total) + 1)


TASK = Measurement(name="energy", run=run)
