"""Eckart: the singular value decomposition that tells you how right it is.

>>> import numpy as np, eckart
>>> A = np.random.default_rng(0).standard_normal((100, 20))
>>> U, s, Vt = eckart.svd(A, k=5)
>>> eckart.svd(A, k=5).report.certificate.met
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._blocks import Blocks
from ._errors import Error, FileError, InvalidArgument, MemoryLimit, NonFiniteInput, Overflow
from ._functions import check, doctor, plan, svd, svdvals
from ._native import ext as _ext
from ._record import Record
from ._result import SVDResult
from ._run import Progress
from ._shims import randomized_svd, svds
from ._solve import LstsqResult, cond, lstsq, matrix_rank, null_space, pinv

if TYPE_CHECKING:
    from .estimators import (LSA, PCA, SVD, IncrementalPCA, LatentSemanticAnalysis, LowRankImage,
                             SVDRecommender, TruncatedSVD)

__version__: str = _ext.version

_ESTIMATORS = ("LSA", "PCA", "SVD", "IncrementalPCA", "LatentSemanticAnalysis", "LowRankImage",
               "SVDRecommender", "TruncatedSVD")

__all__ = ["Blocks", "LSA", "PCA", "SVD", "Error", "FileError", "IncrementalPCA", "InvalidArgument",
           "LatentSemanticAnalysis", "LowRankImage", "LstsqResult", "MemoryLimit", "NonFiniteInput",
           "Overflow", "Progress", "Record", "SVDRecommender", "SVDResult", "TruncatedSVD", "check",
           "cond", "doctor", "lstsq", "matrix_rank", "null_space", "pinv", "plan", "randomized_svd",
           "svd", "svds", "svdvals"]


def __getattr__(name: str) -> Any:
    # Importing scikit-learn takes a second, which those who do not need it should not wait.
    if name in _ESTIMATORS:
        from . import estimators
        return getattr(estimators, name)
    raise AttributeError(f"module 'eckart' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ESTIMATORS})
