"""svd, and the questions that one call answers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ._errors import InvalidArgument, NonFiniteInput
from ._inputs import as_array, is_operator, is_sparse, scalar_of_operator, shape_of, source_of
from ._native import ext
from ._record import Record, Report
from ._result import SVDResult
from ._run import ProgressOption, real, run, seed_number, whole

_NONE, _THIN, _FULL = 0, 1, 2


def _request(k: Any, energy: Any, tolerance: Any, vectors: int, hermitian: bool, center: bool,
             scale: bool, smallest: bool, method: str, accuracy: Any, seed: Any,
             oversampling: Any = None, power_iterations: Any = None) -> Any:
    named = [name for name, value in (("k", k), ("energy", energy), ("tolerance", tolerance))
             if value is not None]
    if len(named) > 1:
        raise InvalidArgument(f"{' and '.join(named)} each say how many triplets; give one of them")
    if vectors == _FULL and named:
        raise InvalidArgument(f"full_matrices needs all triplets; leave {named[0]} out")
    if k is not None:
        k = whole("k", k, 0)
    if energy is not None:
        energy = real("energy", energy)
    if tolerance is not None:
        tolerance = real("tolerance", tolerance)
    if accuracy is not None:
        accuracy = real("accuracy", accuracy)
    if hermitian:
        if method != "auto":
            raise InvalidArgument("hermitian and method each say what decomposes the matrix; "
                                  "give one of them")
        method = "hermitian"
    if not isinstance(method, str):
        raise TypeError(f"method must be a name, got {method!r}")
    if smallest and k is None:
        raise InvalidArgument("smallest needs k: how many of them")
    return ext.Request(k, energy, tolerance, vectors, method, seed_number(seed), bool(center),
                       bool(scale), bool(smallest), accuracy, oversampling, power_iterations)


def _is_stack(A: Any) -> bool:
    """Whether A is an array of more than two dimensions."""
    return len(A.shape) > 2 and not is_sparse(A) and not is_operator(A)


def decompose(A: Any, request: Any, **how: Any) -> SVDResult:
    """Returns the SVD that a request of the engine asks for."""
    return _result(run(ext.svd, source_of(A), request, **how))


def decompose_and_variance(A: Any, request: Any, **how: Any) -> tuple[SVDResult, float]:
    """Returns the same of a matrix that is not to be centred, and the sum of the variances
    (divisor m) of its columns."""
    parts, variance = run(ext.svd_and_variance, source_of(A), request, **how)
    return _result(parts), variance


def _result(parts: tuple[Any, ...]) -> SVDResult:
    U, s, Vt, report, eigenvalues, mean, scale = parts
    return SVDResult(U, s, Vt, Report(report), eigenvalues, mean, scale)


def svd(A: Any,
        k: int | None = None,
        *,
        energy: float | None = None,
        tolerance: float | None = None,
        values_only: bool = False,
        full_matrices: bool = False,
        hermitian: bool = False,
        center: bool = False,
        scale: bool = False,
        smallest: bool = False,
        method: str = "auto",
        accuracy: float | None = None,
        seed: int = 0,
        threads: int | None = None,
        max_memory: int | float | str | None = None,
        progress: ProgressOption = None) -> SVDResult:
    """Returns the singular value decomposition A = U diag(s) Vt, or its leading triplets, certified.

    A: an array, a memory map, a sparse matrix or array of SciPy, an operator with ``matvec`` and
       ``rmatvec``, a tensor on the CPU, a table; or a stack of matrices (..., m, n).
    k: the k leading triplets; energy: as many as hold that share of the sum of squares; tolerance:
       as many as leave at most that share of the Frobenius norm; none of them: all.
    full_matrices: square U and Vt.
    hermitian: A is Hermitian; decomposed by its eigenvalues, which the result then holds.
    center, scale: subtract the means of the columns, divide by their standard deviations; sparse
       matrices stay sparse.
    smallest: the k smallest triplets instead.
    method: "auto", "dense", "gram", "randomized", "lanczos", "jacobi", "hermitian".
    accuracy: what residuals and orthogonality must reach, relative to s[0], for the verdict "met";
       iterative methods iterate to it. Unless given, 1e-10 in double and 1e-4 in single precision.
    seed: the same seed gives the same bits, for any number of threads, as the command line does.
    threads: CPUs at most; unless given, all that the process may use, fewer where OMP_NUM_THREADS
       or threadpoolctl say so, and one for what takes a few milliseconds.
    max_memory: bytes at most beyond A, or "2G"; the planner chooses accordingly, or MemoryLimit.
    progress: True for a bar, or a function that takes a Progress.

    Raises NonFiniteInput naming row and column, InvalidArgument, Overflow, MemoryLimit; TypeError
    for what is no matrix of numbers. KeyboardInterrupt stops it within a fifth of a second.

    >>> import numpy as np, eckart
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> U, s, Vt = eckart.svd(A)
    >>> bool(np.allclose((U * s) @ Vt, A))
    True
    >>> result = eckart.svd(A, k=1)
    >>> result.s.shape, result.report.certificate.met
    ((1,), True)
    """
    vectors = _NONE if values_only else _FULL if full_matrices else _THIN
    if values_only and full_matrices:
        raise InvalidArgument("full_matrices asks for vectors, values_only for none")
    request = _request(k, energy, tolerance, vectors, hermitian, center, scale, smallest, method,
                       accuracy, seed)
    how = {"threads": threads, "max_memory": max_memory, "progress": progress}
    if not hasattr(A, "shape"):
        A = as_array(A)
    if _is_stack(A):
        if hermitian or center or scale or smallest or method != "auto" or not (
                energy is None and tolerance is None):
            raise InvalidArgument("of a stack svd returns all or the k leading triplets; energy, "
                                  "tolerance, hermitian, center, scale, smallest and method are "
                                  "for one matrix")
        return _svd_stack(as_array(A), k, vectors, accuracy or 0, how)
    return decompose(A, request, **how)


def _svd_stack(A: np.ndarray, k: Any, vectors: int, accuracy: float, how: Any) -> SVDResult:
    *outer, m, n = A.shape
    r = min(m, n)
    left, right = (m, n) if vectors == _FULL else (r, r)
    count = int(np.prod(outer))
    stack = A.reshape((count, m, n))
    if any(stride % A.itemsize for stride in stack.strides):
        stack = stack.copy()
    kept = 0 if vectors == _NONE else count
    U = np.empty((kept, m, left), A.dtype)
    s = np.empty((count, r), A.real.dtype)
    Vt = np.empty((kept, right, n), A.dtype)
    report = run(ext.svd_stack, stack, U, s, Vt, vectors, float(accuracy), **how)
    if report["failed"]:
        raise _stack_error(stack, outer, report["failed"])
    s = s.reshape((*outer, r))[..., :k]
    if vectors == _NONE:
        return SVDResult(None, s, None, Record(report))
    U, Vt = U.reshape((*outer, m, left)), Vt.reshape((*outer, right, n))
    return SVDResult(U if k is None else U[..., :k], s, Vt if k is None else Vt[..., :k, :],
                     Record(report))


def _stack_error(stack: np.ndarray, outer: list[int], failed: list[int]) -> Exception:
    """Names the first matrix of a stack that has no SVD."""
    index = tuple(int(at) for at in np.unravel_index(failed[0], outer))
    where = f"matrix {index[0] if len(index) == 1 else index} of the stack"
    more = f" ({len(failed)} matrices in all)" if len(failed) > 1 else ""
    bad = np.argwhere(~np.isfinite(stack[failed[0]]))
    if len(bad) == 0:
        return InvalidArgument(f"{where} has a singular value beyond the range of its type{more}")
    row, col = (int(at) for at in bad[0])
    value = stack[failed[0], row, col]
    error = NonFiniteInput(f"{where} holds {value} in row {row + 1}, column {col + 1}{more}")
    error.row, error.col, error.value = row, col, float(np.real(value))
    return error


def svdvals(A: Any,
            *,
            threads: int | None = None,
            max_memory: int | float | str | None = None,
            progress: ProgressOption = None) -> np.ndarray:
    """Returns all singular values, in falling order; of a stack, those of every matrix.

    >>> import eckart
    >>> eckart.svdvals([[3.0, 0.0], [0.0, 4.0]]).tolist()
    [4.0, 3.0]
    """
    values: np.ndarray = svd(A, values_only=True, threads=threads, max_memory=max_memory,
                             progress=progress).s
    return values


def plan(A: Any,
         k: int | None = None,
         *,
         energy: float | None = None,
         tolerance: float | None = None,
         values_only: bool = False,
         full_matrices: bool = False,
         hermitian: bool = False,
         center: bool = False,
         scale: bool = False,
         smallest: bool = False,
         method: str = "auto",
         accuracy: float | None = None,
         seed: int = 0,
         threads: int | None = None,
         max_memory: int | float | str | None = None) -> Record:
    """Returns what svd would do with the same arguments: method, why, passes, flops, memory.

    >>> import numpy as np, eckart
    >>> plan = eckart.plan(np.ones((400, 300)), k=5)
    >>> plan.peak_bytes < 100e6
    True
    """
    vectors = _NONE if values_only else _FULL if full_matrices else _THIN
    request = _request(k, energy, tolerance, vectors, hermitian, center, scale, smallest, method,
                       accuracy, seed)
    return Record(json.loads(run(ext.plan, source_of(A), request, threads=threads,
                                 max_memory=max_memory)))


def check(A: Any,
          U: Any,
          s: Any,
          Vt: Any,
          *,
          accuracy: float | None = None,
          leading: bool = True,
          center: bool = False,
          scale: bool = False,
          seed: int = 0,
          threads: int | None = None,
          max_memory: int | float | str | None = None) -> Record:
    """Returns the certificate of A = U diag(s) Vt, whoever made it.

    leading: the triplets claim to be the leading ones; one that was missed is a finding.
    U may have more columns, and Vt more rows, than there are singular values (full matrices).

    >>> import numpy as np, eckart
    >>> A = np.arange(12.0).reshape(4, 3)
    >>> eckart.check(A, *np.linalg.svd(A, full_matrices=False)).met
    True
    >>> eckart.check(A, *np.linalg.svd(A + 1e-3, full_matrices=False)).met
    False
    """
    U, s, Vt = as_array(U), as_array(s), as_array(Vt)
    if s.dtype.kind == "c":
        raise InvalidArgument("s holds complex numbers; singular values are real")
    if s.ndim != 1:
        raise InvalidArgument(f"s has the shape {s.shape}; expected a vector of singular values")
    k = len(s)
    rows, cols = shape_of(A)
    if U.ndim != 2 or U.shape[0] != rows or U.shape[1] < k:
        raise InvalidArgument(f"U has the shape {U.shape}; with {rows} rows and {k} singular values "
                              f"expected {(rows, k)}")
    if Vt.ndim != 2 or Vt.shape[1] != cols or Vt.shape[0] < k:
        turned = ": this looks like V, transpose it" if Vt.shape == (cols, k) else ""
        raise InvalidArgument(f"Vt has the shape {Vt.shape}; with {cols} columns and {k} singular "
                              f"values expected {(k, cols)}{turned}")
    dtype = np.result_type(U, s, Vt, _dtype_of(A))
    single = any(part.dtype.char in "fF" for part in (U, s, Vt))
    if accuracy is None:
        accuracy = 1e-4 if single else 0
    if not is_operator(A):
        A = A.astype(dtype) if is_sparse(A) else as_array(A).astype(dtype, copy=False)
    native = run(ext.check, source_of(A), np.asfortranarray(U[:, :k], dtype),
                 np.ascontiguousarray(s, np.dtype(dtype.char.lower())),
                 np.asfortranarray(Vt[:k].conj().T, dtype), real("accuracy", accuracy),
                 bool(leading), seed_number(seed), bool(center), bool(scale), threads=threads,
                 max_memory=max_memory)
    certificate: Record = Report(native).certificate
    return certificate


def _dtype_of(A: Any) -> np.dtype:
    if is_operator(A):
        return scalar_of_operator(A)
    return as_array(A.data if is_sparse(A) else A).dtype


def doctor(threads: int | None = None) -> Record:
    """Returns what this process computes with and how fast: BLAS, kernels, threads, rates.

    Takes about half a second. ``problems`` is empty when nothing is wrong.
    """
    used = ext.threads() if threads is None else whole("threads", threads, 1)
    gemm, read = run(ext.rates, used)
    blas = ext.blas()
    problems, notes = [], []
    if blas["misdetected"]:
        problems.append(f"{blas['library']} runs its {blas['kernel']} kernels, this CPU can run "
                        f"{blas['best_kernel']}: several times slower. Set "
                        f"OPENBLAS_CORETYPE={blas['best_kernel']}")
    elif blas["kernel_before_repair"]:
        notes.append(f"{blas['library']} does not know this CPU and chose "
                     f"{blas['kernel_before_repair']}; eckart runs its own copy with "
                     f"{blas['kernel']}")
    available = ext.available_threads()
    if used > available:
        problems.append(f"{used} threads asked for, {available} CPUs available: they will wait for "
                        "each other")
    return Record({"version": ext.version, "blas": blas, "isa": ext.isa(),
                   "threads_available": available, "threads_used": used, "gemm_gflops": gemm,
                   "read_gb_per_second": read, "problems": problems, "notes": notes})
