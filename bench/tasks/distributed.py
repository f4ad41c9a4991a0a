"""Ranks: several processes of the tool under mpirun against one, SLEPc, and dask's own SVD."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.sparse

from harness import contenders, oracle, rounds
from harness.matrices import ratings_like, slow_decay
from harness.task import Case, Measurement
from harness.worker import Worker, WorkerFailed

TITLE = "Over ranks"
ACCURACY = 1e-9
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n"]
PRODUCTS = ("product with A", "product with A^H", "products with A and A^H")
SLOWER = 1.05  # what one rank may take of the seconds of one process
FASTER = 1.7  # two ranks against one


@dataclass
class Runs:
    residual: float
    sigma: np.ndarray
    report: dict  # of the first run
    seconds: list = field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.seconds)

    def __str__(self):
        return f"{self.median:.3g} [{min(self.seconds):.3g} .. {max(self.seconds):.3g}]"


def run(pace, head, log, say, tiny):
    size, k = ((400, 150, 3_000), 5) if tiny else ((100_000, 20_000, 7_700_000), 50)
    maker = ratings_like(*size)
    if not shutil.which("mpirun"):
        say("  mpirun is missing: nothing was measured")
        return {}
    count = 1 if tiny else max(3, min(pace.rounds, 5))
    matrix = maker()
    cache = Path(os.environ["ECKART_BENCH_CACHE"])
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        blocks = Path(folder) / "blocks"
        blocks.mkdir()
        for b, rows in enumerate(np.array_split(np.arange(matrix.rows), 4)):
            block = matrix.A[rows[0]:rows[-1] + 1]
            scipy.sparse.save_npz(blocks / f"part-{b}.npz", block, compressed=False)
        scipy.sparse.save_npz(Path(folder) / "whole.npz", matrix.A, compressed=False)
        asked = {
            "one process": ([], Path(folder) / "whole.npz"),
            "1 rank": ([*MPIRUN, "1"], Path(folder) / "whole.npz"),
            "2 ranks": ([*MPIRUN, "2"], blocks),
            "4 ranks": ([*MPIRUN, "4"], blocks),
        }
        found = {}
        for turn in range(count):
            for name, (start, source) in asked.items():
                report, answer = decompose(start, source, k, Path(folder) / "out", log, turn == 0)
                if turn == 0:
                    found[name] = judged(name, matrix, report, answer, k, say)
                found[name].seconds.append(report["seconds"])
        slepc = ask_slepc(maker, matrix, k, count, pace, log, say)
        dask = compare_dask(Path(folder), log, say, tiny)
    text = head(
        TITLE,
        "One thread a process. The seconds of the decomposition with its certificate, the rows in "
        "place; median [fastest .. slowest], all in turn. Every answer was judged first: residuals, "
        "orthogonality, singular values. This machine has "
        f"{len(os.sched_getaffinity(0))} processors: more ranks than that take turns on them.",
    )
    parts = [text, f"## {matrix.description}, k = {k}, residual ≤ {ACCURACY:g}"]
    parts += ["\n".join(rank_rows(found)), "\n".join(split_rows(found)), "\n".join(bars(found, slepc))]
    if dask:
        parts += ["## Dask", *dask]
    return {"distributed.md": "\n\n".join(parts) + "\n"}


def decompose(start, source, k, out, log, keeps):
    """Returns the report of a run, and its U, sigma, V where they are kept."""
    tool = Path(os.environ["ECKART_BENCH_WORKERS"]).parent / "bin" / "eckart"
    command = [*start, tool, "svd", source, "-k", str(k), "--accuracy", f"{ACCURACY:g}",
               "--method", "lanczos", "--threads", "1", "--json", "--quiet"]
    if keeps:
        command += ["-o", out, "--force"]
    with open(log, "a") as errors:
        done = subprocess.run(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=errors, text=True, check=True,
            env=contenders.environment({"OMPI_MCA_btl": "self,vader"}, 1),
        )
    report = json.loads(done.stdout)
    if not keeps:
        return report, None
    return report, (np.load(out / "U.npy"), np.load(out / "s.npy"), np.load(out / "Vt.npy").T)


def judged(name, matrix, report, answer, k, say):
    verdict = oracle.check(matrix.A, *answer, count=k, vectors=True, accuracy=ACCURACY,
                           reference=matrix.reference(k))
    if not verdict.accepted:
        raise RuntimeError(f"{name}: {'; '.join(verdict.faults)}")
    say(f"  {name}: {report['seconds']:.3g} s, right")
    return Runs(verdict.residual, answer[1], report)


def rank_rows(found):
    rows = [
        "| | seconds | × one process | residual | σ off the first | messages a rank "
        "| MB sent a rank | of these seconds, exchanging and waiting |",
        "|---|---|---|---|---|---|---|---|",
    ]
    alone = found["one process"]
    for name, runs in found.items():
        sent = runs.report.get("ranks")
        off = np.abs(runs.sigma - alone.sigma).max() / alone.sigma[0]
        traffic = "| | | |"
        if sent:
            traffic = f"| {sent['messages']} | {sent['bytes'] / 1e6:.3g} | {sent['seconds']:.3g} |"
        rows.append(
            f"| {name} | {runs} | {ratio(alone, runs):.2f} | {runs.residual:.1g} | {off:.1g} {traffic}"
        )
    return rows


def ratio(one, other):
    """Seconds of the one over those of the other, round by round."""
    return statistics.median(a / b for a, b in zip(one.seconds, other.seconds))


def split_rows(found):
    """Where the time of the judged run went."""
    rows = [
        "| | products | orthogonalise | small SVDs | the rest, certificate included |",
        "|---|---|---|---|---|",
    ]
    for name, runs in found.items():
        stages = {}
        for stage in runs.report["stages"]:
            stages[stage["name"]] = stages.get(stage["name"], 0) + stage["seconds"]
        products = sum(stages.get(product, 0) for product in PRODUCTS)
        named = [products, stages.get("orthogonalise", 0), stages.get("small SVD", 0)]
        rest = runs.report["seconds"] - sum(named)
        rows.append(f"| {name} | " + " | ".join(f"{part:.3g}" for part in [*named, rest]) + " |")
    return rows


def bars(found, slepc):
    rows = ["| bar | reached | |", "|---|---|---|"]

    def row(what, reached, met):
        rows.append(f"| {what} | {reached} | {'met' if met else '**not met**'} |")

    slower = 1 / ratio(found["one process"], found["1 rank"])
    row(f"1 rank ≤ {SLOWER:g}× one process", f"{slower:.3f}", slower <= SLOWER)
    faster = ratio(found["1 rank"], found["2 ranks"])
    row(f"2 ranks ≥ {FASTER:g}× faster than 1", f"{faster:.2f}", faster >= FASTER)
    if isinstance(slepc, Runs):
        faster = slepc.median / found["2 ranks"].median
        row("2 ranks ≥ 2× faster than SLEPc on 2, at equal residual",
            f"{faster:.2f}: SLEPc {slepc}, residual {slepc.residual:.1g}", faster >= 2)
    else:
        rows.append(f"| 2 ranks ≥ 2× faster than SLEPc on 2 | {slepc} | |")
    return rows


def ask_slepc(maker, matrix, k, count, pace, log, say):
    """Returns its Runs on two processes, or why there are none."""
    contender = contenders.known(2)["slepc"]
    if contender.missing:
        say(f"  SLEPc: {contender.missing}")
        return contender.missing
    case = Case("SLEPc", maker, contenders=(), rank=k, accuracy=ACCURACY)
    settings = contenders.environment(contender.environment, 2)
    worker = Worker(contender.command, settings, f"{log}.slepc")
    try:
        rounds.load(worker, case, matrix, contender, pace)
        worker.ask({"do": "run"}, pace.limit)
        sigma, residual = rounds.read(worker, matrix, pace.limit)
        if not residual <= 10 * ACCURACY:
            return f"its residual is {residual:.1g}"
        runs = Runs(residual, sigma, {})
        runs.seconds = [worker.ask({"do": "run"}, pace.limit)["seconds"] for _ in range(count)]
        say(f"  SLEPc on 2 processes: {runs.median:.3g} s, residual {residual:.1g}")
        return runs
    except WorkerFailed as failure:
        return str(failure)
    finally:
        worker.stop()


def compare_dask(folder, log, say, tiny):
    """Returns the parts of a text about dask arrays, by the Python that has dask; none without."""
    python = Path(os.environ["ECKART_BENCH_VENV"]) / "bin" / "python"
    package = contenders.package_folder()
    if not python.exists() or not (package / "eckart" / "dask.py").exists():
        say("  the Python package is missing: dask was not compared")
        return []
    rows, cols, k = (400, 60, 4) if tiny else (40_000, 2_000, 20)
    np.save(folder / "table.npy", slow_decay(rows, cols)().A)
    code = "import sys; from tasks.distributed import *; dask_main(sys.argv[1], int(sys.argv[2]))"
    environment = contenders.environment(
        {"PYTHONPATH": f"{package}:{Path(__file__).parents[1]}"}, 1
    )
    with open(log, "a") as errors:
        done = subprocess.run(
            [python, "-c", code, folder / "table.npy", str(k)], stdout=subprocess.PIPE,
            stderr=errors, env=environment, check=False,
        )
    if done.returncode != 0:
        say("  dask is missing or failed, see the log")
        return []
    lines = [
        f"{rows} x {cols}, float64, σ_i = 1/√i, 8 blocks of rows, k = {k}, threads of dask's own "
        "scheduler. σ: largest error relative to σ₁. Eckart's seconds hold its certificate.",
        "| | seconds | residual | σ |\n|---|---|---|---|",
    ]
    for name, seconds, residual, off in json.loads(done.stdout):
        lines[-1] += f"\n| {name} | {seconds:.3g} | {residual:.1g} | {off:.1g} |"
        say(f"  {name}: {seconds:.3g} s, residual {residual:.1g}")
    return lines


def dask_main(path, k):
    """Prints name, seconds, residual and error of the values of every way."""
    import time

    import dask.array as da
    import eckart.dask

    A = np.load(path, mmap_mode="r")
    x = da.from_array(A, chunks=(-(-A.shape[0] // 8), A.shape[1])).persist()
    known = 1 / np.sqrt(np.arange(1, k + 1))

    def compressed(**options):
        return da.compute(*da.linalg.svd_compressed(x, k, seed=0, **options))

    ways = [
        ("eckart.dask.svd", lambda: eckart.dask.svd(x, k=k)),
        ("eckart.dask.svd, accuracy 1e-3", lambda: eckart.dask.svd(x, k=k, accuracy=1e-3)),
        ("svd_compressed", compressed),
        ("svd_compressed, n_power_iter=4", lambda: compressed(n_power_iter=4)),
        ("svd_compressed, n_power_iter=10", lambda: compressed(n_power_iter=10)),
        ("svd_compressed, n_power_iter=15", lambda: compressed(n_power_iter=15)),
    ]
    lines = []
    for name, way in ways:
        times = []
        for _ in range(2):
            start = time.perf_counter()
            U, s, Vt = way()
            times.append(time.perf_counter() - start)
        U, s, Vt = np.asarray(U), np.asarray(s), np.asarray(Vt)
        residual = oracle.worst_residual(np.asarray(A), U, s, Vt.T) / s[0]
        lines.append((name, min(times), residual, float(np.abs(s - known).max())))
    print(json.dumps(lines))


TASK = Measurement(name="distributed", run=run)
