"""xGELSD through its symbol: the solution of least norm, the rank, and the residuals."""
import numpy
import pytest

from conftest import TYPES, Guarded, eps
from test_svd import random_matrix


def solve(lapack, scalar, A, B, rcond=-1.0):
    """Returns INFO, X, s, rank, and what stands below X in B."""
    m, n = A.shape
    k, rows = min(m, n), max(m, n)
    dtype = TYPES[scalar]
    real = numpy.zeros(0, dtype).real.dtype
    a = Guarded(dtype, m, n, max(1, m) + 2, A)
    padded = numpy.zeros((rows, B.shape[1]), dtype)
    padded[:m] = B
    b = Guarded(dtype, rows, B.shape[1], max(1, rows) + 1, padded)
    s = Guarded(real, k, 1, max(1, k))
    rank = Guarded({32: numpy.int32, 64: numpy.int64}[8 * lapack_bytes(lapack)], 1, 1, 1)
    work = [Guarded(dtype, max(1, 2 * k), 1, max(1, 2 * k)), max(1, 2 * k)]
    if scalar in "cz":
        work.append(Guarded(real, 1, 1, 1))
    iwork = Guarded(rank.dtype, 1, 1, 1)
    limit = Guarded(real, 1, 1, 1, numpy.array([[rcond]], real))
    info = lapack.call(scalar + "gelsd", m, n, B.shape[1], a, a.ld, b, b.ld, s, limit, rank, *work,
                       iwork)
    assert a.padding_is_untouched() and b.padding_is_untouched()
    return info, b.value()[:n], s.value()[:, 0], int(rank.flat[0]), b.value()[n:]


def lapack_bytes(lapack):
    import ctypes
    return ctypes.sizeof(lapack.integer)


@pytest.mark.parametrize("scalar", "sdcz")
@pytest.mark.parametrize("shape", [(6, 6), (12, 5), (5, 12), (40, 9), (9, 40), (1, 1)])
def test_solutions_satisfy_the_normal_equations_and_lie_in_the_row_space(lapack, scalar, shape):
    m, n = shape
    A, B = random_matrix(scalar, m, n), random_matrix(scalar, m, 3)
    info, X, s, rank, below = solve(lapack, scalar, A, B)
    assert info == 0 and rank == min(m, n)
    unit = 30 * max(m, n) * eps(scalar) * s[0] / s[-1]
    right = numpy.linalg.pinv(A.astype(numpy.complex128)) @ B
    assert numpy.abs(X - right).max() <= unit * numpy.abs(right).max()
    if m > n:  # LAPACK: the squares below the solution add up to those of the residual
        squares = (numpy.abs(below) ** 2).sum(0)
        expected = (numpy.abs(B - A @ right) ** 2).sum(0)
        assert numpy.abs(squares - expected).max() <= 100 * m * eps(scalar) * expected.max()


@pytest.mark.parametrize("scalar", "sdcz")
def test_values_below_rcond_count_as_zero(lapack, scalar):
    U, V = (numpy.linalg.qr(random_matrix(scalar, 8, 5, seed))[0] for seed in (1, 2))
    V = V[:5, :5] if V.shape[0] == 5 else numpy.linalg.qr(V[:5, :5])[0]
    sigma = numpy.array([4, 2, 1, 1e-3, 1e-4])
    A = ((U * sigma) @ V.conj().T).astype(TYPES[scalar])
    B = random_matrix(scalar, 8, 2)
    for rcond, expected in ((0.3, 2), (0.1, 3), (1e-2, 3), (2e-4, 4), (1e-5, 5), (-1.0, 5)):
        info, X, s, rank, _ = solve(lapack, scalar, A, B, rcond)
        assert info == 0 and rank == expected
        assert numpy.abs(s - sigma).max() <= 50 * eps(scalar) * 4
        right = (V[:, :rank] / sigma[:rank]) @ (U[:, :rank].conj().T @ B)
        assert numpy.abs(X - right).max() <= 1e3 * eps(scalar) * 4e4 * numpy.abs(right).max()


@pytest.mark.parametrize("scalar", "sdcz")
def test_a_zero_matrix_has_the_solution_zero_and_rank_zero(lapack, scalar):
    info, X, s, rank, _ = solve(lapack, scalar, numpy.zeros((5, 3), TYPES[scalar]),
                                random_matrix(scalar, 5, 2))
    assert info == 0 and rank == 0 and (X == 0).all() and (s == 0).all()


@pytest.mark.parametrize("scalar", "sdcz")
def test_far_scales_of_both_sides_do_no_harm(lapack, scalar):
    A, B = random_matrix(scalar, 7, 4), random_matrix(scalar, 7, 1)
    far = 1e300 if scalar in "dz" else 1e34
    _, right, _, _, _ = solve(lapack, scalar, A, B)
    for size in (far, 1 / far):
        info, X, _, rank, _ = solve(lapack, scalar, (A * size).astype(TYPES[scalar]),
                                    (B * size).astype(TYPES[scalar]))
        assert info == 0 and rank == 4
        assert numpy.abs(X - right).max() <= 1e3 * eps(scalar) * numpy.abs(right).max()


def test_not_finite_entries_are_told_by_the_number_of_the_argument(lapack):
    A, B = random_matrix("d", 4, 3), random_matrix("d", 4, 2)
    for bad in (numpy.nan, numpy.inf):
        wrong_a, wrong_b = A.copy(), B.copy()
        wrong_a[1, 1] = wrong_b[3, 1] = bad
        assert solve(lapack, "d", wrong_a, B)[0] == -4
        info, X, s, _, _ = solve(lapack, "d", A, wrong_b)
        assert info == -6 and numpy.isnan(X).all() and numpy.isnan(s).all()


def test_results_beyond_the_range_are_said_to_have_failed(lapack):
    huge = numpy.full((4, 3), 1.2e308) + numpy.diag([1e307, 2e307, 3e307, 0])[:, :3]
    for A, b in ((huge, numpy.ones((4, 1))), (numpy.eye(3) * 1e-200, numpy.full((3, 1), 1e200))):
        info, *_ = solve(lapack, "d", A, b, -1)
        assert info == 1
