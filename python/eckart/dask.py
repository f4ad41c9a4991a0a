"""Singular values and vectors of dask arrays, dense or of sparse blocks, certified.

>>> import dask.array as da, eckart.dask
>>> x = da.random.default_rng(0).standard_normal((4000, 50), chunks=(1000, 25))
>>> U, s, Vt = eckart.dask.svd(x, k=3)
>>> U.shape, s.shape, Vt.shape
((4000, 3), (3,), (3, 50))
"""

from __future__ import annotations

import functools
from typing import Any

import dask as _dask
import numpy as np

from ._errors import InvalidArgument
from ._functions import svd as _svd
from ._result import SVDResult
from ._run import real, whole

__all__ = ["PCA", "svd"]

dask: Any = _dask  # most of it has no types


def _row_product(blocks: list[Any], X: np.ndarray, bounds: list[int]) -> np.ndarray:
    """Returns the product of one row of blocks with X."""
    return sum((np.asarray(block @ X[first:last])
                for block, first, last in zip(blocks, bounds, bounds[1:])))  # type: ignore


def _row_adjoint(blocks: list[Any], Y: np.ndarray) -> np.ndarray:
    """Returns the product of the conjugate transpose of one row of blocks with its rows of Y."""
    return np.vstack([np.asarray(block.conj().T @ Y) for block in blocks])


def _facts(blocks: list[Any]) -> tuple[int, np.ndarray, np.ndarray]:
    """Returns of one row of blocks the number of rows, and for each column the mean and the sum of
    squares about it, in double precision."""
    means, squares = [], []
    for block in blocks:
        wide = np.result_type(block.dtype, np.float64)
        rows = block.shape[0]
        mean = np.asarray(block.sum(axis=0, dtype=wide)).ravel() / max(rows, 1)
        if hasattr(block, "nnz"):
            around = np.asarray(abs(block.astype(wide)).power(2).sum(axis=0)).ravel()
            around = around - rows * np.abs(mean) ** 2
        else:
            around = np.zeros(block.shape[1])
            height = max(1, 2**16 // max(1, block.shape[1]))  # what a cache holds
            for first in range(0, rows, height):
                off = np.asarray(block[first:first + height], dtype=wide) - mean
                around += np.einsum("ij,ij->j", off.conj(), off).real
        means.append(mean)
        squares.append(around)
    return blocks[0].shape[0], np.concatenate(means), np.concatenate(squares)


def _together(a: tuple[int, np.ndarray, np.ndarray],
              b: tuple[int, np.ndarray, np.ndarray]) -> tuple[int, np.ndarray, np.ndarray]:
    """Returns the facts of the rows of both. Source: Chan, Golub, LeVeque, Amer. Statist. 37(3),
    1983."""
    rows = a[0] + b[0]
    if rows == 0:
        return a
    apart = b[1] - a[1]
    return (rows, a[1] + apart * (b[0] / rows),
            a[2] + b[2] + np.abs(apart) ** 2 * (a[0] * b[0] / rows))


def _add(a: Any, b: Any) -> Any:
    return a + b


def _sum(parts: list[Any]) -> Any:
    """Adds delayed parts by a tree that depends on their number alone."""
    add = dask.delayed(_add)
    while len(parts) > 1:
        parts = [add(*parts[i:i + 2]) if i + 1 < len(parts) else parts[i]
                 for i in range(0, len(parts), 2)]
    return parts[0]


class _Operator:
    """x, or x less the means of its columns, as the engine sees it: by its products with blocks of
    vectors, each of them one pass over the blocks of x inside dask's scheduler."""

    def __init__(self, x: Any, center: bool) -> None:
        self.shape = tuple(int(side) for side in x.shape)
        self.dtype = np.dtype(x.dtype if x.dtype.kind in "fc" and x.dtype.itemsize >= 4
                              else np.float64)
        self._rows = [list(row) for row in x.to_delayed()]
        self._tops = np.concatenate([[0], np.cumsum(x.chunks[0])]).astype(int)
        self._bounds = [0, *(int(b) for b in np.cumsum(x.chunks[1]))]
        facts = dask.compute([dask.delayed(_facts)(row) for row in self._rows])[0]
        rows, mean, around = functools.reduce(_together, facts)
        centred = float(np.sum(np.maximum(around, 0)))
        squares = centred + rows * float(np.sum(np.abs(mean) ** 2))
        self.mean: Any = None
        if center:
            self.mean = mean.astype(self.dtype)
            if centred <= (100 * np.finfo(self.dtype).eps) ** 2 * squares:
                raise InvalidArgument("the rows are all the same up to rounding: nothing is left of "
                                      "them when their mean is subtracted")
        self.squares = centred if center else squares

    def matmat(self, X: np.ndarray) -> np.ndarray:
        shared = dask.delayed(X, traverse=False)
        product = dask.delayed(_row_product)
        rows = dask.compute([product(row, shared, self._bounds) for row in self._rows])[0]
        Y = np.vstack(rows).astype(self.dtype, copy=False)
        return Y if self.mean is None else Y - self.mean @ X

    def rmatmat(self, Y: np.ndarray) -> np.ndarray:
        product = dask.delayed(_row_adjoint)
        parts = [product(row, Y[first:last])
                 for row, first, last in zip(self._rows, self._tops, self._tops[1:])]
        X = _sum(parts).compute().astype(self.dtype, copy=False)
        return X if self.mean is None else X - np.outer(self.mean.conj(), Y.sum(axis=0))

    def matvec(self, x: np.ndarray) -> np.ndarray:
        return self.matmat(x.reshape(-1, 1)).ravel()

    def rmatvec(self, y: np.ndarray) -> np.ndarray:
        return self.rmatmat(y.reshape(-1, 1)).ravel()


def _require_matrix(x: Any) -> None:
    if not hasattr(x, "to_delayed") or not hasattr(x, "chunks"):
        raise TypeError(f"expected a dask array, got {type(x).__name__}; eckart.svd takes arrays")
    if x.ndim != 2:
        raise InvalidArgument(f"expected a matrix, got an array of {x.ndim} dimensions")
    if any(np.isnan(side) for side in x.shape):
        raise InvalidArgument("the array does not know its shape; call compute_chunk_sizes() first")


def svd(x: Any,
        k: int | None = None,
        *,
        energy: float | None = None,
        tolerance: float | None = None,
        center: bool = False,
        accuracy: float | None = None,
        seed: int = 0,
        threads: int | None = None) -> SVDResult:
    """Returns the leading triplets of a dask array, certified: x = U diag(s) Vt but for what the
    certificate says.

    x: a matrix of dense blocks, or of blocks that are sparse matrices of SciPy, in any chunks. Keep
       it in memory (``x.persist()``) if it fits: the method passes over it some tens of times.
    k: how many; energy: as many as hold that share of the sum of squares; tolerance: as many as
       leave at most that share of the Frobenius norm. One of them.
    center: subtract the means of the columns; sparse blocks stay sparse.
    accuracy, seed, threads: as eckart.svd.

    Memory: that of the blocks in work, and the vectors, in this process.

    >>> import dask.array as da, eckart.dask
    >>> x = da.ones((60, 20), chunks=(25, 20))
    >>> result = eckart.dask.svd(x, k=1)
    >>> round(float(result.s[0]) ** 2), result.report.certificate.met
    (1200, True)
    """
    return _decompose(x, k, energy, tolerance, center, accuracy, seed, threads)[0]


def _decompose(x: Any, k: Any, energy: Any, tolerance: Any, center: bool, accuracy: Any, seed: Any,
               threads: Any) -> tuple[SVDResult, _Operator]:
    _require_matrix(x)
    if sum(rule is not None for rule in (k, energy, tolerance)) != 1:
        raise InvalidArgument("k, energy and tolerance each say how many triplets; give one of "
                              "them")
    if k is not None:
        k = whole("k", k, 1)
    elif energy is not None and not 0 < real("energy", energy) < 1:
        raise InvalidArgument(f"energy must be above 0 and below 1, got {energy}")
    elif tolerance is not None and not 0 < real("tolerance", tolerance) < 1:
        raise InvalidArgument(f"tolerance must be above 0 and below 1, got {tolerance}")
    A = _Operator(x, center)
    most = min(A.shape)
    how = {"accuracy": accuracy, "seed": seed, "threads": threads}

    def leading(count: int) -> SVDResult:
        # All of a small matrix by the method that knows no fewer; the engine chooses else.
        return _svd(A, min(count, most), method="lanczos" if count < most else "auto", **how)

    if k is not None:
        return leading(k), A
    allowed = (1 - energy if energy is not None else tolerance ** 2) * A.squares
    count = min(10, most)
    while True:
        result = leading(count)
        left = A.squares - np.cumsum(np.asarray(result.s, dtype=float) ** 2)
        enough = np.flatnonzero(left <= allowed)
        if len(enough) or count == most:
            needed = int(enough[0]) + 1 if len(enough) else count
            return leading(needed) if needed < count else result, A
        count = min(2 * count, most)


class PCA:
    """Principal components of a dask array; rows are observations.

    n_components: how many, or a share of the variance between 0 and 1.

    After fit: ``components_``, ``singular_values_``, ``explained_variance_``,
    ``explained_variance_ratio_``, ``mean_``, ``n_components_`` and ``report_``, as eckart.PCA.

    >>> import dask.array as da, eckart.dask
    >>> x = da.random.default_rng(0).standard_normal((500, 8), chunks=(100, 8))
    >>> eckart.dask.PCA(2).fit(x).components_.shape
    (2, 8)
    """

    def __init__(self, n_components: int | float = 2, *, accuracy: float | None = None,
                 seed: int = 0) -> None:
        self.n_components = n_components
        self.accuracy = accuracy
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> PCA:
        share = isinstance(self.n_components, float)
        result, A = _decompose(X, None if share else self.n_components,
                               self.n_components if share else None, None, True, self.accuracy,
                               self.seed, None)
        freedom = max(A.shape[0] - 1, 1)
        self.components_ = result.Vt
        self.singular_values_ = result.s
        self.explained_variance_ = result.s ** 2 / freedom
        self.explained_variance_ratio_ = result.s ** 2 / A.squares if A.squares > 0 else 0 * result.s
        self.mean_ = A.mean
        self.n_components_ = len(result.s)
        self.report_ = result.report
        return self

    def transform(self, X: Any) -> Any:
        """Returns the scores of the rows of X, a dask array in the same chunks of rows."""
        _require_matrix(X)
        if X.shape[1] != len(self.mean_):
            raise InvalidArgument(f"X has {X.shape[1]} columns; the model was fitted to "
                                  f"{len(self.mean_)}")
        right = self.components_.conj().T
        offset = self.mean_ @ right
        whole_rows = X.rechunk({1: -1}) if X.numblocks[1] > 1 else X
        return whole_rows.map_blocks(lambda block: np.asarray(block @ right) - offset,
                                     dtype=right.dtype, chunks=(X.chunks[0], (right.shape[1],)))

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return self.fit(X).transform(X)
