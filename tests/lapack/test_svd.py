"""xGESDD and xGESVD through their symbols: every job, shape, leading dimension and workspace."""
import ctypes
import itertools

import numpy
import pytest

from conftest import TYPES, Guarded, Lapack, eps

SHAPES = [(1, 1), (1, 5), (5, 1), (2, 2), (7, 4), (4, 7), (9, 3), (3, 9), (24, 24), (33, 20),
          (60, 23), (23, 60)]


def random_matrix(scalar, rows, cols, seed=0):
    draw = numpy.random.default_rng(seed + 1000 * rows + cols).standard_normal
    A = draw((rows, cols))
    return (A + 1j * draw((rows, cols)) if scalar in "cz" else A).astype(TYPES[scalar])


def decompose(lapack, scalar, jobs, A, padding=0, lwork=None, routine=None):
    """Returns INFO, A as left behind, s, U, VT (None where the job asks for none)."""
    routine = routine or ("gesdd" if len(jobs) == 1 else "gesvd")
    m, n = A.shape
    k = min(m, n)
    left, right = (jobs.upper() * 2)[:2]
    if routine == "gesdd" and left == "O":
        left, right = ("o", "A") if m >= n else ("A", "o")
    sizes = {"A": (m, n), "S": (k, k)}
    u_columns = sizes[left][0] if left in sizes else 0
    vt_rows = sizes[right][1] if right in sizes else 0
    dtype = TYPES[scalar]
    real = numpy.zeros(0, dtype).real.dtype
    a = Guarded(dtype, m, n, max(1, m) + padding, A)
    s = Guarded(real, k, 1, max(1, k))
    u = Guarded(dtype, m if u_columns else 0, u_columns, max(1, m) + padding)
    vt = Guarded(dtype, vt_rows, n if vt_rows else 0, max(1, vt_rows) + padding)
    size = lwork or 5 * m * n + 9 * k + max(m, n, 1)
    work = Guarded(dtype, size, 1, size)
    arguments = [*jobs, m, n, a, a.ld, s, u, u.ld, vt, vt.ld, work, size]
    if scalar in "cz":
        arguments.append(Guarded(real, 1, 1, 1))  # RWORK and IWORK are never touched
    if routine == "gesdd":
        arguments.append(Guarded(numpy.int64, 1, 1, 1))
    info = lapack.call(scalar + routine, *arguments)
    for array in (a, u, vt):
        assert array.padding_is_untouched()
    U = u.value() if u_columns else None
    VT = vt.value() if vt_rows else None
    if left in "Oo":
        U = a.value()[:, :k]
    if right in "Oo":
        VT = a.value()[:k]
    return info, a.value(), s.value()[:, 0], U, VT


def check(A, s, U, VT, scalar):
    m, n = A.shape
    k = min(m, n)
    exact = numpy.clongdouble if scalar in "cz" else numpy.longdouble
    unit = max(m, n) * eps(scalar)
    assert numpy.isfinite(s).all() and (s >= 0).all() and not numpy.signbit(s).any()
    assert (numpy.diff(s) <= 0).all()
    for X in (U, VT if VT is None else VT.conj().T):
        if X is not None:
            X = X.astype(exact)
            assert numpy.abs(X.conj().T @ X - numpy.eye(X.shape[1])).max() <= 5 * unit
    if U is not None and VT is not None:
        product = (U[:, :k].astype(exact) * s) @ VT[:k].astype(exact)
        norm = max(float(numpy.abs(A).astype(float).max()), 1e-300)
        assert float(numpy.abs(A.astype(exact) - product).max()) <= 5 * unit * norm


@pytest.mark.parametrize("scalar", "sdcz")
@pytest.mark.parametrize("jobs", ["N", "S", "A", "O", "a", "s"] + [
    x + y for x, y in itertools.product("ASON", repeat=2) if x + y != "OO"] + ["as"])
def test_every_job_is_right_and_agrees_with_every_other(lapack, scalar, jobs):
    for m, n in SHAPES:
        A = random_matrix(scalar, m, n)
        for padding, lwork in ((0, None), (3, 1)):
            info, left_behind, s, U, VT = decompose(lapack, scalar, jobs, A, padding, lwork)
            assert info == 0
            check(A, s, U, VT, scalar)
        _, _, reference_s, reference_u, reference_vt = decompose(lapack, scalar, "A", A)
        if jobs.upper() in ("N", "NN"):
            assert numpy.abs(s - reference_s).max() <= 5 * min(m, n) * eps(scalar) * s[0]
        else:
            assert (s == reference_s).all()
        # The same bits.
        assert U is None or (U == reference_u[:, :U.shape[1]]).all(), (m, n)
        assert VT is None or (VT == reference_vt[:VT.shape[0]]).all(), (m, n)


@pytest.mark.parametrize("scalar", "sdcz")
def test_zero_identity_and_constant_matrices_agree_across_jobs(lapack, scalar):
    for m, n in ((6, 4), (4, 6), (5, 5), (30, 10), (16, 10), (10, 30)):
        for A in (numpy.zeros((m, n)), numpy.eye(m, n), numpy.ones((m, n))):
            A = A.astype(TYPES[scalar])
            _, _, s, U, VT = decompose(lapack, scalar, "A", A)
            check(A, s, U, VT, scalar)
            for jobs in ("S", "O", "SS", "AS"):
                _, _, _, U2, VT2 = decompose(lapack, scalar, jobs, A)
                assert (U2 == U[:, :U2.shape[1]]).all() and (VT2 == VT[:VT2.shape[0]]).all()


@pytest.mark.parametrize("scalar", "sdcz")
def test_entries_from_subnormal_to_near_overflow_are_served(lapack, scalar):
    limits = numpy.finfo(TYPES[scalar])
    A = random_matrix(scalar, 8, 6)
    for scale in (limits.tiny, float(limits.max) / 64, float(limits.tiny) ** 0.5):
        B = (A * numpy.array(scale).astype(TYPES[scalar])).astype(TYPES[scalar])
        _, _, s, U, VT = decompose(lapack, scalar, "S", B)
        down = numpy.ldexp(1.0, -int(numpy.frexp(numpy.abs(B).max().astype(numpy.longdouble))[1]))
        wide = numpy.longdouble
        product = (U.astype(numpy.clongdouble) * (s.astype(wide) * down)) @ VT
        unit = 8 * eps(scalar)
        rounding = 8 * float(limits.smallest_subnormal) * float(down)
        assert numpy.abs(B.astype(numpy.clongdouble) * down - product).max() <= 5 * unit + rounding


@pytest.mark.parametrize("scalar", "sdcz")
def test_empty_matrices_touch_nothing(lapack, scalar):
    for m, n in ((0, 0), (0, 3), (3, 0)):
        for jobs in ("N", "S", "O", "NN", "SS"):
            assert decompose(lapack, scalar, jobs, numpy.zeros((m, n), TYPES[scalar]))[0] == 0


@pytest.mark.parametrize("scalar", "sdcz")
@pytest.mark.parametrize("jobs,code", [("A", -4), ("S", -4), ("N", -4), ("O", -4), ("AA", -5),
                                       ("NN", -5), ("SO", -5)])
def test_not_finite_entries_return_at_once_with_the_documented_info(lapack, scalar, jobs, code):
    for bad in (numpy.inf, -numpy.inf, numpy.nan):
        for place in ((0, 0), (1, 1), (2, 2), (0, 2)):
            A = numpy.ones((3, 3), TYPES[scalar])
            A[place] = bad
            info, _, s, U, VT = decompose(lapack, scalar, jobs, A)
            assert info == code
            for array in (s, U, VT):
                assert array is None or numpy.isnan(array).all()


def test_values_beyond_the_range_are_said_to_have_failed(lapack):
    info, _, s, _, _ = decompose(lapack, "d", "S", numpy.full((4, 4), 1.7e308))
    assert info == 1 and numpy.isnan(s).all()


@pytest.mark.parametrize("scalar", "sdcz")
def test_a_query_answers_at_any_size_and_touches_nothing_but_work(lapack, scalar):
    most = 2**31 - 1 if lapack.integer is ctypes.c_int32 else 2**62
    for m, n in ((0, 0), (1, 1), (9537, 9537), (23170, 23170), (26754, 26754), (60000, 60000),
                 (3000000, 800), (2**31 - 1, 2**31 - 1)):
        for routine, jobs in (("gesdd", "NSAO"), ("gesvd", ["NN", "AA", "SO"])):
            for job in jobs:
                work = Guarded(TYPES[scalar], 1, 1, 1)
                arguments = [*job, m, n, None, max(1, m), None, None, max(1, m), None, max(1, n),
                             work, -1] + [None] * (scalar in "cz") + [None] * (routine == "gesdd")
                assert lapack.call(scalar + routine, *arguments) == 0
                answer = work.value()[0, 0].real
                assert 1 <= int(answer) <= most and int(answer) == answer
                assert int(answer) >= min(12 * min(m, n) + max(m, n), 2**30 - 1)


WRONG = [  # routine, arguments of a right call with one wrong, which one
    ("gesdd", dict(jobs="/"), 1), ("gesdd", dict(m=-1), 2), ("gesdd", dict(n=-1), 3),
    ("gesdd", dict(lda=1), 5), ("gesdd", dict(ldu=1), 8), ("gesdd", dict(ldvt=1), 10),
    ("gesdd", dict(lwork=0), 12), ("gesvd", dict(jobs="/N"), 1), ("gesvd", dict(jobs="N/"), 2),
    ("gesvd", dict(jobs="OO"), 2), ("gesvd", dict(m=-1), 3), ("gesvd", dict(n=-1), 4),
    ("gesvd", dict(lda=1), 6), ("gesvd", dict(ldu=1), 9), ("gesvd", dict(ldvt=1), 11),
    ("gesvd", dict(lwork=-2), 13)]


@pytest.mark.parametrize("routine,wrong,position", WRONG)
def test_a_wrong_argument_is_named_and_nothing_is_touched(lapack, capfd, routine, wrong, position):
    given = {"jobs": "A" if routine == "gesdd" else "AA", "m": 2, "n": 2, "lda": 2, "ldu": 2,
             "ldvt": 2, "lwork": 99, **wrong}
    arrays = [Guarded(numpy.float64, 4, 1, 4) for _ in range(5)]
    a, s, u, vt, work = arrays
    tail = [None] if routine == "gesdd" else []
    info = lapack.call("d" + routine, *given["jobs"], given["m"], given["n"], a, given["lda"], s, u,
                       given["ldu"], vt, given["ldvt"], work, given["lwork"], *tail)
    assert info == -position
    assert all(array.untouched() for array in arrays)
    assert f"D{routine.upper()}, parameter number {position} " in capfd.readouterr().err


@pytest.mark.parametrize("bits,name", [(32, "{}_"), (32, "scipy_{}_"), (64, "{}_64_")])
def test_the_names_of_debian_and_of_the_wheels_all_work(bits, name):
    lapack = Lapack(bits, name)
    A = random_matrix("d", 7, 5)
    info, _, s, U, VT = decompose(lapack, "d", "S", A)
    assert info == 0
    check(A, s, U, VT, "d")


@pytest.mark.parametrize("name", ["{}_64_", "scipy_{}_64_"])
def test_one_library_serves_both_widths_of_integers(name):
    lapack = Lapack(32, name)
    lapack.integer = ctypes.c_int64
    A = random_matrix("d", 7, 5)
    info, _, s, U, VT = decompose(lapack, "d", "S", A)
    assert info == 0
    check(A, s, U, VT, "d")
