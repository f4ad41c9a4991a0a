"""Runs the command-line tool as a user does. ECKART is the path of the binary."""
import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

# A shell's background job ignores Ctrl-C, and its children do; the tool must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

TOOL = os.environ.get("ECKART", "eckart")


class Run:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


def tool_environment(env=None):
    """The environment of every run, without what users may have set for themselves."""
    environment = {k: v for k, v in os.environ.items()
                   if k not in ("NO_COLOR", "CLICOLOR_FORCE", "LC_ALL", "OPENBLAS_CORETYPE")}
    return environment | {"LC_ALL": "C.UTF-8"} | (env or {})


def run_tool(*arguments, stdin=None, env=None, cwd=None, stdout=subprocess.PIPE):
    environment = tool_environment(env)
    source = {"input": stdin} if stdin is None or isinstance(stdin, bytes) else {"stdin": stdin}
    done = subprocess.run([TOOL, *map(str, arguments)], **source, env=environment, cwd=cwd,
                          stdout=stdout, stderr=subprocess.PIPE)
    return Run(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


@pytest.fixture
def eckart(tmp_path):
    """Runs the tool in a folder of its own."""
    return lambda *arguments, **options: run_tool(*arguments, **{"cwd": tmp_path, **options})


class Saved:
    """A result folder as NumPy sees it."""

    def __init__(self, folder):
        folder = Path(folder)
        self.U = np.load(folder / "U.npy")
        self.s = np.load(folder / "s.npy")
        self.Vt = np.load(folder / "Vt.npy")
        self.report = json.loads((folder / "report.json").read_text())

    def product(self):
        k = len(self.s)
        return (self.U[:, :k] * self.s) @ self.Vt[:k]


@pytest.fixture
def saved(tmp_path):
    return lambda name: Saved(tmp_path / name)


@pytest.fixture
def matrix(tmp_path):
    """Writes a random matrix with singular values 1, 1/2, 1/4, ... and returns its name."""

    def write(rows=40, cols=25, dtype=np.float64, name="A.npy", seed=1):
        A = geometric(rows, cols, dtype, seed)
        np.save(tmp_path / name, A)
        return name

    return write


def geometric(rows, cols, dtype=np.float64, seed=1):
    random = np.random.default_rng(seed)

    def block(n, k):
        X = random.standard_normal((n, k))
        if np.issubdtype(dtype, np.complexfloating):
            X = X + 1j * random.standard_normal((n, k))
        return np.linalg.qr(X)[0]

    k = min(rows, cols)
    A = (block(rows, k) * 0.5 ** np.arange(k)) @ block(cols, k).conj().T
    return A.astype(dtype)
