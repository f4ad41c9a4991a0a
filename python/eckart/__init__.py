"""Eckart: the singular value decomposition that tells you how right it is.

>>> import numpy as np, eckart
>>> A = np.random.default_rng(0).standard_normal((100, 20))
>>> U, s, Vt = eckart.svd(A, k=5)
>>> eckart.svd(A, k=5).report.certificate.met
True
"""

from __future__ import annotations

from ._errors import Error, InvalidArgument, MemoryLimit, NonFiniteInput, Overflow
from ._functions import check, doctor, plan, svd, svdvals
from ._native import ext as _ext
from ._record import Record
from ._result import SVDResult
from ._run import Progress
from ._shims import randomized_svd, svds
from ._solve import LstsqResult, cond, lstsq, matrix_rank, null_space, pinv

__version__: str = _ext.version

__all__ = ["Error", "InvalidArgument", "LstsqResult", "MemoryLimit", "NonFiniteInput", "Overflow",
           "Progress", "Record", "SVDResult", "check", "cond", "doctor", "lstsq", "matrix_rank",
           "null_space", "pinv", "plan", "randomized_svd", "svd", "svds", "svdvals"]
