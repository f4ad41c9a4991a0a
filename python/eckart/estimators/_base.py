"""What the estimators share. scikit-learn is used where it is installed, and missed nowhere."""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .._errors import InvalidArgument
from .._functions import _THIN, _request, decompose, decompose_and_variance
from .._inputs import as_array, is_sparse, shape_of
from .._result import SVDResult
from .._run import real, whole
from .._shims import seed_of

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_array
    try:
        from sklearn.utils.validation import validate_data
        ALLOW_NAN = {"ensure_all_finite": "allow-nan"}
    except ImportError:  # before scikit-learn 1.6
        ALLOW_NAN = {"force_all_finite": "allow-nan"}

        def validate_data(estimator: Any, X: Any, **options: Any) -> Any:
            return estimator._validate_data(X, **options)
except ImportError:
    ALLOW_NAN: dict[str, str] = {}  # type: ignore[no-redef]

    class NotFittedError(ValueError, AttributeError):  # type: ignore[no-redef]
        """transform was called before fit."""

    class BaseEstimator:  # type: ignore[no-redef]
        """Parameters as scikit-learn has them."""

        @classmethod
        def _names(cls) -> list[str]:
            return [name for name in inspect.signature(cls).parameters]

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            return {name: getattr(self, name) for name in self._names()}

        def set_params(self, **parameters: Any) -> Any:
            for name, value in parameters.items():
                if name not in self._names():
                    raise ValueError(f"{type(self).__name__} has no parameter {name!r}; it has "
                                     + ", ".join(self._names()))
                setattr(self, name, value)
            return self

        def __repr__(self) -> str:
            changed = [f"{name}={value!r}" for name, value in self.get_params().items()
                       if value is not inspect.signature(type(self)).parameters[name].default]
            return f"{type(self).__name__}({', '.join(changed)})"

    class TransformerMixin:  # type: ignore[no-redef]
        """fit_transform in two steps."""

        def fit_transform(self, X: Any, y: Any = None) -> Any:
            return self.fit(X).transform(X)  # type: ignore[attr-defined]

    class ClassNamePrefixFeaturesOutMixin:  # type: ignore[no-redef]
        """The names pca0, pca1, ... of what transform returns."""

        def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
            prefix = type(self).__name__.lower()
            count = self._n_features_out  # type: ignore[attr-defined]
            return np.array([f"{prefix}{at}" for at in range(count)], dtype=object)

    def check_array(X: Any, accept_sparse: Any = False, dtype: Any = None, **_: Any) -> Any:
        if is_sparse(X):
            if not accept_sparse:
                raise TypeError("a sparse matrix was given where a dense one is needed: X.toarray()")
            return X.tocsr()
        return as_array(X)

    def validate_data(estimator: Any, X: Any, reset: bool = True, **options: Any) -> Any:
        X = check_array(X, **options)
        if len(X.shape) != 2:
            shape_of(X)
            raise InvalidArgument(f"expected a matrix, got an array of shape {X.shape}")
        if reset:
            estimator.n_features_in_ = X.shape[1]
        elif X.shape[1] != estimator.n_features_in_:
            raise InvalidArgument(f"X has {X.shape[1]} features, but {type(estimator).__name__} is "
                                  f"expecting {estimator.n_features_in_} features as input")
        return X


FLOATS = (np.float64, np.float32)


class Transformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer with components_, for dense and sparse matrices of one or two precisions."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Fits the model to the rows of X; y is not used."""
        self._fit(X)
        return self

    def _fit(self, X: Any) -> Any:
        raise NotImplementedError

    def _data(self, X: Any, reset: bool = False, **options: Any) -> Any:
        return validate_data(self, X, reset=reset, accept_sparse=["csr", "csc"], dtype=FLOATS,
                             **options)

    def _require_fit(self) -> None:
        if not hasattr(self, "components_"):
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet; call "
                                 "'fit' first")

    def _coordinates(self, Z: Any) -> np.ndarray:
        """Returns rows of coordinates, checked."""
        Z = check_array(Z, dtype=FLOATS)
        if Z.shape[1] != self._n_features_out:
            raise InvalidArgument(f"X has {Z.shape[1]} columns; expected the {self._n_features_out} "
                                  "coordinates that transform returns")
        return np.asarray(Z)

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _more_tags(self) -> dict[str, Any]:  # before scikit-learn 1.6
        return {"preserves_dtype": [np.float64, np.float32]}


class EngineModel(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer whose state is a model of the engine, which travels as the bytes of its file."""

    _model: Any
    _read_file: ClassVar[Callable[[str], Any]]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model as one file, which the ``eckart`` program reads as well; all of it or
        nothing. Raises FileError."""
        self._require_fit()
        self._model.write(os.fspath(path))

    def _require_fit(self) -> None:
        if not hasattr(self, "_model"):
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet; call "
                                 "'fit' first")

    def _matrix_with_blanks(self, X: Any, reset: bool) -> Any:
        return validate_data(self, X, reset=reset, accept_sparse=["csr", "csc"], dtype=FLOATS,
                             **ALLOW_NAN)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_model" in state:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model"
                state["_model"].write(str(path))
                state["_model"] = path.read_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "_model" in state:
            with tempfile.TemporaryDirectory() as folder:  # a mapped file stays when its name goes
                path = Path(folder) / "model"
                path.write_bytes(state["_model"])
                state = state | {"_model": type(self)._read_file(str(path))}
        set_state = getattr(super(), "__setstate__", self.__dict__.update)
        set_state(state)


def leading(X: Any, *, threads: int | None = None, **wanted: Any) -> SVDResult:
    """Returns the triplets of X that an estimator asks for."""
    return decompose(X, _wanted(**wanted), threads=threads)


def leading_and_variance(X: Any, *, threads: int | None = None,
                         **wanted: Any) -> tuple[SVDResult, float]:
    """Returns the same of an X that is not centred, and the variance (divisor m) of all columns."""
    return decompose_and_variance(X, _wanted(**wanted), threads=threads)


def _wanted(*, k: int | None = None, energy: Any = None, tolerance: Any = None,
            center: bool = False, method: str = "auto", tol: Any = 0,
            random_state: Any = None) -> Any:
    accuracy = real("tol", tol)
    if accuracy < 0:
        raise InvalidArgument(f"tol must be at least 0, got {tol}")
    return _request(k, energy, tolerance, _THIN, False, center, False, False, method,
                    accuracy or None, seed_of(random_state))


def component_count(n_components: Any, least: int, most: int, what: str) -> int:
    """Returns n_components as an int from least to most. Raises InvalidArgument or TypeError."""
    count = whole("n_components", n_components)
    if not least <= count <= most:
        raise InvalidArgument(f"n_components must be from {least} to {what} = {most}, got {count}")
    return count


def column_variances(X: Any) -> tuple[np.ndarray, np.ndarray]:
    """Returns mean and variance (divisor m) of each column, in double precision, by blocks."""
    return _sparse_variances(X) if is_sparse(X) else _dense_variances(np.asarray(X))


_BLOCK = 2**18  # entries at a time


def _dense_variances(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    m, n = X.shape
    mean = X.mean(axis=0, dtype=np.float64)
    squares = np.zeros(n)
    rows = max(1, _BLOCK // max(n, 1))
    for first in range(0, m, rows):
        deviation = X[first:first + rows] - mean
        squares += np.einsum("ij,ij->j", deviation, deviation)
    return mean, squares / m


def _sparse_variances(X: Any) -> tuple[np.ndarray, np.ndarray]:
    m, n = X.shape
    if X.format == "csc":
        columns = np.repeat(np.arange(n, dtype=X.indices.dtype), np.diff(X.indptr))
    else:
        X = X.tocsr()
        columns = X.indices
    blocks = [slice(first, first + _BLOCK) for first in range(0, len(columns), _BLOCK)]
    total, stored, squares = np.zeros(n), np.zeros(n), np.zeros(n)
    for block in blocks:
        total += np.bincount(columns[block], X.data[block], n)
        stored += np.bincount(columns[block], minlength=n)
    mean = total / m
    for block in blocks:
        deviation = X.data[block] - mean[columns[block]]
        squares += np.bincount(columns[block], deviation * deviation, n)
    return mean, (squares + (m - stored) * mean**2) / m


def product(X: Any, Y: np.ndarray) -> np.ndarray:
    """Returns X Y as an array, for a dense or sparse X."""
    return np.asarray(X @ Y)

