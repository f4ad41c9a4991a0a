"""Tests the harness: tiny sizes of every task, and answers that are wrong on purpose."""

import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from harness import oracle, rounds


def run(tasks, run_task):
    """Returns the exit code: 0 when every test passed. Ends with one line of counts."""
    results = oracle_tests()
    # One thread: idle threads that spin make tiny work slow on a busy machine.
    pace = rounds.Pace(threads=1, limit=60, rounds=1, settle=0)
    with tempfile.TemporaryDirectory(prefix="eckart-bench-") as folder:
        for task in tasks:
            cases = [
                dataclasses.replace(case, contenders=(*case.contenders, "perturbed"))
                for case in task.tiny
            ]
            outcomes = run_task(task, cases, pace, Path(folder), "bench/run.sh --self-test")
            text = (Path(folder) / f"{task.name}.md").read_text()
            for outcome in outcomes:
                results |= task_tests(f"{task.name}, {outcome.case.name}", outcome, text)
    for name, passed in results.items():
        if not passed:
            print(f"FAILED: {name}")
    failed = sum(not passed for passed in results.values())
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def task_tests(where, outcome, text):
    """Returns {what should hold: whether it does}."""
    wrong = outcome.line("perturbed")
    tests = {
        f"{where}: Eckart gives a right answer": outcome.line("eckart").accepted,
        f"{where}: some peer gives a right answer": any(
            line.accepted for line in outcome.lines if not line.name.startswith("eckart")
        ),
        f"{where}: the wrong answer is caught": bool(wrong.verdict) and not wrong.accepted,
        f"{where}: the results show every contender": all(
            f"| {line.contender.title} |" in text for line in outcome.lines
        ),
        f"{where}: the wrong answer gets no ratio": "| a wrong answer |" in text
        and all(
            "misses the accuracy" in row for row in text.splitlines() if "| a wrong answer |" in row
        ),
    }
    for line in outcome.lines:
        tests[f"{where}: {line.name} is missing, answers, or is told why not"] = bool(
            line.failure or line.verdict
        )
        tests[f"{where}: {line.name} does not crash"] = "died" not in line.failure
    return tests


def oracle_tests():
    """The oracle accepts the truth and rejects each way of being wrong."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((30, 12))
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    V, k = Vt.T, 4

    def accepted(U, s, V, vectors=True):
        verdict = oracle.check(
            A, U, s, V, count=k, vectors=vectors, accuracy=1e-9, reference=sigma[:k]
        )
        return verdict.accepted

    turned, doubled = V[:, :k].copy(), V[:, :k].copy()
    turned[:, 0] += 1e-6 * V[:, 1]
    doubled[:, 1] = V[:, 0]
    holed = U[:, :k].copy()
    holed[0, 0] = np.nan
    swapped = [1, 0, 2, 3]
    return {
        "oracle accepts the truth": accepted(U[:, :k], sigma[:k], V[:, :k]),
        "oracle accepts true values": accepted(None, sigma[:k], None, vectors=False),
        "oracle rejects wrong values": not accepted(None, sigma[:k] * 1.001, None, vectors=False),
        "oracle rejects a turned vector": not accepted(U[:, :k], sigma[:k], turned),
        "oracle rejects a vector given twice": not accepted(U[:, :k], sigma[:k], doubled),
        "oracle rejects NaN": not accepted(holed, sigma[:k], V[:, :k]),
        "oracle rejects a wrong order": not accepted(U[:, swapped], sigma[swapped], V[:, swapped]),
        "oracle rejects a missed leading triplet": not accepted(
            U[:, 1 : k + 1], sigma[1 : k + 1], V[:, 1 : k + 1]
        ),
        "oracle rejects too few triplets": not accepted(U[:, :2], sigma[:2], V[:, :2]),
        "oracle rejects missing vectors": not accepted(None, sigma[:k], None),
    }
