"""Questions that a whole decomposition answers: rank, condition, inverse, null space, equations."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._errors import InvalidArgument
from ._functions import svd
from ._inputs import (as_array, is_operator, is_sparse, shape_of, source_of,
                      with_whole_strides)
from ._native import ext
from ._record import Record
from ._run import real, run, seed_number, whole


def _zero_tolerance(rtol: Any, atol: Any) -> tuple[float | None, float]:
    """Returns (relative, absolute) with their rules checked."""
    relative = None if rtol is None else real("rtol", rtol)
    absolute = 0.0 if atol is None else real("atol", atol)
    if relative is not None and not 0 <= relative < 1:
        raise InvalidArgument(f"rtol must be at least 0 and below 1, got {rtol}")
    if not absolute >= 0:
        raise InvalidArgument(f"atol must be at least 0, got {atol}")
    return relative, absolute


def matrix_rank(A: Any,
                *,
                rtol: float | None = None,
                atol: float | None = None,
                threads: int | None = None,
                max_memory: int | float | str | None = None) -> Any:
    """Returns the number of singular values above max(atol, rtol s[0]).

    Unless given, rtol is max(m, n) eps, or 0 beside an atol. Of a stack, an array of ranks.

    >>> import eckart
    >>> eckart.matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    1
    """
    relative, absolute = _zero_tolerance(rtol, atol)
    shape = shape_of(A)
    s = svd(A, values_only=True, threads=threads, max_memory=max_memory).s
    if relative is None:
        relative = 0.0 if atol else max(shape[-2:]) * float(np.finfo(s.dtype).eps)
    largest = s[..., :1] if s.shape[-1] else np.zeros((*s.shape[:-1], 1))
    ranks = np.count_nonzero(s > np.maximum(absolute, relative * largest), axis=-1)
    return int(ranks) if s.ndim == 1 else ranks


def cond(A: Any,
         *,
         threads: int | None = None,
         max_memory: int | float | str | None = None) -> Any:
    """Returns s[0] / s[-1], infinite of a singular matrix; of a stack, an array of them.

    >>> import eckart
    >>> eckart.cond([[2.0, 0.0], [0.0, 1.0]])
    2.0
    """
    s = svd(A, values_only=True, threads=threads, max_memory=max_memory).s.astype(np.float64)
    if s.shape[-1] == 0:
        raise InvalidArgument("an empty matrix has no condition number")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(s[..., -1] > 0, s[..., 0] / s[..., -1], np.inf)
    return float(ratio) if s.ndim == 1 else ratio


def pinv(A: Any,
         *,
         rtol: float | None = None,
         atol: float | None = None,
         return_rank: bool = False,
         threads: int | None = None,
         max_memory: int | float | str | None = None) -> Any:
    """Returns the pseudoinverse; values up to max(atol, rtol s[0]) count as zeros.

    Unless given, rtol is max(m, n) eps, or 0 beside an atol. With return_rank (pseudoinverse, rank).

    >>> import eckart
    >>> eckart.pinv([[2.0, 0.0], [0.0, 0.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.0]]
    """
    relative, absolute = _zero_tolerance(rtol, atol)
    inverse, rank = run(ext.pinv, source_of(A), relative, absolute, threads=threads,
                        max_memory=max_memory)
    return (inverse, rank) if return_rank else inverse


def null_space(A: Any,
               rcond: float | None = None,
               *,
               seed: int = 0,
               threads: int | None = None,
               max_memory: int | float | str | None = None) -> Any:
    """Returns an orthonormal basis, in columns, of the x with ||A x|| <= rcond s[0].

    Unless given, rcond is max(m, n) eps. Works for sparse matrices without making them dense.

    >>> import eckart
    >>> abs(eckart.null_space([[1.0, 1.0]])).round(12).tolist()
    [[0.707106781187], [0.707106781187]]
    """
    tolerance = 0.0 if rcond is None else real("rcond", rcond)
    return run(ext.null_space, source_of(A), tolerance, seed_number(seed), threads=threads,
               max_memory=max_memory)


class LstsqResult(NamedTuple):
    """The solution and what numpy.linalg.lstsq returns beside it; ``report`` holds the rest.

    ``report``: residual_vectors, residual_norms, condition_number, amplification, ridge,
    degrees_of_freedom, deviation, standard_errors (shape of x), refined.
    """

    x: np.ndarray
    residuals: np.ndarray  # sums of squares, (k,); empty where x is not unique or m <= n
    rank: int
    s: np.ndarray
    report: Record


def lstsq(A: Any,
          b: Any,
          *,
          ridge: float | str | None = None,
          rcond: float | None = None,
          truncate: int | None = None,
          weights: Any = None,
          refine: bool = True,
          threads: int | None = None,
          max_memory: int | float | str | None = None) -> LstsqResult:
    """Returns the x of least norm that minimises ||A x - b||, refined to about every digit.

    ridge: minimise ||A x - b||^2 + ridge ||x||^2; "gcv" or "l-curve" choose it.
    rcond: values up to rcond s[0] count as zeros; truncate: only so many leading triplets are used.
    weights: one for each row; refine: solutions that are unique, with residuals of twice the digits.

    >>> import numpy as np, eckart
    >>> A = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> x, residuals, rank, s, report = eckart.lstsq(A, [1.0, 3.0, 5.0])
    >>> x.round(12).tolist(), rank
    ([1.0, 2.0], 2)
    """
    if is_operator(A):
        raise TypeError("lstsq needs the entries of A; an operator has none")
    left = as_array(A.toarray() if is_sparse(A) else A)
    right = as_array(b.toarray() if is_sparse(b) else b)
    if left.ndim != 2:
        raise InvalidArgument(f"expected a matrix A, got an array of shape {left.shape}")
    if right.ndim not in (1, 2) or right.shape[0] != left.shape[0]:
        raise InvalidArgument(f"b has the shape {right.shape}; with {left.shape[0]} rows in A "
                              f"expected ({left.shape[0]},) or ({left.shape[0]}, count)")
    dtype = np.result_type(left, right)
    columns = right[:, None] if right.ndim == 1 else right
    choice = None
    if isinstance(ridge, str):
        choice, ridge = ridge, None
        if choice not in ("gcv", "l-curve"):
            raise InvalidArgument(f"ridge {choice!r} is no choice; expected a number, 'gcv' or "
                                  "'l-curve'")
    made = run(ext.lstsq, with_whole_strides(left.astype(dtype, copy=False)),
               with_whole_strides(columns.astype(dtype, copy=False)),
               None if ridge is None else real("ridge", ridge), choice,
               None if rcond is None else real("rcond", rcond),
               None if truncate is None else whole("truncate", truncate, 0),
               np.ascontiguousarray([] if weights is None else weights, np.float64), bool(refine),
               threads=threads, max_memory=max_memory)
    vector = right.ndim == 1
    x = made.pop("x")
    m, n = left.shape
    unique = made["rank"] == n and m > n
    residuals = made["residual_norms"] ** 2 if unique else np.empty(0)
    for name in ("residual_vectors", "standard_errors"):
        if vector and made[name].size:
            made[name] = made[name][:, 0]
    return LstsqResult(x[:, 0] if vector else x, residuals, made.pop("rank"), made.pop("s"),
                       Record(made))
