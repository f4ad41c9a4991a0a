"""Matrices that never are in memory as a whole: blocks of rows, read again for every product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ._errors import FileError, InvalidArgument
from ._inputs import as_array


class Blocks:
    """A matrix as blocks of its rows, which every product reads from the first to the last.

    source: an HDF5 dataset of h5py, a Zarr array, a memory map: anything with a shape (m, n) and a
    dtype whose ``source[i:j]`` are rows; a Parquet file, by its path ending in .parquet or as a
    ``pyarrow.parquet.ParquetFile``; or a function without arguments that returns the blocks anew
    each time: arrays, record batches, data frames.
    block_rows: of a slice or a batch; unless given, some 16 MB of them.

    ``shape`` and ``dtype`` are known from the source, or by one pass where it is a function. Half
    precision is computed in float32, integers in float64.

    >>> import numpy as np, eckart
    >>> A = np.arange(20.0).reshape(10, 2)
    >>> blocks = eckart.Blocks(lambda: (A[i:i + 3] for i in range(0, 10, 3)))
    >>> eckart.svd(blocks, k=1).report.certificate.met
    True
    """

    def __init__(self, source: Any, block_rows: int | None = None) -> None:
        if block_rows is not None and block_rows < 1:
            raise InvalidArgument(f"block_rows is {block_rows}; expected 1 or more")
        self._read: Callable[[], Iterable[Any]]
        known: tuple[int, int] | None = None
        if isinstance(source, (str, Path)) or hasattr(source, "iter_batches"):
            self._read, known = _parquet(source, block_rows)
        elif callable(source):
            self._read = source
        elif hasattr(source, "shape") and len(source.shape) == 2 and hasattr(source, "dtype"):
            self._read, known = _slices(source, block_rows)
        else:
            raise TypeError(f"{type(source).__name__} gives no blocks of rows; expected something "
                            "with a shape (m, n) and slices, a Parquet file, or a function that "
                            "returns blocks")
        self.shape, self.dtype = self._look(known)

    def _look(self, known: tuple[int, int] | None) -> tuple[tuple[int, int], np.dtype[Any]]:
        rows, cols, dtype = 0, -1, np.dtype(np.float32)
        for block in self._read():
            array = _rows(block)
            if cols >= 0 and array.shape[1] != cols:
                raise InvalidArgument(f"the block from row {rows + 1} on has {array.shape[1]} "
                                      f"columns; expected {cols} as before")
            rows, cols = rows + array.shape[0], array.shape[1]
            dtype = np.result_type(dtype, array.dtype)
            if known:
                return known, dtype
        if known:
            return known, np.dtype(np.float64)
        if cols < 0:
            raise InvalidArgument("there are no blocks")
        return (rows, cols), dtype

    def _blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """The blocks with the rows above them. Raises FileError if they are others than at first."""
        rows, cols = self.shape
        above = 0
        for block in self._read():
            array = _rows(block)
            if array.shape[1] != cols or above + array.shape[0] > rows:
                break
            yield above, array
            above += array.shape[0]
        else:
            if above == rows:
                return
        raise FileError(f"the blocks have changed since the first pass: they no longer make up "
                        f"{rows} x {cols}, from row {above + 1} on; run again when nothing writes "
                        "to them")

    def matmat(self, X: np.ndarray) -> np.ndarray:
        """Returns the product with X, n x b."""
        Y = np.empty((self.shape[0], X.shape[1]), np.result_type(self.dtype, X.dtype))
        for above, block in self._blocks():
            Y[above:above + len(block)] = block @ X
        return Y

    def rmatmat(self, Y: np.ndarray) -> np.ndarray:
        """Returns the product of the conjugate transpose with Y, m x b."""
        X = np.zeros((self.shape[1], Y.shape[1]), np.result_type(self.dtype, Y.dtype))
        for above, block in self._blocks():
            X += block.conj().T @ Y[above:above + len(block)]
        return X


def _rows(block: Any) -> np.ndarray:
    """Returns a block as an array of the engine's types. Raises InvalidArgument for what is none."""
    array = as_array(block)
    if array.ndim != 2:
        raise InvalidArgument(f"a block has shape {array.shape}; expected rows, (some, n)")
    return array


def _rows_of(row_bytes: int) -> int:
    return max(1, (16 << 20) // max(1, row_bytes))


def _slices(source: Any, block_rows: int | None) -> tuple[Callable[[], Iterable[Any]],
                                                           tuple[int, int]]:
    rows, cols = (int(size) for size in source.shape)
    step = block_rows or _rows_of(cols * source.dtype.itemsize)
    return lambda: (source[i:i + step] for i in range(0, rows, step)), (rows, cols)


def _parquet(source: Any, block_rows: int | None) -> tuple[Callable[[], Iterable[Any]],
                                                            tuple[int, int]]:
    if isinstance(source, (str, Path)):
        if Path(source).suffix.lower() != ".parquet":
            raise InvalidArgument(f"{source}: expected the path of a .parquet file; eckart.Blocks "
                                  "takes other files as memory maps or datasets")
        try:
            import pyarrow.parquet
        except ImportError:
            raise TypeError(f"{source}: reading Parquet needs pyarrow, which is not installed"
                            ) from None
        try:
            source = pyarrow.parquet.ParquetFile(source)
        except (OSError, ValueError) as error:
            raise FileError(f"{source}: {error}") from None
    rows, cols = source.metadata.num_rows, source.metadata.num_columns

    def read() -> Iterator[np.ndarray]:
        row = 0
        for batch in source.iter_batches(batch_size=block_rows or _rows_of(8 * cols)):
            columns = []
            for name, column in zip(batch.schema.names, batch.columns):
                if column.null_count:
                    raise InvalidArgument(f"column {name!r} has missing values in rows {row + 1} "
                                          f"to {row + len(batch)}; fill them in first")
                columns.append(column.to_numpy(zero_copy_only=False))
            row += len(batch)
            yield np.column_stack(columns)

    return read, (rows, cols)
