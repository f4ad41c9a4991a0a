"""xGESVJ and xGEJSV through their symbols: every job, leading dimension and workspace."""
import ctypes
import itertools

import numpy
import pytest

from conftest import TYPES, Guarded, eps
from test_svd import SHAPES, random_matrix

TALL = [shape for shape in SHAPES if shape[0] >= shape[1]]


def real_of(scalar):
    return numpy.zeros(0, TYPES[scalar]).real.dtype


def spaces(scalar, rows):
    """WORK, LWORK and, for complex ones, RWORK and LRWORK, and where the statistics will be."""
    size = max(7, rows)
    work = Guarded(TYPES[scalar], size, 1, size)
    if scalar in "sd":
        return [work, size], work
    rwork = Guarded(real_of(scalar), size, 1, size)
    return [work, size, rwork, size], rwork


def gesvj(lapack, scalar, jobs, A, padding=0, onto=None):
    """jobs: JOBU and JOBV. Returns INFO, sigma with its scale, U (None for N), V (None for N)."""
    m, n = A.shape
    left, right = jobs.upper()
    a = Guarded(TYPES[scalar], m, n, max(1, m) + padding, A)
    sva = Guarded(real_of(scalar), n, 1, max(1, n))
    v_rows = {"V": n, "A": 0 if onto is None else len(onto), "N": 0}[right]
    v = Guarded(TYPES[scalar], v_rows, n if v_rows else 0, max(1, v_rows) + padding,
                onto if right == "A" else None)
    space, statistics = spaces(scalar, m + n)
    statistics.flat[0] = 10  # CTOL of JOBU C
    info = lapack.call(scalar + "gesvj", "G", *jobs, m, n, a, a.ld, sva, v_rows, v, v.ld, *space)
    assert a.padding_is_untouched() and v.padding_is_untouched()
    U = None if left == "N" else a.value()
    scale = statistics.flat[0].real if n > 0 and info == 0 else 1
    if left == "N" and info == 0:  # U diag(s)
        lengths = numpy.sqrt((numpy.abs(a.value().astype(numpy.clongdouble)) ** 2).sum(0))
        assert numpy.abs(lengths - sva.value()[:, 0]).max(initial=0) <= (
            8 * max(m, 1) * eps(scalar) * lengths.max(initial=0))
    return info, sva.value()[:, 0] * scale, U, v.value() if v_rows else None


def gejsv(lapack, scalar, jobs, A, padding=0, joba="F", licences="NNN"):
    """jobs: JOBU and JOBV. Returns INFO, sigma, U (None for N and W), V, and IWORK."""
    m, n = A.shape
    left, right = jobs.upper()
    a = Guarded(TYPES[scalar], m, n, max(1, m) + padding, A)
    sva = Guarded(real_of(scalar), n, 1, max(1, n))
    columns = {"U": n, "F": m}.get(left, 0)
    u = Guarded(TYPES[scalar], m if columns else 0, columns, max(1, m) + padding)
    v_rows = n if right in "VJ" else 0
    v = Guarded(TYPES[scalar], v_rows, v_rows, max(1, n) + padding)
    space, statistics = spaces(scalar, m + n)
    iwork = Guarded(lapack.integer, 4, 1, 4)
    info = lapack.call(scalar + "gejsv", joba, *jobs, *licences, m, n, a, a.ld, sva, u, u.ld, v,
                       v.ld, *space, iwork)
    for array in (a, u, v):
        assert array.padding_is_untouched()
    scale = statistics.flat[0].real / statistics.flat[1].real if n > 0 and info == 0 else 1
    return (info, sva.value()[:, 0] * scale, u.value() if columns else None,
            v.value() if v_rows else None, iwork.value()[:, 0])


def check(A, s, U, V, scalar):
    m, n = A.shape
    unit = max(m, n) * eps(scalar)
    wide = numpy.clongdouble
    exact = numpy.linalg.svd(A.astype(numpy.complex128), compute_uv=False)
    assert (s >= 0).all() and (numpy.diff(s) <= 0).all()
    assert numpy.abs(s - exact).max(initial=0) <= 5 * unit * exact.max(initial=0)
    for X in (U, V):
        if X is not None:
            X = X.astype(wide)
            assert numpy.abs(X.conj().T @ X - numpy.eye(X.shape[1])).max(initial=0) <= 5 * unit
    if U is not None and V is not None:
        product = (U[:, :n].astype(wide) * s) @ V.astype(wide).conj().T
        assert numpy.abs(A - product).max(initial=0) <= 5 * unit * numpy.abs(A).max(initial=0)


@pytest.mark.parametrize("scalar", "sdcz")
@pytest.mark.parametrize("jobs", [u + v for u, v in itertools.product("UCN", "VN")] + ["uv"])
def test_gesvj_is_right_and_every_job_agrees(lapack, scalar, jobs):
    for m, n in TALL:
        A = random_matrix(scalar, m, n)
        _, _, reference_u, reference_v = gesvj(lapack, scalar, "UV", A)
        for padding in (0, 3):
            info, s, U, V = gesvj(lapack, scalar, jobs, A, padding)
            assert info == 0
            check(A, s, U, V, scalar)
            assert U is None or (U == reference_u).all()
            assert V is None or (V == reference_v).all()


@pytest.mark.parametrize("scalar", "sdcz")
def test_gesvj_multiplies_what_it_is_given_by_v(lapack, scalar):
    A = random_matrix(scalar, 9, 4)
    given = random_matrix(scalar, 6, 4)
    _, _, U, V = gesvj(lapack, scalar, "UV", A)
    info, s, U2, product = gesvj(lapack, scalar, "UA", A, 2, given)
    assert info == 0 and (U == U2).all()
    assert numpy.abs(product - given @ V).max() <= 20 * eps(scalar) * numpy.abs(given).max()


@pytest.mark.parametrize("scalar", "sdcz")
@pytest.mark.parametrize("jobs", ["UV", "FV", "UJ", "FJ", "UN", "FN", "UW", "WV", "NV", "WW", "NN",
                                  "fv"])
def test_gejsv_is_right_and_every_job_agrees(lapack, scalar, jobs):
    for m, n in TALL:
        A = random_matrix(scalar, m, n)
        _, _, reference_u, reference_v, _ = gejsv(lapack, scalar, "UV", A)
        for padding, joba, licences in ((0, "F", "NNN"), (3, "G", "RTP"), (0, "C", "RNP")):
            info, s, U, V, integers = gejsv(lapack, scalar, jobs, A, padding, joba, licences)
            assert info == 0 and (integers[:3] == [n, n, 0]).all()
            check(A, s, U, V, scalar)
            assert U is None or (U[:, :n] == reference_u).all()
            assert V is None or (V == reference_v).all()


@pytest.mark.parametrize("scalar", "sdcz")
def test_small_singular_values_keep_their_digits(lapack, scalar):
    """Columns of very different lengths: relative to each value, not to the largest."""
    A = numpy.linalg.qr(random_matrix(scalar, 8, 4).astype(numpy.complex128))[0]
    A = A.real if scalar in "sd" else A
    scales = numpy.array([1e6, 1e-3, 1e-12, 1e-15])
    A = (A * scales).astype(TYPES[scalar])
    lengths = numpy.sqrt((numpy.abs(A.astype(numpy.clongdouble)) ** 2).sum(0))
    for s in (gesvj(lapack, scalar, "UV", A)[1], gejsv(lapack, scalar, "UV", A)[1]):
        assert numpy.abs(s / lengths - 1).max() <= 100 * eps(scalar)


@pytest.mark.parametrize("scalar", "sdcz")
def test_empty_matrices_touch_nothing(lapack, scalar):
    for m in (0, 3):
        A = numpy.zeros((m, 0), TYPES[scalar])
        assert gesvj(lapack, scalar, "UV", A)[0] == 0
        assert gejsv(lapack, scalar, "UV", A)[0] == 0


@pytest.mark.parametrize("scalar", "sdcz")
def test_not_finite_entries_return_at_once_with_the_documented_info(lapack, scalar):
    for bad in (numpy.inf, -numpy.inf, numpy.nan):
        A = numpy.ones((3, 3), TYPES[scalar])
        A[2, 1] = bad
        for jobs in ("UV", "NN", "UN"):
            for found, code in ((gesvj(lapack, scalar, jobs, A), -6),
                                (gejsv(lapack, scalar, jobs, A), -9)):
                assert found[0] == code
                for array in found[1:4]:
                    assert array is None or numpy.isnan(array).all()


@pytest.mark.parametrize("scalar", "sdcz")
def test_a_query_answers_at_any_size_and_touches_nothing_but_workspace(lapack, scalar):
    most = 2**31 - 1 if lapack.integer is ctypes.c_int32 else 2**62
    for m, n in ((0, 0), (1, 1), (26754, 26754), (3000000, 800), (2**31 - 1, 2**31 - 1)):
        for routine, head, tail in (("gesvj", "GUV", [1, None, max(1, n)]),
                                    ("gejsv", "FUVNNN", [None, max(1, m), None, max(1, n)])):
            work = Guarded(TYPES[scalar], 2, 1, 2)
            space = [work, -1]
            if scalar in "cz":
                space += [Guarded(real_of(scalar), 1, 1, 1), -1]
            iwork = [Guarded(numpy.int64, 1, 1, 1)] if routine == "gejsv" else []
            info = lapack.call(scalar + routine, *head, m, n, None, max(1, m), None, *tail, *space,
                               *iwork)
            assert info == 0 and 1 <= int(work.value()[0, 0].real) <= most


RIGHT = dict(joba="G", jobu="U", jobv="V", jobr="N", jobt="N", jobp="N", m=2, n=2, lda=2, mv=0,
             ldu=2, ldv=2, lwork=99)
WRONG = [("gesvj", dict(joba="/"), 1), ("gesvj", dict(jobu="/"), 2), ("gesvj", dict(jobv="/"), 3),
         ("gesvj", dict(m=-1), 4), ("gesvj", dict(n=-1), 5), ("gesvj", dict(m=1), 5),
         ("gesvj", dict(lda=1), 7), ("gesvj", dict(mv=-1), 9), ("gesvj", dict(ldv=1), 11),
         ("gesvj", dict(lwork=5), 13),
         ("gejsv", dict(joba="/"), 1), ("gejsv", dict(jobu="/"), 2), ("gejsv", dict(jobv="/"), 3),
         ("gejsv", dict(jobu="N", jobv="J"), 3), ("gejsv", dict(jobr="/"), 4),
         ("gejsv", dict(jobt="/"), 5), ("gejsv", dict(jobp="/"), 6), ("gejsv", dict(m=-1), 7),
         ("gejsv", dict(n=-1), 8), ("gejsv", dict(m=1), 8), ("gejsv", dict(lda=1), 10),
         ("gejsv", dict(ldu=1), 13), ("gejsv", dict(ldv=1), 15), ("gejsv", dict(lwork=6), 17)]


@pytest.mark.parametrize("routine,wrong,position", WRONG)
def test_a_wrong_argument_is_named_and_nothing_is_touched(lapack, capfd, routine, wrong, position):
    x = {**RIGHT, **wrong}
    arrays = [Guarded(float, 4, 1, 4) for _ in range(6)]
    a, sva, u, v, work, iwork = arrays
    if routine == "gesvj":
        arguments = [x["joba"], x["jobu"], x["jobv"], x["m"], x["n"], a, x["lda"], sva, x["mv"], v,
                     x["ldv"], work, x["lwork"]]
    else:
        arguments = [*(x["job" + kind] for kind in "auvrtp"), x["m"], x["n"], a, x["lda"], sva, u,
                     x["ldu"], v, x["ldv"], work, x["lwork"], iwork]
    assert lapack.call("d" + routine, *arguments) == -position
    assert all(array.untouched() for array in arrays)
    assert f"D{routine.upper()}, parameter number {position} " in capfd.readouterr().err
