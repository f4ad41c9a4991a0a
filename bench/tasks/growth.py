"""How the time of leading triplets grows with their number and with the stored entries."""

from harness import report, svg
from harness.alone import Alone, exponent
from harness.matrices import ratings_like
from harness.task import Case, Measurement

TITLE = "Growth with the number of triplets and of stored entries"
SHAPE, MILLIONS, K = (100_000, 20_000), (1, 2, 4, 7.7), 50
RANKS = (10, 20, 50, 100, 200, 350, 500)
TINY_SHAPE, TINY_MILLIONS, TINY_K, TINY_RANKS = (400, 300), (0.004, 0.006, 0.01), 5, (4, 8, 12)
MOST_RUNS = 2  # timed ones


def run(pace, head, log, say, tiny):
    shape, millions, k, ranks = (
        (TINY_SHAPE, TINY_MILLIONS, TINY_K, TINY_RANKS) if tiny else (SHAPE, MILLIONS, K, RANKS)
    )
    runs = min(MOST_RUNS, pace.rounds)
    matrices = {count: ratings_like(*shape, int(1e6 * count)) for count in millions}
    with Alone(pace, log) as eckart:

        def answer(maker, rank):
            case = Case(f"k = {rank}", maker, contenders=(), rank=rank, accuracy=1e-9)
            found = eckart.ask(case, maker(), runs)
            say(f"  k = {rank}: {found.seconds:.3g} s")
            return found

        by_rank = {rank: answer(matrices[millions[-1]], rank) for rank in ranks}
        by_count = {count: answer(matrices[count], k) for count in millions}

    text = head(
        TITLE,
        f"Ratings-like, {shape[0]} x {shape[1]}, residual ≤ 1e-9, judged. Seconds: median "
        f"[fastest .. slowest] of {runs} runs. A level line means growth in proportion.",
    )
    sizes = {"growth_k": (by_rank, "k"), "growth_nnz": (by_count, "million stored entries")}
    files = {
        f"{name}.svg": svg.chart(
            f"Milliseconds over {unit}",
            unit,
            "milliseconds each",
            {"Eckart": [(size, 1e3 * found.seconds / size) for size, found in points.items()]},
        )
        for name, (points, unit) in sizes.items()
    }
    parts = [text]
    for name, (points, unit) in sizes.items():
        parts += [f"## By {unit}", f"![{unit}]({name}.svg)", table(points, unit)]
        slope = exponent([(size, found.seconds) for size, found in points.items()])
        parts.append(f"Seconds grow as the power {slope:.2f} of {unit}.")
    return {"growth.md": "\n\n".join(parts) + "\n", **files}


def table(points, unit):
    rows = [f"| {unit} | seconds | ms each | residual |", "|---|---|---|---|"]
    rows += [
        f"| {size} | {found.seconds:.3g} [{found.fastest:.3g} .. {found.slowest:.3g}] "
        f"| {1e3 * found.seconds / size:.2f} | {report.number(found.residual)} |"
        for size, found in points.items()
    ]
    return "\n".join(rows)


TASK = Measurement(name="growth", run=run)
