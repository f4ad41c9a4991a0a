"""Eckart alone over many sizes: seconds over n³, and what leaves its neighbours behind."""

import statistics
from dataclasses import dataclass, field

from harness import contenders, report, rounds, svg
from harness.matrices import gaussian
from harness.task import Case
from harness.worker import Worker

KINDS = {"with vectors": True, "values only": False}
RUNS = 2  # timed ones each time a matrix was loaded, after one that warms up
SIDE = 3  # neighbours on each side


@dataclass
class Point:
    n: int
    seconds: list = field(default_factory=list)

    @property
    def scaled(self):
        """Picoseconds over n³."""
        return 1e12 * statistics.median(self.seconds) / self.n**3


def measure(sizes, pace, log, say):
    """Returns {kind: [Point, ...]} by rising n. Rounds go over all sizes, so that other load meets
    all alike; every answer is judged in the first one."""
    eckart = contenders.known(pace.threads)["eckart"]
    points = {kind: [Point(n) for n in sorted(sizes)] for kind in KINDS}
    worker = Worker(eckart.command, contenders.environment(eckart.environment, pace.threads), log)
    try:
        for turn in range(pace.rounds):
            say(f"  round {turn + 1} of {pace.rounds}")
            for kind, vectors in KINDS.items():
                for point in points[kind]:
                    made = gaussian(point.n, point.n)
                    case = Case(f"{point.n} {kind}", made, contenders=(), vectors=vectors)
                    matrix = case.matrix()
                    rounds.load(worker, case, matrix, eckart, pace)
                    worker.ask({"do": "run"}, pace.limit)
                    if turn == 0:
                        insist_on_right(worker, case, matrix, pace.limit)
                    for _ in range(RUNS):
                        point.seconds.append(worker.ask({"do": "run"}, pace.limit)["seconds"])
    finally:
        worker.stop()
    return points


def insist_on_right(worker, case, matrix, limit):
    """Raises RuntimeError unless the last answer is right."""
    verdict = rounds.judge(worker, case, matrix, matrix.reference(None), limit)
    if not verdict.accepted:
        raise RuntimeError(f"{case.name}: {'; '.join(verdict.faults)}")


def cliffs(points):
    """Returns how many times what its neighbours take each point takes: its scaled seconds over
    their median, with up to SIDE neighbours on each side."""
    ratios = []
    for i, point in enumerate(points):
        near = points[max(0, i - SIDE) : i] + points[i + 1 : i + 1 + SIDE]
        ratios.append(point.scaled / statistics.median(other.scaled for other in near))
    return ratios


def markdown(head, points):
    parts = [head, "![seconds over n³](size_sweep.svg)"]
    for kind, line in points.items():
        ratios = cliffs(line)
        worst = max(range(len(line)), key=ratios.__getitem__)
        parts.append(
            f"Worst {kind}: n = {line[worst].n} takes {ratios[worst]:.2f}× the median of its "
            f"{2 * SIDE} neighbours; sizes above 1.25×: "
            f"{sum(ratio > 1.25 for ratio in ratios)} of {len(line)}."
        )
    for kind, line in points.items():
        rows = [
            f"## {kind.capitalize()}",
            "",
            "| n | seconds | ps / n³ | to neighbours |",
            "|---|---|---|---|",
        ]
        rows += [
            f"| {point.n} | {report.spread(point.seconds, '{:.3g}')} | {point.scaled:.0f} "
            f"| {ratio:.2f} |"
            for point, ratio in zip(line, cliffs(line))
        ]
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def plot(title, points):
    """Returns an SVG with one line for each kind; the worst size of each is named."""
    lines = {kind: [(point.n, point.scaled) for point in line] for kind, line in points.items()}
    marks = []
    for line in points.values():
        ratio, worst = max(zip(cliffs(line), line), key=lambda pair: pair[0])
        marks.append((worst.n, worst.scaled, f"{worst.n}: {ratio:.2f}×"))
    return svg.chart(title, "n", "picoseconds / n³", lines, marks)
