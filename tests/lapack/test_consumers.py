"""Programs as they are installed: the drop-in answers their calls, and the answers are right."""
import os
import shutil
import subprocess

import pytest

from conftest import LIBRARIES, calls_in, empty_counts

NUMPY = """
import numpy as np
draw = np.random.default_rng(0).standard_normal
A, B = draw((60, 40)), draw((60, 2))
U, s, Vt = np.linalg.svd(A)
assert np.abs((U[:, :40] * s) @ Vt - A).max() < 1e-13
assert np.abs(np.linalg.pinv(A) @ A - np.eye(40)).max() < 1e-12
assert np.linalg.matrix_rank(np.outer(A[0], A[1])) == 1
assert abs(np.linalg.cond(A) - s[0] / s[-1]) < 1e-12 * s[0] / s[-1]
X, residuals, rank, _ = np.linalg.lstsq(A, B, rcond=None)
assert rank == 40 and np.abs(A.T @ (A @ X - B)).max() < 1e-12
assert np.abs(residuals - ((A @ X - B) ** 2).sum(0)).max() < 1e-12
for bad in (np.nan, np.inf):
    A[3, 4] = bad
    for call in (np.linalg.svd, lambda M: np.linalg.lstsq(M, B, rcond=None)):
        try:
            call(A)
            raise SystemExit("no error")
        except np.linalg.LinAlgError:
            pass
stack = np.ones((3, 2, 2))
stack[1] = np.nan
try:
    np.linalg.svd(stack)
except np.linalg.LinAlgError:
    pass
"""

SCIPY = """
import numpy as np, scipy.linalg as sl
A = np.random.default_rng(0).standard_normal((30, 50)) + 1j
for driver in ("gesdd", "gesvd"):
    U, s, Vh = sl.svd(A, lapack_driver=driver)
    assert np.abs((U * s) @ Vh[:30] - A).max() < 1e-12
    assert np.abs(sl.svdvals(A) - s).max() < 1e-12
assert sl.null_space(A).shape == (50, 20)
assert np.abs(A @ sl.lstsq(A, A[:, :3])[0] - A[:, :3]).max() < 1e-11
"""

R = """
set.seed(1); A <- matrix(rnorm(600), 30)
for (M in list(A, t(A), A + 1i)) {
  s <- svd(M); stopifnot(max(Mod(s$u %*% (s$d * Conj(t(s$v))) - M)) < 1e-12)
}
stopifnot(abs(sum(prcomp(A)$sdev^2) - sum(diag(cov(A)))) < 1e-12)
"""

OCTAVE = """
randn("seed", 1); A = randn(30, 20);
for driver = {"gesvd", "gesdd"}
  svd_driver(driver{1}); [U, S, V] = svd(A); assert(max(max(abs(U * S * V' - A))) < 1e-12);
end
assert(rank(A) == 20); assert(max(max(abs(pinv(A) * A - eye(20)))) < 1e-12);
"""


def calls_of(command, counts):
    """Runs the command with the drop-in; returns how many calls of each routine came to us."""
    counts.write_bytes(empty_counts())
    done = subprocess.run(command, capture_output=True, text=True, env={
        **os.environ, "LD_PRELOAD": LIBRARIES[32], "ECKART_LAPACK_COUNTS": str(counts)})
    assert done.returncode == 0, done.stderr
    return calls_in(counts)


def program(*names):
    found = next((path for path in map(shutil.which, names) if path), None)
    if not found:
        pytest.skip(f"{names[0]} is not installed")
    return found


def pythons():
    """The system's Python, and one with wheels from PyPI where ECKART_PYPI_PYTHON names it."""
    return [program("/usr/bin/python3", "python3"), os.environ.get("ECKART_PYPI_PYTHON")]


@pytest.mark.parametrize("which", [0, 1], ids=["system", "pypi"])
@pytest.mark.parametrize("code,least", [(NUMPY, {"gesdd": 6, "gelsd": 2}),
                                        (SCIPY, {"gesdd": 4, "gesvd": 1, "gelsd": 1})],
                         ids=["numpy", "scipy"])
def test_python_is_served(tmp_path, which, code, least):
    python = pythons()[which]
    if not python:
        pytest.skip("ECKART_PYPI_PYTHON names no Python with NumPy and SciPy from PyPI")
    calls = calls_of([python, "-c", code], tmp_path / "counts")
    assert all(calls[routine] >= count for routine, count in least.items()), calls


def test_r_is_served(tmp_path):
    assert calls_of([program("Rscript"), "-e", R], tmp_path / "counts")["gesdd"] >= 4


def test_octave_is_served(tmp_path):
    command = [program("octave-cli"), "--quiet", "--norc", "--eval", OCTAVE]
    calls = calls_of(command, tmp_path / "counts")
    assert calls["gesvd"] >= 1 and calls["gesdd"] >= 1
