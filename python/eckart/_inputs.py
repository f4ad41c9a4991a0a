"""From what users have to what the engine takes, without a copy where that is possible.

NumPy arrays and memory maps go as they stand in C or Fortran order, as slices of either, and as
transposes. One copy is made of other strides (every second column, reversed rows), of other byte
orders, and of integers and half precision, which become float64 and float32.
"""

from __future__ import annotations

import contextvars
import numbers
import sys
from typing import Any

import numpy as np

from ._errors import InvalidArgument
from ._native import ext

_SCALARS = "dfDF"  # the types that the engine computes in, as characters of NumPy's


def source_of(A: Any) -> Any:
    """Returns the engine's view of a matrix. Raises TypeError or InvalidArgument."""
    if type(A) is np.ndarray:
        if A.ndim == 2 and A.dtype.char in _SCALARS and A.dtype.isnative and A.flags.aligned:
            return _dense(A)
    elif is_sparse(A):
        return _sparse(A)
    elif is_operator(A):
        return _operator(A)
    array = as_array(A)
    if array.ndim != 2:
        raise InvalidArgument(_shape_message(array.shape))
    return _dense(array)


def _shape_message(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return (f"expected a matrix, got a vector of {shape[0]}; "
                "A.reshape(-1, 1) makes it a column, A.reshape(1, -1) a row")
    if len(shape) == 0:
        return "expected a matrix, got a single number"
    return f"expected a matrix, got an array of shape {shape}; only svd and svdvals take stacks"


def _dense(A: np.ndarray) -> Any:
    return ext.dense(with_whole_strides(A))


def with_whole_strides(A: np.ndarray) -> np.ndarray:
    """Returns A, or a copy where it is a field of records: strides must be whole numbers of entries.
    """
    return A.copy() if any(stride % A.itemsize for stride in A.strides) else A


def shape_of(A: Any) -> tuple[int, ...]:
    """Returns the shape of a matrix or a stack of them. Raises InvalidArgument for anything less."""
    shape = tuple(A.shape) if hasattr(A, "shape") else as_array(A).shape
    if len(shape) < 2:
        raise InvalidArgument(_shape_message(shape))
    return shape


def is_sparse(A: Any) -> bool:
    """Whether A is a sparse matrix or array of SciPy."""
    module = sys.modules.get("scipy.sparse")
    return module is not None and module.issparse(A)


def is_operator(A: Any) -> bool:
    """Whether A is known by its products alone, as SciPy's LinearOperator is."""
    return (hasattr(A, "shape") and not hasattr(A, "__array__")
            and (hasattr(A, "matvec") or hasattr(A, "matmat")))


def as_array(A: Any) -> np.ndarray:
    """Returns A as an array of one of the engine's four types, any shape; A itself if it is one."""
    if isinstance(A, np.ma.MaskedArray) and np.ma.is_masked(A):
        raise InvalidArgument("masked entries have no value; fill them first: A.filled(value)")
    array = _to_numpy(A)
    kind, name = array.dtype.kind, array.dtype.name
    if array.dtype.char in _SCALARS:
        wanted = array.dtype.newbyteorder("=")
    elif kind in "biu":
        wanted = np.dtype(np.float64)
    elif name in ("float16", "bfloat16") or name.startswith("float8"):
        wanted = np.dtype(np.float32)
    elif kind == "O":
        return _numbers_of(array)
    else:
        raise TypeError(f"cannot decompose numbers of type {array.dtype}; expected float32, "
                        "float64, complex64, complex128, or what becomes one of them without loss: "
                        "half precision, integers, booleans")
    return np.require(array, dtype=wanted, requirements=["ALIGNED"])


def _to_numpy(A: Any) -> np.ndarray:
    if isinstance(A, (np.ndarray, list, tuple)) or not hasattr(A, "__dlpack__"):
        if hasattr(A, "__arrow_c_stream__") and not hasattr(A, "__array__"):
            return _from_arrow(A)
        try:
            return np.asarray(A)
        except ValueError as error:
            raise InvalidArgument(f"expected rows of one length: {error}") from None
    if str(getattr(A, "dtype", "")) == "torch.bfloat16":
        A = A.float()  # NumPy has no bfloat16 of its own
    try:
        return np.from_dlpack(A)
    except (BufferError, RuntimeError, ValueError) as error:
        raise TypeError(f"{type(A).__name__} does not lend its memory: {error}") from None


def _from_arrow(A: Any) -> np.ndarray:
    try:
        import pyarrow
    except ImportError:
        raise TypeError(f"{type(A).__name__} is a table of Arrow: reading it needs pyarrow, which "
                        "is not installed") from None
    return np.asarray(pyarrow.table(A))


def _numbers_of(array: np.ndarray) -> np.ndarray:
    """Returns an array of Python objects as numbers. Raises TypeError naming one that is none."""
    for place, entry in np.ndenumerate(array):
        if not isinstance(entry, numbers.Number) or isinstance(entry, bool):
            where = ", ".join(f"{axis} {at + 1}" for axis, at in zip(("row", "column"), place))
            raise TypeError(f"{where or 'the value'} is {entry!r}; expected a number")
    if any(isinstance(entry, numbers.Complex) and not isinstance(entry, numbers.Real)
           for entry in array.flat):
        return array.astype(np.complex128)
    return array.astype(np.float64)


def _sparse(A: Any) -> Any:
    if len(A.shape) != 2:
        raise InvalidArgument(_shape_message(A.shape))
    if A.format not in ("csr", "csc"):
        A = A.tocsr()
    index = np.result_type(A.indptr, A.indices)
    if index not in (np.dtype(np.int32), np.dtype(np.int64)):
        index = np.dtype(np.int64)
    rows, cols = A.shape
    return ext.sparse(rows, cols, np.ascontiguousarray(A.indptr, index),
                      np.ascontiguousarray(A.indices, index),
                      np.ascontiguousarray(as_array(A.data)), A.format == "csc")


def scalar_of_operator(A: Any) -> np.dtype:
    """Returns the type that an operator is computed in: its own, or float64 for one of integers."""
    dtype = np.dtype(np.float64 if getattr(A, "dtype", None) is None else A.dtype)
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype.char not in _SCALARS:
        raise TypeError(f"cannot decompose an operator of type {dtype}; expected float32, float64, "
                        "complex64 or complex128")
    return dtype.newbyteorder("=")


def _operator(A: Any) -> Any:
    if len(A.shape) != 2:
        raise InvalidArgument(f"expected an operator of shape (rows, columns), got {A.shape}")
    rows, cols = (int(size) for size in A.shape)
    dtype = scalar_of_operator(A)
    if not (hasattr(A, "rmatvec") or hasattr(A, "rmatmat")):
        raise InvalidArgument("the operator has no product with its adjoint; expected rmatvec or "
                              "rmatmat beside matvec")
    # The engine calls from another thread: there, too, the caller's context variables hold.
    context = contextvars.copy_context()

    def product(X: np.ndarray) -> np.ndarray:
        return context.run(_product, A, "mat", rows, dtype, X)

    def adjoint_product(Y: np.ndarray) -> np.ndarray:
        return context.run(_product, A, "rmat", cols, dtype, Y)

    return ext.matrix_free(rows, cols, dtype.name, product, adjoint_product)


def _product(A: Any, name: str, rows: int, dtype: np.dtype, X: np.ndarray) -> np.ndarray:
    """Returns the product of an operator with a block, checked."""
    try:
        if hasattr(A, name + "mat"):
            Y = getattr(A, name + "mat")(X)
        else:
            vector = getattr(A, name + "vec")
            Y = np.stack([np.asarray(vector(x)).reshape(-1) for x in X.T], axis=1)
    except (NotImplementedError, TypeError) as error:
        # SciPy calls the function that was not given.
        if isinstance(error, TypeError) and str(error) != "'NoneType' object is not callable":
            raise
        raise InvalidArgument(f"the operator cannot compute {name}vec: {error}") from error
    Y = np.asarray(Y)
    if Y.shape != (rows, X.shape[1]):
        raise InvalidArgument(f"{name}mat of the operator returned an array of shape {Y.shape}; "
                              f"expected {(rows, X.shape[1])}")
    if Y.dtype.kind == "c" and dtype.kind != "c":
        raise InvalidArgument(f"{name}mat of the operator returned complex numbers; its dtype says "
                              f"{dtype}")
    return np.asfortranarray(Y, dtype)
