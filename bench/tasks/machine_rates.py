"""What decides between the routes: products with one small size, and reading memory."""

import json
import os
import subprocess

from harness import contenders
from harness.task import Measurement

TITLE = "What this machine can do"
FULL = (2000, 0.25, "1", "8", "64", "512")  # the long sizes, seconds for a figure, megabytes
TINY = (100, 0.005, "1")


def run(pace, head, log, say, tiny):
    long, seconds, *megabytes = TINY if tiny else FULL
    counts = sorted({1, pace.threads})
    rates = {}
    for threads in counts:
        say(f"  {threads} threads")
        rates[threads] = measure(threads, long, seconds, megabytes, log, pace.limit)
    text = head(
        TITLE,
        "Products of double-precision matrices by the BLAS that Eckart links, and reading of "
        "numbers that lie one after the other. Medians of five samples.",
    )
    parts = [text, gemm_table(rates, long), read_table(rates)]
    return {"machine_rates.md": "\n\n".join(parts) + "\n"}


def measure(threads, long, seconds, megabytes, log, limit):
    program = contenders.built("machine_rates")
    command = [str(program), *map(str, (threads, long, seconds)), *megabytes]
    with open(log, "ab") as errors:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=contenders.environment({}, threads),
            timeout=limit,
            check=True,
        )
    return json.loads(done.stdout)


def gemm_table(rates, long):
    blocks = list(next(iter(rates.values()))["gemm"]["M"])
    rows = [
        f"## C += A B in GFlop/s, one of M, N, K small and the others {long}",
        "",
        "| small | threads | " + " | ".join(blocks) + " |",
        "|---" * (2 + len(blocks)) + "|",
    ]
    for side in ("M", "N", "K"):
        for threads, found in rates.items():
            cells = " | ".join(f"{found['gemm'][side][block]:.1f}" for block in blocks)
            rows.append(f"| {side} | {threads} | {cells} |")
    return "\n".join(rows)


def read_table(rates):
    sizes = list(next(iter(rates.values()))["read"])
    rows = [
        "## Reading in GB/s, by the megabytes that are read again and again",
        "",
        "| what | threads | " + " | ".join(f"{size} MB" for size in sizes) + " |",
        "|---" * (2 + len(sizes)) + "|",
    ]
    titles = {"read": "sum", "gemv": "y = A x", "gemv_transposed": "y = Aᵀx"}
    for name, title in titles.items():
        for threads, found in rates.items():
            cells = " | ".join(f"{found[name][size]:.1f}" for size in sizes)
            rows.append(f"| {title} | {threads} | {cells} |")
    return "\n".join(rows)


TASK = Measurement(name="machine_rates", run=run)
