"""Functions with the signatures of SciPy and scikit-learn: change the import, keep the call."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._errors import InvalidArgument
from ._functions import _THIN, _NONE, _request, decompose
from ._inputs import shape_of
from ._run import real, whole


def seed_of(random_state: Any) -> int:
    """Returns a seed from what scikit-learn and SciPy take: None, a number, a generator."""
    if random_state is None:
        return 0
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    return whole("random_state", random_state, 0)


def svds(A: Any,
         k: int = 6,
         ncv: int | None = None,
         tol: float = 0,
         which: str = "LM",
         v0: Any = None,
         maxiter: int | None = None,
         return_singular_vectors: bool | str = True,
         solver: str = "arpack",
         rng: Any = None,
         options: dict[str, Any] | None = None,
         *,
         random_state: Any = None) -> Any:
    """Returns k triplets as scipy.sparse.linalg.svds does: values in rising order.

    which: "LM" the largest, "SM" the smallest. tol: the accuracy, relative to the largest value; 0:
    1e-10 in double precision. ncv, v0, maxiter, solver and options steer SciPy's methods; here they
    are checked and change nothing, because every result is as accurate as asked. rng or random_state
    gives the seed.

    >>> import numpy as np, eckart
    >>> u, s, vt = eckart.svds(np.diag([3.0, 1.0, 2.0]), k=2)
    >>> s.round(12).tolist()
    [2.0, 3.0]
    """
    shape = shape_of(A)
    smaller = min(shape)
    k = whole("k", k)
    if not 1 <= k <= smaller:
        raise InvalidArgument(f"k must be from 1 to min(m, n) = {smaller}, got {k}")
    if which not in ("LM", "SM"):
        raise InvalidArgument(f"which must be 'LM' or 'SM', got {which!r}")
    if solver not in ("arpack", "lobpcg", "propack"):
        raise InvalidArgument(f"solver must be 'arpack', 'lobpcg' or 'propack', got {solver!r}")
    if return_singular_vectors not in (True, False, "u", "vh"):
        raise InvalidArgument("return_singular_vectors must be True, False, 'u' or 'vh', got "
                              f"{return_singular_vectors!r}")
    if v0 is not None and np.shape(v0) not in ((smaller,), (shape[0],), (shape[1],)):
        raise InvalidArgument(f"v0 has the shape {np.shape(v0)}; expected ({smaller},)")
    for name, value in (("ncv", ncv), ("maxiter", maxiter)):
        if value is not None:
            whole(name, value, 1)
    if real("tol", tol) < 0:
        raise InvalidArgument(f"tol must be at least 0, got {tol}")
    request = _request(k, None, None, _NONE if return_singular_vectors is False else _THIN, False,
                       False, False, which == "SM", "auto", tol or None,
                       seed_of(random_state if rng is None else rng))
    U, s, Vt = decompose(A, request)
    if return_singular_vectors is False:
        return s[::-1]
    return (None if return_singular_vectors == "vh" else U[:, ::-1], s[::-1],
            None if return_singular_vectors == "u" else Vt[::-1])


def randomized_svd(M: Any,
                   n_components: int,
                   *,
                   n_oversamples: int = 10,
                   n_iter: int | str = "auto",
                   power_iteration_normalizer: str = "auto",
                   transpose: bool | str = "auto",
                   flip_sign: bool = True,
                   random_state: Any = None,
                   svd_lapack_driver: str = "gesdd") -> tuple[Any, Any, Any]:
    """Returns (U, s, Vt) as sklearn.utils.extmath.randomized_svd does.

    n_iter: power iterations at most; "auto": as many as the accuracy needs.
    power_iteration_normalizer, transpose and svd_lapack_driver are checked and change nothing;
    flip_sign: signs always follow the rule of svd.

    >>> import numpy as np, eckart
    >>> U, s, Vt = eckart.randomized_svd(np.diag([3.0, 1.0, 2.0]), 2)
    >>> s.round(12).tolist()
    [3.0, 2.0]
    """
    if power_iteration_normalizer not in ("auto", "QR", "LU", "none"):
        raise InvalidArgument("power_iteration_normalizer must be 'auto', 'QR', 'LU' or 'none', got "
                              f"{power_iteration_normalizer!r}")
    if transpose not in (True, False, "auto"):
        raise InvalidArgument(f"transpose must be True, False or 'auto', got {transpose!r}")
    if svd_lapack_driver not in ("gesdd", "gesvd"):
        raise InvalidArgument(f"svd_lapack_driver must be 'gesdd' or 'gesvd', got "
                              f"{svd_lapack_driver!r}")
    if not isinstance(flip_sign, (bool, np.bool_)):
        raise TypeError(f"flip_sign must be True or False, got {flip_sign!r}")
    iterations = None if n_iter == "auto" else whole("n_iter", n_iter, 0)
    request = _request(whole("n_components", n_components, 1), None, None, _THIN, False, False,
                       False, False, "randomized", None, seed_of(random_state),
                       whole("n_oversamples", n_oversamples, 0), iterations)
    U, s, Vt = decompose(M, request)
    return U, s, Vt
