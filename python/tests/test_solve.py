"""Rank, condition, pseudoinverse, null space and least squares against NumPy and the command line."""
import eckart
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from conftest import low_rank

TYPES = [np.float32, np.float64, np.complex64, np.complex128]


def test_the_rank_is_cut_where_the_tolerance_says(rng):
    A = low_rank(rng, 30, 20, [1, 1e-3, 1e-6, 1e-14])
    assert eckart.matrix_rank(A) == 4 == np.linalg.matrix_rank(A)
    assert eckart.matrix_rank(A, rtol=1e-4) == 2
    assert eckart.matrix_rank(A, atol=1e-5) == 2
    assert eckart.matrix_rank(A, rtol=1e-7, atol=1e-2) == 1
    assert eckart.matrix_rank(np.zeros((3, 3))) == 0 == eckart.matrix_rank(np.empty((0, 4)))
    assert eckart.matrix_rank(scipy.sparse.csr_array(np.eye(5))) == 5
    assert eckart.matrix_rank(np.stack([np.eye(3), np.ones((3, 3))])).tolist() == [3, 1]
    for wrong in ({"rtol": -1}, {"rtol": 1.0}, {"atol": -1e-9}, {"atol": float("nan")}):
        with pytest.raises(eckart.InvalidArgument, match="tol"):
            eckart.matrix_rank(A, **wrong)


def test_the_condition_number_is_that_of_the_spectrum(rng):
    A = low_rank(rng, 30, 4, [1, 0.5, 0.25, 1e-6])
    assert abs(eckart.cond(A) * 1e-6 - 1) <= 1e-6
    assert eckart.cond(np.zeros((2, 2))) == np.inf == eckart.cond(np.diag([1.0, 0.0]))
    assert eckart.cond(np.stack([np.eye(2), np.diag([4.0, 1])])).tolist() == [1, 4]
    with pytest.raises(eckart.InvalidArgument, match="empty"):
        eckart.cond(np.empty((0, 3)))


@pytest.mark.parametrize("dtype", TYPES)
def test_the_pseudoinverse_has_the_four_properties(rng, dtype):
    A = low_rank(rng, 30, 20, [2, 1, 0.5], dtype)
    P, rank = eckart.pinv(A, rtol=1e-3, return_rank=True)
    eps = 200 * np.finfo(dtype).eps
    assert rank == 3 and P.shape == (20, 30) and P.dtype == dtype
    for left, right in [(A @ P @ A, A), (P @ A @ P, P), ((A @ P).conj().T, A @ P),
                        ((P @ A).conj().T, P @ A)]:
        assert np.abs(left - right).max() <= eps
    assert (eckart.pinv(A, rtol=1e-3) == P).all()
    assert eckart.pinv(A, atol=0.7, return_rank=True)[1] == 2


def test_the_pseudoinverse_is_that_of_the_command_line(rng, cli, tmp_path):
    A = rng.standard_normal((40, 25))
    np.save(tmp_path / "A.npy", A)
    cli("pinv", tmp_path / "A.npy", "-o", tmp_path / "P.npy")
    assert (np.load(tmp_path / "P.npy") == eckart.pinv(A)).all()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("wrap", [np.asarray, scipy.sparse.csr_array])
def test_the_null_space_is_annihilated_and_complete(rng, dtype, wrap):
    A = low_rank(rng, 30, 20, [2, 1, 0.5], dtype)
    N = eckart.null_space(wrap(A), rcond=1e-4)
    eps = 200 * np.finfo(dtype).eps
    assert N.shape == (20, 17) and N.dtype == dtype
    assert np.abs(A @ N).max() <= eps and np.abs(N.conj().T @ N - np.eye(17)).max() <= eps
    assert eckart.null_space(np.eye(3)).shape == (3, 0)
    same = scipy.linalg.null_space(A, rcond=1e-4)
    assert np.abs(N @ N.conj().T - same @ same.conj().T).max() <= eps


@pytest.mark.parametrize("dtype", TYPES)
def test_least_squares_agrees_with_numpy(rng, dtype):
    A = low_rank(rng, 50, 6, [4, 3, 2, 1, 0.5, 0.25], dtype)
    b = rng.standard_normal((50, 3)).astype(A.real.dtype)
    eps = 100 * np.finfo(dtype).eps
    for right in (b, b[:, 0]):
        x, residuals, rank, s, report = eckart.lstsq(A, right)
        theirs = np.linalg.lstsq(A, right.astype(dtype), rcond=None)
        assert x.shape == theirs[0].shape and x.dtype == dtype
        assert np.abs(x - theirs[0]).max() <= eps * 10
        assert np.abs(residuals - theirs[1]).max() <= eps * 10
        assert rank == theirs[2] == 6 and np.abs(s - theirs[3]).max() <= eps * 4
        assert report.refined and abs(report.condition_number - 16) <= 16 * eps
        assert report.residual_vectors.shape == right.shape
        assert report.standard_errors.shape == x.shape
        assert np.abs(report.residual_vectors - (right - A @ x)).max() <= eps


def test_least_squares_has_options_that_matter(rng):
    A, b = rng.standard_normal((30, 4)), rng.standard_normal(30)
    ridge = eckart.lstsq(A, b, ridge=2.0).x
    assert np.abs(ridge - np.linalg.solve(A.T @ A + 2 * np.eye(4), A.T @ b)).max() <= 1e-13
    w = rng.random(30)
    weighted = eckart.lstsq(A, b, weights=w).x
    root = np.sqrt(w)
    assert np.abs(weighted - np.linalg.lstsq(A * root[:, None], b * root, rcond=None)[0]).max() <= 1e-13
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    two = Vt[:2].T @ ((U[:, :2].T @ b) / s[:2])
    assert np.abs(eckart.lstsq(A, b, truncate=2).x - two).max() <= 1e-13
    assert eckart.lstsq(A, b, rcond=0.999).rank == 1
    assert eckart.lstsq(A, b, ridge="gcv").report.ridge > 0
    assert eckart.lstsq(A, b, ridge="l-curve").report.ridge > 0
    assert not eckart.lstsq(A, b, refine=False).report.refined
    assert (eckart.lstsq(scipy.sparse.csr_array(A), b).x == eckart.lstsq(A, b).x).all()


def test_an_underdetermined_solution_has_least_norm(rng):
    A, b = rng.standard_normal((4, 9)), rng.standard_normal(4)
    x, residuals, rank, *_ = eckart.lstsq(A, b)
    assert np.abs(x - np.linalg.pinv(A) @ b).max() <= 1e-13 and residuals.size == 0 and rank == 4


def test_refinement_finds_digits_that_numpy_loses():
    # Hilbert's matrix scaled to whole numbers, and a solution of ones: exact in doubles.
    n, common = 7, 360360  # divisible by 1 to 15
    A = np.array([[common / (i + j + 1) for j in range(n)] for i in range(n + 1)])
    b = A.sum(axis=1)
    ours = np.abs(eckart.lstsq(A, b).x - 1).max()
    theirs = np.abs(np.linalg.lstsq(A, b, rcond=None)[0] - 1).max()
    assert ours <= 1e-14 < theirs


@pytest.mark.parametrize("arguments, error, message", [
    ((np.eye(3), np.ones(4)), eckart.InvalidArgument, r"b has the shape \(4,\)"),
    ((np.ones(3), np.ones(3)), eckart.InvalidArgument, "expected a matrix A"),
    ((np.eye(3), ["a", "b", "c"]), TypeError, "<U1"),
    ((np.diag([1, np.nan, 1]), np.ones(3)), eckart.NonFiniteInput, "row 2, column 2"),
])
def test_a_mistaken_system_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        eckart.lstsq(*arguments)


@pytest.mark.parametrize("options, error", [
    ({"ridge": -1.0}, eckart.InvalidArgument), ({"ridge": "best"}, eckart.InvalidArgument),
    ({"ridge": 1.0, "truncate": 2}, eckart.InvalidArgument), ({"truncate": 1.5}, TypeError),
    ({"weights": [1.0, 2.0]}, eckart.InvalidArgument), ({"rcond": 2.0}, eckart.InvalidArgument)])
def test_a_mistaken_option_of_lstsq_is_refused(options, error):
    with pytest.raises(error):
        eckart.lstsq(np.eye(3), np.ones(3), **options)
