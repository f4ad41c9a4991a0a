"""PCA and IncrementalPCA with scikit-learn's parameters and attributes, for sparse data as well."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from .._inputs import is_sparse
from .._native import ext
from .._run import whole
from ._base import Transformer, column_variances, component_count, leading, product


class _Components(Transformer):
    """What components, their variances and a mean answer."""

    components_: np.ndarray
    singular_values_: np.ndarray
    explained_variance_: np.ndarray
    noise_variance_: float
    mean_: np.ndarray
    whiten: bool

    def transform(self, X: Any) -> np.ndarray:
        """Returns the coordinates of the rows of X; sparse rows stay sparse until they are short."""
        self._require_fit()
        return self._reduce(self._data(X))

    def _reduce(self, X: Any) -> np.ndarray:
        Z = product(X, self.components_.T)
        Z -= (self.mean_ @ self.components_.T).astype(Z.dtype)
        return Z / self._lengths() if self.whiten else Z

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Returns rows with the given coordinates."""
        self._require_fit()
        Z = self._coordinates(X)
        if self.whiten:
            Z = Z * self._lengths()
        rows: np.ndarray = Z @ self.components_
        return rows + self.mean_.astype(rows.dtype)

    def _lengths(self) -> np.ndarray:
        """Returns the standard deviation of each coordinate; of a constant one the smallest number
        that can be divided by."""
        lengths = np.sqrt(self.explained_variance_)
        least = np.finfo(lengths.dtype).eps
        return np.maximum(lengths, least)

    def get_covariance(self) -> np.ndarray:
        """Returns the covariance of the model: components with their variance, noise elsewhere."""
        self._require_fit()
        beyond = np.maximum(self.explained_variance_ - self.noise_variance_, 0)
        covariance = (self.components_.T * beyond) @ self.components_
        covariance.flat[::len(covariance) + 1] += self.noise_variance_
        return covariance

    def get_precision(self) -> np.ndarray:
        """Returns the inverse of get_covariance()."""
        n = self.components_.shape[1]
        noise = self.noise_variance_
        if noise == 0:
            return np.linalg.inv(self.get_covariance())
        # Of V diag(e) V^T + noise I, by the orthonormal rows of components_.
        beyond = np.maximum(self.explained_variance_ - noise, 0)
        share = beyond / (noise * (noise + beyond))
        precision = -(self.components_.T * share) @ self.components_
        precision.flat[::n + 1] += 1 / noise
        return precision

    def score_samples(self, X: Any) -> np.ndarray:
        """Returns the log-likelihood of each row of X under the model."""
        self._require_fit()
        X = self._data(X)
        deviation = (X.toarray() if is_sparse(X) else X) - self.mean_
        precision = self.get_precision()
        distance = np.einsum("ij,ij->i", deviation @ precision, deviation)
        return -0.5 * (distance + X.shape[1] * log(2 * np.pi) - np.linalg.slogdet(precision)[1])

    def score(self, X: Any, y: Any = None) -> float:
        """Returns the mean log-likelihood of the rows of X."""
        return float(np.mean(self.score_samples(X)))


class PCA(_Components):
    """Principal components of the columns of X, centred; sparse matrices stay sparse.

    n_components: a number, a share of the variance between 0 and 1, "mle" for the number of largest
    evidence (Minka, 2000), or None for all; energy and tolerance say it as svd does. whiten: coordinates of variance 1. svd_solver: "auto" lets the
    planner choose; "full" takes the dense method, "covariance_eigh" the Gram matrix, "randomized"
    and "arpack" the iterative methods of that kind. tol: the accuracy, relative to the largest
    singular value; 0: 1e-10 in double, 1e-4 in single precision. copy, iterated_power, n_oversamples
    and power_iteration_normalizer change nothing. threads: CPUs at most.

    Attributes are those of scikit-learn's, and report_.

    >>> import numpy as np
    >>> from eckart import PCA
    >>> X = np.random.default_rng(0).standard_normal((50, 10)) * np.arange(1, 11)
    >>> model = PCA(0.9).fit(X)
    >>> bool(model.explained_variance_ratio_.sum() >= 0.9), model.report_.certificate.met
    (True, True)
    """

    _METHODS = {"auto": "auto", "full": "dense", "covariance_eigh": "gram", "arpack": "lanczos",
                "randomized": "randomized"}

    def __init__(self, n_components: Any = None, *, copy: bool = True, whiten: bool = False,
                 svd_solver: str = "auto", tol: float = 0.0, iterated_power: Any = "auto",
                 n_oversamples: int = 10, power_iteration_normalizer: str = "auto",
                 random_state: Any = None, energy: float | None = None,
                 tolerance: float | None = None, threads: int | None = None) -> None:
        self.n_components = n_components
        self.copy = copy
        self.whiten = whiten
        self.svd_solver = svd_solver
        self.tol = tol
        self.iterated_power = iterated_power
        self.n_oversamples = n_oversamples
        self.power_iteration_normalizer = power_iteration_normalizer
        self.random_state = random_state
        self.energy = energy
        self.tolerance = tolerance
        self.threads = threads

    def _rank_rule(self, m: int, n: int) -> dict[str, Any]:
        if self.energy is not None or self.tolerance is not None:
            return {"energy": self.energy, "tolerance": self.tolerance}
        wanted = self.n_components
        if isinstance(wanted, str):
            if wanted != "mle":
                raise InvalidArgument(f"n_components {wanted!r} is not known; give a number, a share "
                                      "of the variance between 0 and 1, 'mle', or energy=")
            if self.svd_solver in ("arpack", "randomized"):
                raise InvalidArgument("n_components 'mle' looks at all variances; the svd_solver "
                                      f"{self.svd_solver!r} finds a few")
            if m < n:
                raise InvalidArgument("n_components 'mle' needs at least as many rows as columns, "
                                      f"got {m} x {n}")
            return {}
        if isinstance(wanted, (float, np.floating)) and 0 < wanted < 1:
            return {"energy": float(wanted)}
        if wanted is None:
            return {}
        return {"k": component_count(wanted, 0, min(m, n), "min(n_samples, n_features)")}

    def _fit(self, X: Any) -> Any:
        if self.svd_solver not in self._METHODS:
            raise InvalidArgument(f"svd_solver must be one of {', '.join(self._METHODS)}, got "
                                  f"{self.svd_solver!r}")
        X = self._data(X, reset=True, ensure_min_samples=2)
        m, n = X.shape
        rule = self._rank_rule(m, n)
        result = leading(X, center=True, method=self._METHODS[self.svd_solver], tol=self.tol,
                         random_state=self.random_state, threads=self.threads, **rule)
        total = result.report.certificate.frobenius_norm.value ** 2 / (m - 1)
        variance = result.s.astype(np.float64) ** 2 / (m - 1)
        if isinstance(self.n_components, str) and not rule:
            variance = variance[:ext.minka_components(variance, m)]
        count = len(variance)
        self.components_ = result.Vt[:count]
        self.singular_values_ = result.s[:count]
        self.mean_ = np.asarray(result.mean)
        self.explained_variance_ = variance.astype(result.s.dtype)
        ratio = variance / total if total > 0 else np.zeros(count)
        self.explained_variance_ratio_ = ratio.astype(result.s.dtype)
        left_out = min(m, n) - count
        self.noise_variance_ = (max(total - variance.sum(), 0.0) / left_out if left_out else 0.0)
        self.n_components_ = count
        self.n_samples_ = m
        self.report_ = result.report
        return result.U[:, :count]

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Fits, and returns the coordinates of the rows of X."""
        Z: np.ndarray = self._fit(X) * self.singular_values_
        return Z / self._lengths() if self.whiten else Z


class _Stacked:
    """The rows of an earlier fit above those of a centred batch and one that corrects the mean: an
    operator, so that a sparse batch stays sparse."""

    def __init__(self, kept: np.ndarray, batch: Any, mean: np.ndarray, correction: np.ndarray) -> None:
        self.kept, self.batch, self.mean, self.correction = kept, batch, mean, correction
        self.shape = (len(kept) + batch.shape[0] + 1, batch.shape[1])
        self.dtype = kept.dtype

    def matmat(self, X: np.ndarray) -> np.ndarray:
        return np.vstack([self.kept @ X, product(self.batch, X) - self.mean @ X,
                          self.correction @ X])

    def rmatmat(self, Y: np.ndarray) -> np.ndarray:
        first = len(self.kept)
        middle = Y[first:-1]
        return (self.kept.T @ Y[:first] + product(self.batch.T, middle)
                - self.mean[:, None] * middle.sum(axis=0) + self.correction[:, None] * Y[-1])


class IncrementalPCA(_Components):
    """PCA by batches of rows: batches of any size, one row included, dense or sparse.

    n_components: None keeps all that the rows seen so far determine. While fewer rows than
    components have been seen, components_ has as many rows as are determined. batch_size: of fit,
    5 n_features unless given. copy changes nothing. threads: CPUs at most.

    Attributes are those of scikit-learn's, and report_, of the last batch.

    >>> import numpy as np
    >>> from eckart import IncrementalPCA
    >>> X = np.random.default_rng(0).standard_normal((50, 10))
    >>> model = IncrementalPCA(n_components=3)
    >>> for row in X:
    ...     model = model.partial_fit(row[None, :])
    >>> model.n_samples_seen_, model.components_.shape
    (50, (3, 10))
    """

    n_samples_seen_: int
    var_: np.ndarray

    def __init__(self, n_components: int | None = None, *, whiten: bool = False, copy: bool = True,
                 batch_size: int | None = None, threads: int | None = None) -> None:
        self.n_components = n_components
        self.whiten = whiten
        self.copy = copy
        self.batch_size = batch_size
        self.threads = threads

    def _fit(self, X: Any) -> None:
        for name in ("components_", "n_samples_seen_"):
            if hasattr(self, name):
                delattr(self, name)
        X = self._data(X, reset=True)
        if is_sparse(X):
            X = X.tocsr()
        self.batch_size_ = (5 * X.shape[1] if self.batch_size is None
                            else whole("batch_size", self.batch_size, 1))
        for first in range(0, X.shape[0], self.batch_size_):
            self._add(X[first:first + self.batch_size_])

    def partial_fit(self, X: Any, y: Any = None, check_input: bool = True) -> IncrementalPCA:
        """Adds the rows of X to the model."""
        if check_input:
            X = self._data(X, reset=not hasattr(self, "components_"))
        self._add(X)
        return self

    def _add(self, X: Any) -> None:
        b, n = X.shape
        known = hasattr(self, "components_")
        seen = self.n_samples_seen_ if known else 0
        most = n if self.n_components is None else component_count(self.n_components, 1, n,
                                                                    "n_features")
        mean, variance = column_variances(X)
        total = seen + b
        old_mean = self.mean_ if known else np.zeros(n)
        old_variance = self.var_ if known else np.zeros(n)
        difference = mean - old_mean
        new_mean = old_mean + difference * (b / total)
        new_variance = (seen * old_variance + b * variance + difference**2 * (seen * b / total)) / total
        dtype = np.dtype(X.dtype)
        if known:
            kept = (self.singular_values_[:, None] * self.components_).astype(dtype)
            correction = (difference * np.sqrt(seen * b / total)).astype(dtype)
        else:
            kept, correction = np.zeros((0, n), dtype), np.zeros(n, dtype)
        count = min(most, total, n)
        shift = mean.astype(dtype)
        if is_sparse(X):
            rows: Any = _Stacked(kept, X, shift, correction)
        else:
            rows = np.vstack([kept, X - shift, correction])
        result = leading(rows, k=min(count, rows.shape[0]), threads=self.threads)
        self.components_ = result.Vt
        self.singular_values_ = result.s
        self.mean_, self.var_ = new_mean, new_variance
        self.n_samples_seen_ = total
        self.n_components_ = len(result.s)
        s = result.s.astype(np.float64)
        explained = s**2 / max(total - 1, 1)
        whole_variance = new_variance.sum() * total
        ratio = s**2 / whole_variance if whole_variance > 0 else np.zeros(len(s))
        self.explained_variance_ = explained.astype(dtype)
        self.explained_variance_ratio_ = ratio.astype(dtype)
        left_out = min(total, n) - len(s)
        rest = max(whole_variance / max(total - 1, 1) - explained.sum(), 0.0)
        self.noise_variance_ = rest / left_out if left_out > 0 else 0.0
        self.report_ = result.report
