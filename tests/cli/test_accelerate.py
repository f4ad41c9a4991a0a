"""eckart accelerate: the program runs with the drop-in, and the user hears when it had no use."""
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ECKART = os.environ["ECKART"]
SVD = "import numpy; print(numpy.linalg.svd(numpy.diag([1.0, -3.0, 2.0]))[1].tolist())"

pytestmark = pytest.mark.skipif(
    not list(Path(ECKART).resolve().parents[1].glob("lib*/**/libeckart_lapack.so")),
    reason="the drop-in was not built: OpenBLAS has no static library here")


def accelerate(*arguments, **keywords):
    return subprocess.run([ECKART, "accelerate", *arguments], capture_output=True, text=True,
                          **keywords)


def test_a_program_gets_its_decompositions_from_us_and_its_output_is_its_own():
    done = accelerate("--", sys.executable, "-c", SVD)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[3.0, 2.0, 1.0]\n", "")


def test_stats_tell_calls_and_seconds_of_all_processes_even_of_those_that_are_killed():
    code = ("import os, numpy\nA = numpy.eye(3)\nchild = os.fork()\n"
            "numpy.linalg.svd(A); numpy.linalg.lstsq(A, A, rcond=None)\n"
            "if child == 0: os.kill(os.getpid(), 9)\nos.wait()")
    done = accelerate("--stats", "--", sys.executable, "-c", code)
    assert done.returncode == 0
    lines = [line.split() for line in done.stderr.splitlines()]
    assert [line[1:4] for line in lines] == [["gesdd", "2", "calls"], ["gelsd", "2", "calls"]]
    assert all(float(line[4]) > 0 and line[5] == "s" for line in lines)


COMPARED = """
import numpy
A = numpy.random.default_rng(0).standard_normal((120, 120))
B = A.copy()
found = [numpy.linalg.svd(A) for _ in range(3)]
assert all((x == y).all() for other in found for x, y in zip(found[0], other))
assert numpy.abs((found[0][0] * found[0][1]) @ found[0][2] - A).max() < 1e-12
X = numpy.linalg.lstsq(A, B, rcond=None)[0]
assert numpy.abs(X - numpy.eye(120)).max() < 1e-9 and (A == B).all()
A[3, 4] = numpy.nan
try:
    numpy.linalg.svd(A)
except numpy.linalg.LinAlgError:
    print("failed as it should")
"""


@pytest.mark.skipif(not list(Path("/usr/lib").glob("*/liblapack.so.3")), reason="no liblapack.so.3")
def test_a_comparison_estimates_the_time_saved_and_leaves_results_as_they_are():
    done = accelerate("--compare", "--", "/usr/bin/python3", "-c", COMPARED)
    assert done.returncode == 0 and done.stdout == "failed as it should\n", done.stderr
    *table, verdict = done.stderr.splitlines()
    assert [line.split()[1:3] for line in table] == [["gesdd", "4"], ["gelsd", "1"]]
    told = re.match(
        r"eckart: (\S+) s (saved|lost): (\S+) s here for (\S+) s in .* \(an estimate", verdict)
    difference, here, there = (float(told[group]) for group in (1, 3, 4))
    assert here > 0 and there > 0 and abs(difference - abs(there - here)) < 2e-6
    assert told[2] == ("saved" if there >= here else "lost") or difference < 2e-6
    # Repeated calls are not counted: no more time than was spent.
    assert here <= sum(float(line.split()[4]) for line in table) + 1e-3


def test_a_program_without_decompositions_is_told_of():
    done = accelerate("--", sys.executable, "-c", "print(1)")
    assert done.returncode == 0 and done.stdout == "1\n"
    assert "no SVD of " + sys.executable + " came to it" in done.stderr
    assert accelerate("--quiet", "--", sys.executable, "-c", "print(1)").stderr == ""


def test_the_exit_code_is_that_of_the_program():
    assert accelerate("-q", "--", "sh", "-c", "exit 7").returncode == 7
    assert accelerate("-q", "--", "sh", "-c", "kill -9 $$").returncode == 137
    done = accelerate("--", "no-such-program")
    assert done.returncode == 127 and "no-such-program: No such file" in done.stderr


def test_the_words_of_the_program_are_its_own():
    done = accelerate("-q", "--", "echo", "--stats", "--", "-x", "--no-such-option")
    assert done.stdout == "--stats -- -x --no-such-option\n"


def test_a_command_is_needed():
    for arguments in ([], ["--stats"], ["--"]):
        done = accelerate(*arguments)
        assert done.returncode == 2 and "eckart accelerate -- COMMAND" in done.stderr


def test_a_signal_reaches_the_program():
    code = "import sys, time; print('ready', flush=True); time.sleep(60)"
    process = subprocess.Popen([ECKART, "accelerate", "-q", "--", sys.executable, "-c", code],
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM


def test_another_preloaded_library_stays():
    done = accelerate("-q", "--", "sh", "-c", "echo $LD_PRELOAD",
                      env={**os.environ, "LD_PRELOAD": "libm.so.6"})
    assert done.stdout.strip().endswith("libeckart_lapack.so:libm.so.6")
