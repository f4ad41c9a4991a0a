"""A matrix larger than the memory allowed: the time of a run against that of reading the file."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from harness.task import Measurement

TITLE = "Larger than memory"
ROOT = Path(__file__).parents[2]
BAR = 1.3
PATIENCE = 120  # seconds that a contender gets
PIECE = 16 << 20
VALUES = 400  # singular values that are not zero, 1 / i


def run(pace, head, log, say, tiny):
    gigabytes = float(os.environ.get("ECKART_BENCH_GIGABYTES", 8))
    rows, cols, copies = (400, 300, 4) if tiny else (8000, 10000, round(gigabytes * 1e9 / 3.2e8))
    cap, k = (256 << 20, 10) if tiny else (1 << 30, 50)
    cache = Path(os.environ.get("ECKART_BENCH_CACHE", ROOT / "build"))
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        path = Path(folder) / "big.npy"
        sigma = write_matrix(path, rows, cols, copies)
        say(f"  {path.stat().st_size / 1e9:.2f} GB written")
        return measure(path, sigma, cap, k, Path(folder), pace, head, log, say)


def write_matrix(path, rows, cols, copies):
    """Writes copies of one matrix of known spectrum, each with its rows mixed and signed.

    The Gram matrix of all is that of one times their number, so the singular values are known.
    """
    rng = np.random.default_rng(7)
    r = min(VALUES, rows, cols)
    U, V = (np.linalg.qr(rng.standard_normal((n, r)))[0] for n in (rows, cols))
    one = ((U / np.arange(1, r + 1)) @ V.T).astype("f4")
    shape = (rows * copies, cols)
    A = np.lib.format.open_memmap(path, "w+", "f4", shape)
    for c in range(copies):
        signs = rng.choice(np.array([-1, 1], "f4"), rows)
        A[c * rows:(c + 1) * rows] = one[rng.permutation(rows)] * signs[:, None]
    A.flush()
    return np.sqrt(copies) / np.arange(1, r + 1)


def drop_from_cache(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_all(path):
    """Returns the seconds of reading the file once, 16 MiB at a time, into one buffer."""
    buffer = bytearray(PIECE)
    start = time.perf_counter()
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return time.perf_counter() - start


class Confined:
    """A control group whose processes hold no more memory, the system's cache of files included.

    `name` is empty where this machine does not let us make one.
    """

    def __init__(self, cap):
        self.folder = Path("/sys/fs/cgroup/memory") / f"eckart-bench-{os.getpid()}"
        try:
            self.folder.mkdir()
            (self.folder / "memory.limit_in_bytes").write_text(str(cap))
        except OSError:
            self.folder = None

    def enter(self):
        if self.folder:
            (self.folder / "tasks").write_text(str(os.getpid()))

    def remove(self):
        if self.folder:
            self.folder.rmdir()


def seconds_to_read(path, group):
    """Reads the file once, from the start to the end, in a process of the group."""
    drop_from_cache(path)
    code = f"from tasks.out_of_core import read_all; print(read_all({str(path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE,
                          preexec_fn=group.enter, env={**os.environ, "PYTHONPATH": ROOT / "bench"})
    return float(done.stdout)


# A small process starts the command: the parent's memory counts as its child's until that executes.
STARTER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
try:
    done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, timeout=float(sys.argv[1]))
except subprocess.TimeoutExpired as late:
    done = subprocess.CompletedProcess(late.cmd, 124, b"")
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
json.dump([done.returncode, done.stdout.decode(), seconds, peak], sys.stdout)
"""


def measured(command, log, group=None):
    """Returns the JSON that a command prints, its seconds, and its peak of memory in MiB."""
    with open(log, "a") as errors:
        done = subprocess.run([sys.executable, "-S", "-c", STARTER, str(PATIENCE),
                               *map(str, command)],
                              check=True, stdout=subprocess.PIPE, stderr=errors,
                              preexec_fn=group.enter if group else None)
    code, text, seconds, memory = json.loads(done.stdout)
    return json.loads(text) if code in (0, 1) and text else None, seconds, memory


def measure(path, sigma, cap, k, folder, pace, head, log, say):
    workers = Path(os.environ.get("ECKART_BENCH_WORKERS", ROOT / "build/bench/bench"))
    tool = os.environ.get("ECKART", str(workers.parent / "bin/eckart"))
    gigabytes = path.stat().st_size / 1e9

    rows = ["| | seconds | passes | one pass read, s | over passes × read | memory MiB | error of σ |",
            "|---|---|---|---|---|---|---|"]
    verdicts = []
    exact = sigma[:k]
    cases = [("accuracy 1e-4", ()), ("one pass", ("--max-passes", 1))]
    group = Confined(cap)
    confined = group.folder is not None
    for case, options in cases:
        before = seconds_to_read(path, group)
        drop_from_cache(path)
        target = folder / "result"
        shutil.rmtree(target, ignore_errors=True)
        facts, seconds, memory = measured(
            [tool, "svd", path, "-k", k, "--max-memory", cap, "--out-of-core", "--threads",
             pace.threads, "-q", "--json", "-o", target, *options], log, group)
        one = (before + seconds_to_read(path, group)) / 2
        share = seconds / (facts["reads"] * one)
        error = np.abs(np.load(target / "s.npy") - exact).max() / exact[0]
        rows.append(f"| Eckart, {case} | {seconds:.2f} | {facts['reads']} | {one:.2f} "
                    f"| {share:.2f} | {memory:.0f} | {error:.1e} |")
        say(f"  eckart, {case}: {seconds:.3g} s, {facts['reads']} passes of {one:.3g} s, "
            f"{memory:.0f} MiB, error {error:.1e}")
        verdicts.append(f"Bar “at most {BAR} × passes × read time”, {case}: "
                        f"**{'Met' if share <= BAR else 'Not met'}**, {share:.2f}.")
        verdicts.append(f"Bar “memory within {cap >> 20} MiB”, {case}: "
                        f"**{'Met' if memory <= cap / 2**20 else 'Not met'}**, {memory:.0f} MiB.")
    group.remove()
    python = Path(os.environ.get("ECKART_BENCH_VENV", ROOT / "build/bench-venv")) / "bin/python"
    for peer in ("dask", "sklearn"):
        drop_from_cache(path)
        facts, seconds, memory = measured(
            [python, ROOT / "bench/baselines/out_of_core_peer.py", peer, path, k,
             folder / f"{peer}.npy"], log)
        if facts is None and seconds >= PATIENCE:
            rows.append(f"| {peer} | stopped after {PATIENCE} | | | | {memory:.0f} | |")
            say(f"  {peer}: stopped after {PATIENCE} s")
            continue
        if facts is None:
            rows.append(f"| {peer} | not installed | | | | | |")
            continue
        error = np.abs(np.load(folder / f"{peer}.npy") - exact).max() / exact[0]
        rows.append(f"| {facts['name']} | {seconds:.2f} | {facts['passes']} | | | {memory:.0f} "
                    f"| {error:.1e} |")
        say(f"  {peer}: {seconds:.3g} s, {memory:.0f} MiB, error {error:.1e}")
    text = head(TITLE, f"A float32 .npy file of {gigabytes:.2f} GB, "
                f"{np.load(path, mmap_mode='r').shape} in C order, {len(sigma)} singular values "
                f"1/i, k = {k}. Seconds of whole processes, result written. The file was dropped "
                "from the system's cache before each run. " + (
                    f"Eckart, and the plain reads (16 MiB at a time, before and after it), ran in a "
                    f"control group of {cap >> 20} MiB, cached files included: what does not fit into "
                    "that is read from the disk in every pass. " if confined else
                    "Later passes may read from the cache, where the machine's free memory holds "
                    "the file. ") + "The others take the memory they take.")
    name = "out_of_core.md" if gigabytes > 7 else f"out_of_core_{gigabytes:.0f}.md"
    return {name: "\n\n".join([text, "\n".join(rows), *verdicts]) + "\n"}


TASK = Measurement("out_of_core", run, effort="full")
