"""LAPACK's own testers judge the drop-in: every ratio of its routines is at most 5; theirs is 50.

They cannot see NaN (a result of NaN passes): test_svd.py can."""
import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from conftest import LIBRARIES

BOUND = 5
OURS = range(1, 15)  # the tests of GESVD and GESDD; the others are the program's own LAPACK
LINE = re.compile(r"M=\s*(\d+),\s*N=\s*(\d+), type\s+(\d+).*IWS=.*test\(\s*(\d+)\)=\s*(\S+)")

LARGER = """SVD: sizes up to the largest that the testers take
7                                 Number of values of M
132 132 132   7 100  26  53       Values of M
132  60   7 132 100  26  80       Values of N
1                                 Number of parameter values
20                                Values of NB
2                                 Values of NBMIN
1                                 Values of NX
2                                 Values of NRHS
0.0                               Threshold value
F                                 Put T to test the LAPACK routines
T                                 Put T to test the driver routines
F                                 Put T to test the error exits
1                                 Code to interpret the seed
SVD 16
"""


def find_tester(bits, scalar):
    folder = {32: "lapack", 64: "lapack64"}[bits]
    found = list(Path("/usr/lib").glob(f"*/{folder}/xeigtst{scalar}"))
    if not found:
        pytest.skip(f"no {folder} testers: install liblapack-test and liblapack64-test")
    return found[0]


def run(program, bits, text, counts):
    """Returns what the tester printed, and how many calls of gesdd and gesvd came to us."""
    counts.write_bytes(bytes(8 + 6 * 16))
    system = program.parent.parent
    reference = [program.parent, system / program.parent.name.replace("lapack", "blas"),
                 system / "blas"]
    done = subprocess.run(
        [shutil.which("nice") or "env", program], input=text, capture_output=True, text=True,
        env={**os.environ, "LD_PRELOAD": LIBRARIES[bits], "ECKART_LAPACK_COUNTS": str(counts),
             "LD_LIBRARY_PATH": ":".join(str(path) for path in reference)})
    assert done.returncode == 0, done.stderr
    numbers = struct.unpack("<13Q", counts.read_bytes())
    return done.stdout, numbers[1], numbers[3]


def worst_ratio(output):
    worst, count = (0.0, ""), 0
    for line in output.splitlines():
        found = LINE.search(line)
        if not found or int(found[4]) not in OURS:
            continue
        count += 1
        # Fortran drops the E before an exponent of three digits.
        ratio = float(re.sub(r"(?<=\d)([+-]\d{3})$", r"E\1", found[5]))
        if not ratio <= worst[0]:
            worst = (ratio, line)
    return *worst, count


@pytest.mark.parametrize("bits,scalar", [(32, scalar) for scalar in "sdcz"] + [(64, "d"), (64, "c")])
def test_the_testers_find_ratios_of_5_at_most(tmp_path, bits, scalar):
    program = find_tester(bits, scalar)
    shipped = (program.parent / "svd.in").read_text()
    everything = re.sub(r"(?m)^50\.0 ", "0.0 ", shipped)
    assert everything != shipped
    for text, calls in ((everything, 7000), (LARGER, 500)):
        output, gesdd, gesvd = run(program, bits, text, tmp_path / "counts")
        assert gesdd >= calls and gesvd >= 3 * calls
        ratio, line, count = worst_ratio(output)
        assert ratio <= BOUND, line
        assert count > calls


def test_the_testers_accept_the_error_exits(tmp_path):
    program = find_tester(32, "z")
    output, _, _ = run(program, 32, (program.parent / "svd.in").read_text(), tmp_path / "counts")
    assert "ZGESVD passed the tests of the error exits (  8 tests done)" in output
    assert "ZGESDD passed the tests of the error exits (  6 tests done)" in output
    assert len(re.findall(r"All tests for ZBD drivers\s+passed the threshold", output)) == 5
