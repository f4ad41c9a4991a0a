"""Times imports, calls and interruptions of the Python package; prints JSON. Usage: [tiny]."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import timeit

import eckart
import numpy as np

TINY = sys.argv[1:] == ["tiny"]
IMPORT = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"


def import_seconds(statement, before=""):
    program = before + IMPORT.format(statement)
    runs = [subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
            for _ in range(3 if TINY else 11)]
    return [float(done.stdout) for done in runs]


def call_microseconds(A, **options):
    """Returns samples: of a call, its engine's part, the difference, and NumPy's call."""
    count = 20 if TINY else 20000 // A.shape[0] ** 2 + 20
    samples = {"total": [], "engine": [], "besides": [], "numpy": []}
    for _ in range(3 if TINY else 15):
        total = timeit.timeit(lambda: eckart.svd(A, **options), number=count) / count
        engine = np.median([eckart.svd(A, **options).report.seconds for _ in range(count)])
        theirs = timeit.timeit(lambda: np.linalg.svd(A, full_matrices=False), number=count) / count
        for name, seconds in (("total", total), ("engine", engine), ("besides", total - engine),
                              ("numpy", theirs)):
            samples[name].append(1e6 * seconds)
    return samples


def interrupt_seconds(call):
    """Interrupts call() at several times; returns the seconds until it was left."""
    waits = []
    for delay in (0.05, 0.1, 0.2, 0.3, 0.4):
        sent = []

        def send():
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(delay, send)
        timer.start()
        try:
            call()
            timer.join()  # the call was quicker: the signal ends this
            time.sleep(1)
        except KeyboardInterrupt:
            waits.append(time.perf_counter() - sent[0])
    return waits


def main():
    rng = np.random.default_rng(0)
    n = 1000 if TINY else 3000
    square = rng.standard_normal((n, n))
    tall = rng.standard_normal((8 * n, n // 2))
    stack = rng.standard_normal((n * n // 10000, 100, 100))
    A = rng.standard_normal((10, 10))
    print(json.dumps({
        "imports": {
            "numpy": import_seconds("import numpy"),
            "eckart after numpy": import_seconds("import eckart", "import numpy; "),
            "eckart and numpy": import_seconds("import eckart"),
        },
        "calls": {
            "svd(A), 10 x 10": call_microseconds(A),
            "svd(A, values_only=True), 10 x 10": call_microseconds(A, values_only=True),
            "svd(A, k=2), 10 x 10": call_microseconds(A, k=2),
            "svd(A), 100 x 100": call_microseconds(rng.standard_normal((100, 100))),
        },
        "interrupts": {
            f"svd(A), {n} x {n}": interrupt_seconds(lambda: eckart.svd(square)),
            f"svdvals(A), {n} x {n}": interrupt_seconds(lambda: eckart.svdvals(square)),
            f"svd(A, k=200, method='lanczos'), {n} x {n}": interrupt_seconds(
                lambda: eckart.svd(square, k=200, method="lanczos")),
            f"svd(A, k=200, method='randomized'), {n} x {n}": interrupt_seconds(
                lambda: eckart.svd(square, k=200, method="randomized")),
            f"svd(A, method='jacobi'), {n} x {n}": interrupt_seconds(
                lambda: eckart.svd(square, method="jacobi")),
            f"svd(A, method='gram'), {n} x {n}": interrupt_seconds(
                lambda: eckart.svd(square, method="gram")),
            f"svd(A), {8 * n} x {n // 2}": interrupt_seconds(lambda: eckart.svd(tall)),
            f"lstsq(A, b), {8 * n} x {n // 2}": interrupt_seconds(
                lambda: eckart.lstsq(tall, tall[:, 0])),
            f"pinv(A), {n} x {n}": interrupt_seconds(lambda: eckart.pinv(square)),
            f"svd(A), {len(stack)} of 100 x 100": interrupt_seconds(lambda: eckart.svd(stack)),
        },
    }))


main()
