"""What the Python package costs besides computing: import, a call, the way back after Ctrl-C."""

import json
import os
import subprocess

from harness import contenders
from harness.task import Measurement

TITLE = "What a call from Python costs"
IMPORT_BAR = 0.3  # seconds
CALL_BAR = 20  # microseconds
INTERRUPT_BAR = 0.2  # seconds


def run(pace, head, log, say, tiny):
    found = measure(pace, log, tiny)
    text = head(
        TITLE,
        "Import: seconds of `import eckart` in a fresh interpreter that has imported NumPy already, "
        "and of both. A call: microseconds of eckart.svd, the engine's share as its report tells it, "
        "and the difference, which is what Python and the way there and back cost. Ctrl-C: seconds "
        "from the signal to KeyboardInterrupt, for runs that are interrupted at several times. "
        "Medians [smallest .. largest].",
    )
    return {"python_calls.md": "\n\n".join([text, *tables(found)]) + "\n"}


def measure(pace, log, tiny):
    venv = contenders.Path(os.environ["ECKART_BENCH_VENV"])
    program = contenders.BASELINES / "python_calls.py"
    settings = contenders.environment(
        {"PYTHONPATH": str(contenders.package_folder())}, pace.threads
    )
    with open(log, "ab") as errors:
        done = subprocess.run(
            [str(contenders.python_of(venv)), str(program), *(["tiny"] if tiny else [])],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=settings,
            timeout=pace.limit,
            check=True,
        )
    return json.loads(done.stdout)


def spread(values, form):
    middle = sorted(values)[len(values) // 2]
    return f"{form.format(middle)} [{form.format(min(values))} .. {form.format(max(values))}]"


def verdict(met, rule):
    return f"Bar “{rule}”: **{'Met' if met else 'Not met'}**."


def median(values):
    return sorted(values)[len(values) // 2]


def tables(found):
    imports, calls, interrupts = found["imports"], found["calls"], found["interrupts"]
    yield "\n".join([
        "| import | seconds |",
        "|---|---|",
        *(f"| {name} | {spread(seconds, '{:.4f}')} |" for name, seconds in imports.items()),
    ])
    yield verdict(median(imports["eckart and numpy"]) < IMPORT_BAR, f"import in {IMPORT_BAR} s")
    yield "\n".join([
        "| call | microseconds | in the engine | besides | numpy.linalg.svd |",
        "|---|---|---|---|---|",
        *(f"| {name} | {spread(call['total'], '{:.1f}')} | {spread(call['engine'], '{:.1f}')} | "
          f"{spread(call['besides'], '{:.1f}')} | {spread(call['numpy'], '{:.1f}')} |"
          for name, call in calls.items()),
    ])
    worst = median(calls["svd(A), 10 x 10"]["besides"])
    yield verdict(worst < CALL_BAR, f"overhead below {CALL_BAR} µs for 10 x 10")
    yield "\n".join([
        "| interrupted call | seconds until KeyboardInterrupt |",
        "|---|---|",
        *(f"| {name} | {spread(seconds, '{:.4f}')} |" for name, seconds in interrupts.items()),
    ])
    late = [name for name, seconds in interrupts.items() if max(seconds) >= INTERRUPT_BAR]
    rule = f"Ctrl-C within {INTERRUPT_BAR} s"
    yield verdict(not late, rule) + (" Late: " + ", ".join(late) + "." if late else "")


TASK = Measurement(name="python_calls", run=run, effort="quick")
