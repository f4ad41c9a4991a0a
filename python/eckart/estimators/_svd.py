"""SVD and LowRankImage: the decomposition as an object."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._errors import InvalidArgument
from .._functions import _FULL, _THIN, _request, decompose
from .._inputs import as_array
from .._result import SVDResult
from .._run import whole
from .._solve import pinv
from ._base import Transformer, product


class SVD(Transformer):
    """The decomposition A = U diag(s) Vt as courses teach it; nothing is centred.

    full_matrices: square U_ and Vt_. Attributes: U_, singular_values_ (also s_), Vt_ (also
    components_, the leading rows that have a singular value), report_.

    >>> import numpy as np
    >>> from eckart import SVD
    >>> A = np.array([[3.0, 0.0], [4.0, 5.0]])
    >>> model = SVD(full_matrices=False).fit(A)
    >>> model.singular_values_.round(6).tolist(), round(model.condition_number(), 6)
    ([6.708204, 2.236068], 3.0)
    >>> model.low_rank_approximation(A, 1).round(12).tolist()
    [[1.5, 1.5], [4.5, 4.5]]
    """

    def __init__(self, full_matrices: bool = False, *, threads: int | None = None) -> None:
        self.full_matrices = full_matrices
        self.threads = threads

    def _decompose(self, A: Any) -> SVDResult:
        vectors = _FULL if self.full_matrices else _THIN
        request = _request(None, None, None, vectors, False, False, False, False, "auto", None, 0)
        return decompose(A, request, threads=self.threads)

    def _fit(self, X: Any) -> SVDResult:
        result = self._decompose(self._data(X, reset=True))
        self.U_, self.singular_values_, self.Vt_ = result
        self.s_ = self.singular_values_
        self.components_ = self.Vt_[:len(self.s_)]
        self.report_ = result.report
        return result

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Returns U diag(s): the coordinates of the rows of X."""
        result = self._fit(X)
        Z: np.ndarray = result.U[:, :len(result.s)] * result.s
        return Z

    def transform(self, X: Any) -> np.ndarray:
        """Returns X V: the coordinates of the rows of X."""
        self._require_fit()
        return product(self._data(X), self.components_.T)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Returns rows with the given coordinates."""
        self._require_fit()
        return self._coordinates(X) @ self.components_

    def low_rank_approximation(self, A: Any, k: int) -> np.ndarray:
        """Returns the best approximation of A with rank k."""
        request = _request(whole("k", k, 0), None, None, _THIN, False, False, False, False, "auto",
                           None, 0)
        U, s, Vt = decompose(A, request, threads=self.threads)
        product_of: np.ndarray = (U * s) @ Vt
        return product_of

    def explained_variance_ratio(self) -> np.ndarray:
        """Returns s[i]^2 over the sum of all: with centred columns the shares of variance."""
        self._require_fit()
        largest = self.s_[0] if len(self.s_) and self.s_[0] > 0 else 1
        squares = (self.s_ / largest).astype(np.float64) ** 2
        return squares / squares.sum() if squares.sum() > 0 else squares

    def condition_number(self) -> float:
        """Returns the largest over the smallest singular value, infinite of a singular matrix."""
        self._require_fit()
        if len(self.s_) == 0 or self.s_[-1] == 0:
            return float("inf")
        return float(np.float64(self.s_[0]) / np.float64(self.s_[-1]))

    def pseudoinverse(self, A: Any, rtol: float | None = None) -> np.ndarray:
        """Returns the pseudoinverse of A; values up to rtol s[0] count as zeros."""
        inverse: np.ndarray = pinv(A, rtol=rtol, threads=self.threads)
        return inverse


class LowRankImage(Transformer):
    """An image by few singular triplets of each channel.

    An image is an array (rows, columns), or (rows, columns, channels) of whole numbers or floats.
    Say how much to keep by one of n_components (the rank of each channel), energy (the share of the
    sum of squares; 0.99 unless anything is said) or tolerance (the share of the Frobenius norm that
    may be left).

    Attributes: factors_ (one (U, s, Vt) for each channel), ranks_, report_ (of the first channel);
    psnr_ in decibels against the peak (255 for bytes, the largest modulus for others),
    numbers_ratio_ (entries of the image over numbers of the factors), shape_; components_ (the rows
    of Vt of all channels).

    >>> import numpy as np
    >>> from eckart import LowRankImage
    >>> image = np.add.outer(np.arange(64), np.arange(48)).astype(np.uint8)
    >>> model = LowRankImage(n_components=2).fit(image)
    >>> bool((model.reconstruct() == image).all()), model.ranks_, round(model.numbers_ratio_, 1)
    (True, [2], 13.6)
    """

    def __init__(self, n_components: int | None = None, *, energy: float | None = None,
                 tolerance: float | None = None, threads: int | None = None) -> None:
        self.n_components = n_components
        self.energy = energy
        self.tolerance = tolerance
        self.threads = threads

    def _image(self, X: Any, reset: bool) -> np.ndarray:
        """Returns the image as an array of three dimensions."""
        if not hasattr(X, "shape") or len(X.shape) != 3:
            X = self._data(X, reset=reset)
            X = X.toarray() if hasattr(X, "toarray") else X
        image = as_array(X)
        if image.ndim == 2:
            return image[:, :, None]
        if reset:
            self.n_features_in_ = image.shape[1]
        elif image.shape[1] != self.n_features_in_ or image.shape[2] != len(self.factors_):
            raise InvalidArgument(f"the image has {image.shape[1]} columns and {image.shape[2]} "
                                  f"channels; expected {self.n_features_in_} and "
                                  f"{len(self.factors_)} as in fit")
        return image

    def _fit(self, X: Any) -> None:
        energy = self.energy
        if self.n_components is None and energy is None and self.tolerance is None:
            energy = 0.99
        k = None if self.n_components is None else whole("n_components", self.n_components, 1)
        request = _request(k, energy, self.tolerance, _THIN, False, False, False, False, "auto",
                           None, 0)
        given = getattr(X, "dtype", None)
        image = self._image(X, reset=True)
        results = [decompose(image[:, :, channel], request, threads=self.threads)
                   for channel in range(image.shape[2])]
        self.factors_ = [tuple(result) for result in results]
        self.ranks_ = [len(result.s) for result in results]
        self.components_ = np.vstack([result.Vt for result in results])
        self.report_ = results[0].report
        self.shape_ = tuple(X.shape) if hasattr(X, "shape") else image.shape[:2]
        self.dtype_ = np.dtype(given) if isinstance(given, np.dtype) else image.dtype
        m, n, channels = image.shape
        numbers = sum(self.ranks_) * (m + n + 1)
        self.numbers_ratio_ = m * n * channels / numbers if numbers else float("inf")
        self.psnr_ = self._psnr(image)

    def _psnr(self, image: np.ndarray) -> float:
        whole_numbers = self.dtype_.kind in "iu"
        peak = (float(np.iinfo(self.dtype_).max) if whole_numbers
                else float(np.abs(image).max(initial=0)))
        error = self.reconstruct().reshape(image.shape).astype(np.float64) - image
        mean_square = float(np.mean(error**2)) if error.size else 0.0
        if mean_square == 0:
            return float("inf")
        return 10 * float(np.log10(peak**2 / mean_square))

    def reconstruct(self, rank: int | None = None) -> np.ndarray:
        """Returns the image from its factors, in its own type; whole numbers rounded and clamped."""
        self._require_fit()
        k = None if rank is None else whole("rank", rank, 0)
        planes = [(U[:, :k] * s[:k]) @ Vt[:k] for U, s, Vt in self.factors_]
        return self._as_image(np.stack(planes, axis=-1), self.shape_)

    def _as_image(self, image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if self.dtype_.kind in "iu":
            limits = np.iinfo(self.dtype_)
            image = np.clip(np.rint(image), limits.min, limits.max)
        return image.reshape(shape).astype(self.dtype_)

    def transform(self, X: Any) -> np.ndarray:
        """Returns the rows of an image as the components see them: coordinates, channel by channel.
        """
        self._require_fit()
        image = self._image(X, reset=False)
        return np.hstack([image[:, :, channel] @ Vt.T
                          for channel, (_, _, Vt) in enumerate(self.factors_)])

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Fits, and returns U diag(s) of every channel, side by side."""
        self._fit(X)
        return np.hstack([U * s for U, s, _ in self.factors_])

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Returns the image with the given coordinates, in the type of the image of fit."""
        self._require_fit()
        Z = self._coordinates(X)
        ends = np.cumsum([0, *self.ranks_])
        planes = [Z[:, first:last] @ Vt
                  for first, last, (_, _, Vt) in zip(ends, ends[1:], self.factors_)]
        return self._as_image(np.stack(planes, axis=-1), (len(Z), *self.shape_[1:]))


