"""The signatures of SciPy and scikit-learn, and their results up to signs."""
import inspect

import eckart
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
import sklearn.utils.extmath
from conftest import low_rank


def parameters(function):
    return {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}


def test_the_signatures_are_theirs():
    ours, theirs = parameters(eckart.svds), parameters(scipy.sparse.linalg.svds)
    assert list(theirs) == list(ours)[:len(theirs)]
    assert {name: ours[name] for name in theirs} == theirs
    ours = parameters(eckart.randomized_svd)
    theirs = parameters(sklearn.utils.extmath.randomized_svd)
    assert list(theirs) == list(ours)
    theirs["random_state"] = ours["random_state"]  # "warn" in some versions
    assert ours == theirs


@pytest.fixture
def matrix(rng):
    return low_rank(rng, 80, 50, 0.7 ** np.arange(30))


@pytest.mark.parametrize("wrap", [np.asarray, scipy.sparse.csr_array, scipy.sparse.linalg.aslinearoperator])
def test_svds_is_that_of_scipy(matrix, wrap):
    u, s, vt = eckart.svds(wrap(matrix), 5)
    U, S, VT = scipy.sparse.linalg.svds(wrap(matrix), 5, random_state=0)
    assert np.abs(s - S).max() <= 1e-9 and u.shape == U.shape and vt.shape == VT.shape
    assert np.abs(np.abs(np.sum(u * U, axis=0)) - 1).max() <= 1e-9
    assert np.abs(np.abs(np.sum(vt * VT, axis=1)) - 1).max() <= 1e-9


def test_svds_returns_what_is_asked_for(matrix):
    u, s, vt = eckart.svds(matrix, 4)
    assert (eckart.svds(matrix, 4, return_singular_vectors=False) - s).max() <= 1e-13
    left, s_left, nothing = eckart.svds(matrix, 4, return_singular_vectors="u")
    assert nothing is None and (left == u).all()
    nothing, s_right, right = eckart.svds(matrix, 4, return_singular_vectors="vh")
    assert nothing is None and (right == vt).all()
    A = matrix + np.eye(80, 50)
    smallest = eckart.svds(A, 3, which="SM")[1]
    assert np.abs(smallest - np.linalg.svd(A, compute_uv=False)[:-4:-1]).max() <= 1e-9
    assert eckart.svds(A, 50)[1].shape == (50,)  # all of them, which ARPACK refuses


@pytest.mark.parametrize("options, message", [
    ({"k": 0}, "k must be from 1"), ({"k": 51}, "k must be from 1"), ({"which": "XX"}, "which"),
    ({"v0": np.ones(7)}, r"v0 has the shape \(7,\); expected \(50,\)"), ({"solver": "magma"}, "solver"),
    ({"return_singular_vectors": "v"}, "return_singular_vectors"), ({"maxiter": 0}, "maxiter"),
    ({"tol": -1}, "tol"), ({"ncv": 0}, "ncv"), ({"rng": -3}, "random_state")])
def test_mistakes_of_svds_are_named(matrix, options, message):
    with pytest.raises(eckart.InvalidArgument, match=message):
        eckart.svds(matrix, **options)


def test_randomized_svd_is_that_of_scikit_learn(matrix):
    for A in (matrix, matrix.T, scipy.sparse.csr_array(matrix)):
        U, s, Vt = eckart.randomized_svd(A, 5, random_state=0)
        V, S, Wt = sklearn.utils.extmath.randomized_svd(A, 5, n_iter=30, random_state=0)
        assert np.abs(s - S).max() <= 1e-9
        assert np.abs(np.abs(np.sum(U * V, axis=0)) - 1).max() <= 1e-9
        assert np.abs(np.abs(np.sum(Vt * Wt, axis=1)) - 1).max() <= 1e-9


def test_iterations_oversampling_and_seed_matter(rng):
    A = rng.standard_normal((300, 200))
    exact = np.linalg.svd(A, compute_uv=False)[0]

    def error(**options):
        return abs(eckart.randomized_svd(A, 3, **{"random_state": 0} | options)[1][0] - exact)

    assert error() <= 1e-9 < error(n_iter=4) < error(n_iter=0)
    assert error(n_iter=0, n_oversamples=100) < error(n_iter=0, n_oversamples=0)
    assert error(n_iter=1) != error(n_iter=1, random_state=1)
    assert error(n_iter=1, random_state=np.random.RandomState(3)) == error(
        n_iter=1, random_state=np.random.RandomState(3))
    assert error(n_iter=1, random_state=np.random.default_rng(3)) != error(n_iter=1)


@pytest.mark.parametrize("options, error", [
    ({"n_components": 0}, eckart.InvalidArgument), ({"n_iter": -1}, eckart.InvalidArgument),
    ({"n_oversamples": -1}, eckart.InvalidArgument), ({"n_iter": "many"}, TypeError),
    ({"power_iteration_normalizer": "SVD"}, eckart.InvalidArgument), ({"flip_sign": 3}, TypeError),
    ({"transpose": 2}, eckart.InvalidArgument), ({"svd_lapack_driver": "x"}, eckart.InvalidArgument)])
def test_mistakes_of_randomized_svd_are_named(matrix, options, error):
    with pytest.raises(error):
        eckart.randomized_svd(matrix, **{"n_components": 3} | options)
