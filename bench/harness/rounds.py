"""Runs one case: every contender answers once and is checked, then all run in turn."""

import os
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness import contenders, oracle
from harness.worker import Worker, WorkerFailed

SLOW_SECONDS = 20  # a slower contender runs in two rounds only, or in none if it was wrong
BRIEF_SECONDS = 2  # three times the rounds when all contenders together take less


@dataclass(frozen=True)
class Pace:
    threads: int
    limit: float = 300  # seconds after which a run is given up
    rounds: int = 5
    settle: float = 0.3  # seconds between runs: idle OpenMP threads of the last one spin that long


@dataclass
class Line:
    """What became of one contender."""

    name: str
    contender: contenders.Contender
    about: str = ""
    failure: str = ""  # why there is no answer
    verdict: oracle.Verdict = None
    first_seconds: float = 0
    memory: int = 0  # peak during the checked run, beyond what was there before
    announced: int = 0  # what the contender had said that peak would be; 0: nothing
    seconds: list = field(default_factory=list)  # by round; shorter for the slow

    @property
    def accepted(self):
        return not self.failure and self.verdict is not None and self.verdict.accepted

    def ratios_to(self, other):
        """Seconds over the other's seconds, round by round."""
        return [mine / theirs for mine, theirs in zip(self.seconds, other.seconds)]

    def ratio_to(self, other):
        return statistics.median(self.ratios_to(other))


@dataclass
class Outcome:
    case: object
    matrix: object
    lines: list

    def line(self, name):
        return next((line for line in self.lines if line.name == name), None)

    @property
    def reference(self):
        return self.line(self.case.reference)


def run_case(case, pace, say):
    """Returns the Outcome. `say` is told of progress."""
    matrix = case.matrix()
    reference = matrix.reference(case.rank)
    known = contenders.known(pace.threads)
    lines = [Line(name, known[name], failure=known[name].missing) for name in case.contenders]
    workers = {}
    try:
        for line in lines:
            if line.failure:
                say(f"  {line.contender.title}: {line.failure}")
                continue
            try:
                start(line, case, matrix, workers, pace)
                check(line, case, matrix, workers[line.name], reference, pace.limit)
                state = "right" if line.accepted else "; ".join(line.verdict.faults)
                say(f"  {line.contender.title}: {line.first_seconds:.3g} s, {state}")
            except WorkerFailed as failure:
                line.failure = str(failure)
                say(f"  {line.contender.title}: {line.failure}")
        time_in_turn([line for line in lines if not line.failure], workers, pace, case.rounds)
    finally:
        for worker in workers.values():
            worker.stop()
    return Outcome(case, matrix, lines)


def start(line, case, matrix, workers, pace):
    log = Path(os.environ["ECKART_BENCH_CACHE"]) / "logs" / case.name / f"{line.name}.log"
    workers[line.name] = Worker(
        line.contender.command,
        contenders.environment(line.contender.environment, pace.threads),
        log,
    )
    line.about = load(workers[line.name], case, matrix, line.contender, pace)


def load(worker, case, matrix, contender, pace):
    """Gives the worker its problem. Returns what it says of itself."""
    question = {
        "do": "load",
        "by_rows": matrix.by_rows,
        "rows": matrix.rows,
        "cols": matrix.cols,
        "scalar": matrix.scalar,
        "rank": case.rank,
        "vectors": case.vectors,
        "accuracy": case.asked or case.accuracy,
        "threads": pace.threads,
        "options": {**case.options, **contender.options},
        **matrix.files,
    }
    return worker.ask(question, pace.limit)["about"]


def check(line, case, matrix, worker, reference, limit):
    """The first run warms up, is measured for memory, and its answer is judged."""
    worker.forget_peak()
    before = worker.memory("VmRSS")
    reply = worker.ask({"do": "run"}, limit)
    line.first_seconds = reply["seconds"]
    line.announced = int(reply.get("announced_bytes", 0))
    line.memory = worker.memory("VmHWM") - before
    line.verdict = judge(worker, case, matrix, reference, limit)


def judge(worker, case, matrix, reference, limit):
    """Returns the Verdict on the worker's last answer."""
    folder = tempfile.mkdtemp(prefix="eckart-bench-")
    try:
        worker.ask({"do": "save", "folder": folder}, limit)
        return oracle.check(
            matrix.A,
            *oracle.read_answer(folder),
            count=case.rank or min(matrix.rows, matrix.cols),
            vectors=case.vectors,
            accuracy=case.accuracy,
            reference=reference,
        )
    finally:
        shutil.rmtree(folder)


def read(worker, matrix, limit):
    """Returns the singular values of the worker's last answer and its largest residual over
    sigma_1."""
    folder = tempfile.mkdtemp(prefix="eckart-bench-")
    try:
        worker.ask({"do": "save", "folder": folder}, limit)
        U, sigma, V = oracle.read_answer(folder)
        return sigma, oracle.worst_residual(matrix.A, U, sigma, V) / sigma[0]
    finally:
        shutil.rmtree(folder)


def time_in_turn(lines, workers, pace, most_rounds):
    """A B C A B C ...: whatever else the machine does meets all contenders alike."""
    together = sum(line.first_seconds for line in lines)
    turns = pace.rounds * (3 if together < BRIEF_SECONDS else 1)
    for turn in range(min(turns, most_rounds or turns)):
        for line in lines:
            slow = line.first_seconds > SLOW_SECONDS
            if line.failure or (slow and turn >= (2 if line.accepted else 0)):
                continue
            time.sleep(pace.settle)
            try:
                line.seconds.append(workers[line.name].ask({"do": "run"}, pace.limit)["seconds"])
            except WorkerFailed as failure:
                line.failure = str(failure)
