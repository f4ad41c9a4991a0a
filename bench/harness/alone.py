"""Eckart alone on a question: seconds of several runs, judged in the first."""

import statistics
from dataclasses import dataclass

import numpy as np

from harness import contenders, rounds
from harness.worker import Worker


@dataclass
class Answer:
    seconds: float  # median
    fastest: float
    slowest: float
    rank: int
    residual: float  # max of |Av - su|, |Aᵀu - sv| over sigma_1


class Alone:
    """A process that answers one question after the other."""

    def __init__(self, pace, log):
        self._pace = pace
        self._warm = False
        self._eckart = contenders.known(pace.threads)["eckart"]
        settings = contenders.environment(self._eckart.environment, pace.threads)
        self._worker = Worker(self._eckart.command, settings, log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._worker.stop()

    def ask(self, case, matrix, runs):
        """Returns the Answer of `runs` runs; the first question of all is asked once more, to warm
        up."""
        rounds.load(self._worker, case, matrix, self._eckart, self._pace)
        if not self._warm:
            self._run()
            self._warm = True
        taken = [self._run() for _ in range(runs)]
        sigma, residual = rounds.read(self._worker, matrix, self._pace.limit)
        if not residual <= case.accuracy:
            raise RuntimeError(f"{case.name}: residual {residual:.2g} > {case.accuracy:.2g}")
        return Answer(statistics.median(taken), min(taken), max(taken), len(sigma), residual)

    def _run(self):
        return self._worker.ask({"do": "run"}, self._pace.limit)["seconds"]


def exponent(points):
    """Returns the slope of log y over log x by least squares: 1 when y grows in proportion."""
    x, y = np.log(np.array(points, dtype=float)).T
    return float(np.polyfit(x, y, 1)[0])
