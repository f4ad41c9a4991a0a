import os
import subprocess

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(2024)


@pytest.fixture
def cli():
    """Runs the eckart program of this build; ECKART holds its path."""
    program = os.environ.get("ECKART")
    if not program:
        pytest.skip("the eckart program is not built (ECKART is not set)")

    def run(*arguments, codes=(0, 1)):
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode in codes, done.stderr
        return done

    return run


def low_rank(rng, m, n, spectrum, dtype=np.float64):
    """Returns an m x n matrix with the given singular values."""
    def orthonormal(rows):
        X = rng.standard_normal((rows, len(spectrum)))
        if np.dtype(dtype).kind == "c":
            X = X + 1j * rng.standard_normal(X.shape)
        return np.linalg.qr(X)[0]

    return ((orthonormal(m) * spectrum) @ orthonormal(n).conj().T).astype(dtype)
