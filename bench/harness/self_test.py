"""Tests the harness: tiny sizes of every task, and answers that are wrong on purpose."""

import dataclasses
import re
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from harness import oracle, rounds, sweep
from harness.task import Measurement


# Contenders without an iteration that could stop early: they have no excuse.
DIRECT = ("mkl", "openblas", "eigen", "eigen_jacobi", "numpy")


def run(tasks, run_task, run_measurement):
    """Returns the exit code: 0 when every test passed. Ends with one line of counts."""
    results = oracle_tests() | complex_tests() | cliff_tests()
    # One thread: idle threads that spin make tiny work slow on a busy machine.
    pace = rounds.Pace(threads=1, limit=60, rounds=1, settle=0)
    with tempfile.TemporaryDirectory(prefix="eckart-bench-") as folder:
        for task in tasks:
            if isinstance(task, Measurement):
                files = run_measurement(
                    task, pace, Path(folder), "bench/run.sh --self-test", tiny=True
                )
                results |= measurement_tests(task.name, files)
                continue
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
        f"{where}: Eckart gives a right answer": outcome.reference.accepted,
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
        if line.name in DIRECT and not line.contender.missing:
            tests[f"{where}: {line.name} gives a right answer"] = line.accepted
        tests[f"{where}: {line.name} does not crash"] = "died" not in line.failure
    return tests


def measurement_tests(where, files):
    """Returns {what should hold: whether it does}."""
    tests = {f"{where}: writes {where}.md": f"{where}.md" in files}
    for name, text in files.items():
        if name.endswith(".svg"):
            kinds = {element.tag.split("}")[1] for element in ElementTree.fromstring(text).iter()}
            tests[f"{name} is a chart"] = {"polyline", "circle", "text"} <= kinds
            tests[f"{name} has only finite places"] = not re.search(r"\b(nan|inf)\b", text)
        else:
            table = "\n".join(row for row in text.splitlines() if row.startswith("|"))
            figures = [float(figure) for figure in re.findall(r"\d+\.\d+", table)]
            tests[f"{name} has tables of figures"] = len(figures) >= 10 and min(figures) > 0
            tests[f"{name} has only finite figures"] = not re.search(r"\b(nan|inf)\b", table)
    return tests


def cliff_tests():
    """A size that takes twice what its neighbours take is found; a steady slope is none."""
    slope = [sweep.Point(n, [1e-9 * n**2.7]) for n in range(200, 1100, 40)]
    steep = [sweep.Point(p.n, [s * (2 if p.n == 520 else 1) for s in p.seconds]) for p in slope]
    ratios = sweep.cliffs(steep)
    return {
        "a sweep without cliffs shows none": max(sweep.cliffs(slope)[3:-3]) < 1.05,
        "a cliff of 2 is found where it is": abs(max(ratios) - 2) < 0.1
        and steep[ratios.index(max(ratios))].n == 520,
    }


def complex_tests():
    """Of complex factors, V and its conjugate are not the same."""
    rng = np.random.default_rng(0)
    A = (rng.standard_normal((12, 9)) + 1j * rng.standard_normal((12, 9))).astype(np.complex64)
    U, sigma, Vh = np.linalg.svd(A.astype(complex), full_matrices=False)

    def accepted(V):
        return oracle.check(
            A, U, sigma, V, count=9, vectors=True, accuracy=1e-4, reference=sigma
        ).accepted

    return {
        "oracle accepts true complex factors": accepted(Vh.conj().T),
        "oracle rejects conjugated vectors": not accepted(Vh.T),
    }


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
