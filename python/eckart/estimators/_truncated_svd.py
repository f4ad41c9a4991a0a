"""TruncatedSVD with scikit-learn's parameters and attributes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._errors import InvalidArgument
from .._run import whole
from ._base import Transformer, column_variances, component_count, leading_and_variance, product


class TruncatedSVD(Transformer):
    """Dimensionality reduction by the leading triplets of X, not centred; LSA when X holds words.

    n_components: the number of triplets, unless energy (the share of the sum of squares to hold) or
    tolerance (the share of the Frobenius norm that may be left) says how many. tol: the accuracy
    relative to the largest singular value; 0: 1e-10 in double, 1e-4 in single precision. threads:
    CPUs at most. algorithm, n_iter, n_oversamples and power_iteration_normalizer are checked and
    change nothing: the planner chooses, and iterates until the accuracy is reached.

    Attributes are those of scikit-learn's, and n_components_, report_.

    >>> import numpy as np
    >>> from eckart import TruncatedSVD
    >>> X = np.random.default_rng(0).standard_normal((50, 10))
    >>> model = TruncatedSVD(n_components=3).fit(X)
    >>> model.transform(X).shape, model.report_.certificate.met
    ((50, 3), True)
    """

    def __init__(self, n_components: int = 2, *, algorithm: str = "randomized", n_iter: int = 5,
                 n_oversamples: int = 10, power_iteration_normalizer: str = "auto",
                 random_state: Any = None, tol: float = 0.0, energy: float | None = None,
                 tolerance: float | None = None, threads: int | None = None) -> None:
        self.n_components = n_components
        self.algorithm = algorithm
        self.n_iter = n_iter
        self.n_oversamples = n_oversamples
        self.power_iteration_normalizer = power_iteration_normalizer
        self.random_state = random_state
        self.tol = tol
        self.energy = energy
        self.tolerance = tolerance
        self.threads = threads

    def _fit(self, X: Any) -> tuple[Any, np.ndarray, np.ndarray]:
        if self.algorithm not in ("randomized", "arpack"):
            raise InvalidArgument("algorithm must be 'randomized' or 'arpack', got "
                                  f"{self.algorithm!r}")
        if self.power_iteration_normalizer not in ("auto", "QR", "LU", "none"):
            raise InvalidArgument("power_iteration_normalizer must be 'auto', 'QR', 'LU' or 'none', "
                                  f"got {self.power_iteration_normalizer!r}")
        whole("n_iter", self.n_iter, 0)
        whole("n_oversamples", self.n_oversamples, 1)
        X = self._data(X, reset=True, ensure_min_features=2)
        open_rank = self.energy is not None or self.tolerance is not None
        k = None if open_rank else component_count(self.n_components, 1, X.shape[1], "n_features")
        result, total = leading_and_variance(X, k=k, energy=self.energy, tolerance=self.tolerance,
                                             tol=self.tol, random_state=self.random_state,
                                             threads=self.threads)
        self.components_ = result.Vt
        self.singular_values_ = result.s
        self.n_components_ = len(result.s)
        self.report_ = result.report
        scores = np.multiply(result.U, result.s, out=result.U)
        variance = column_variances(scores)[1]
        ratio = variance / total if total > 0 else np.zeros(len(result.s))
        self.explained_variance_ = variance.astype(result.s.dtype)
        self.explained_variance_ratio_ = ratio.astype(result.s.dtype)
        return X, scores, result.s

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Returns U diag(s): the coordinates of the rows of X."""
        return self._fit(X)[1]

    def transform(self, X: Any) -> np.ndarray:
        """Returns the coordinates of the rows of X."""
        self._require_fit()
        return product(self._data(X), self.components_.T)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Returns rows with the given coordinates."""
        self._require_fit()
        return self._coordinates(X) @ self.components_
