"""xGESVDX through its symbol: every job and range, leading dimension and workspace."""
import ctypes

import numpy
import pytest

from conftest import TYPES, Guarded, eps
from test_svd import SHAPES, random_matrix

JOBS = ("VV", "VN", "NV", "NN")


def decompose(lapack, scalar, jobs, span, A, padding=0, lwork=None):
    """span: "A", ("V", vl, vu) or ("I", il, iu). Returns INFO, s, U, VT, cut to what was found."""
    m, n = A.shape
    k = min(m, n)
    kind, low, high = span if isinstance(span, tuple) else (span, 0, 0)
    most = high - low + 1 if kind == "I" else k
    dtype = TYPES[scalar]
    real = numpy.zeros(0, dtype).real.dtype
    integer = numpy.dtype(lapack.integer)
    left, right = (job in "Vv" for job in jobs)
    a = Guarded(dtype, m, n, max(1, m) + padding, A)
    s = Guarded(real, k, 1, max(1, k))
    u = Guarded(dtype, m if left else 0, most if left else 0, max(1, m) + padding)
    vt = Guarded(dtype, most if right else 0, n if right else 0, max(1, most) + padding)
    bounds = [Guarded(real, 1, 1, 1, numpy.array([[x]], real)) if kind == "V" else None
              for x in (low, high)]
    indices = (low, high) if kind == "I" else (0, 0)
    found = Guarded(integer, 1, 1, 1)
    size = lwork or 100 * max(m, n, 1)
    work = Guarded(dtype, size, 1, size)
    iwork = Guarded(integer, k, 1, max(1, k))
    tail = [Guarded(real, 1, 1, 1)] if scalar in "cz" else []  # RWORK is never touched
    info = lapack.call(scalar + "gesvdx", *jobs, kind, m, n, a, a.ld, *bounds, *indices, found, s,
                       u, u.ld, vt, vt.ld, work, size, *tail, iwork)
    for array in (a, u, vt):
        assert array.padding_is_untouched()
    assert all(array.untouched() for array in tail)
    ns = int(found.flat[0])
    if info == 0:
        assert (iwork.value()[:ns] == 0).all()
    else:
        ns = most
    return (info, s.value()[:ns, 0], u.value()[:, :ns] if left else None,
            vt.value()[:ns] if right else None)


def check(A, s, U, VT, scalar):
    unit = max(A.shape) * eps(scalar)
    wide = numpy.clongdouble
    assert numpy.isfinite(s).all() and (s >= 0).all() and (numpy.diff(s) <= 0).all()
    for X in (U, VT if VT is None else VT.conj().T):
        if X is not None and X.shape[1] > 0:
            X = X.astype(wide)
            assert numpy.abs(X.conj().T @ X - numpy.eye(X.shape[1])).max() <= 2 * unit
    if U is not None and VT is not None and s.size > 0:
        defect = A.astype(wide) @ VT.astype(wide).conj().T - U.astype(wide) * s
        assert numpy.abs(defect).max() <= 5 * unit * max(numpy.abs(A).max(), 1e-300) * len(A) ** 0.5


def spans_of(exact):
    """Every kind of range, with the numbers of the values in it."""
    k = len(exact)
    cut = [float((a + b) / 2) for a, b in zip(exact[:-1], exact[1:])]
    spans = [("A", 0, k), (("V", 0.0, 2.0 * float(exact[0])), 0, k), (("I", 1, k), 0, k),
             (("V", 2.0 * float(exact[0]), 3.0 * float(exact[0])), 0, 0), (("I", k, k), k - 1, k)]
    if k > 1:
        spans += [(("V", cut[0], 9e9), 0, 1), (("I", 1, k - 1), 0, k - 1),
                  (("I", (k + 1) // 2, k), (k + 1) // 2 - 1, k)]
    if k > 2:
        spans.append((("V", cut[-1], cut[0]), 1, k - 1))
    return spans


@pytest.mark.parametrize("scalar", "sdcz")
@pytest.mark.parametrize("jobs", (*JOBS, "vv"))
def test_every_range_is_right_and_every_job_agrees(lapack, scalar, jobs):
    for m, n in SHAPES:
        A = random_matrix(scalar, m, n)
        exact = numpy.linalg.svd(A.astype(numpy.complex128), compute_uv=False)
        for span, first, last in spans_of(exact):
            _, _, reference_u, reference_vt = decompose(lapack, scalar, "VV", span, A)
            for padding, lwork in ((0, None), (3, 1)):
                info, s, U, VT = decompose(lapack, scalar, jobs, span, A, padding, lwork)
                assert info == 0 and len(s) == last - first, (m, n, span)
                error = numpy.abs(s - exact[first:last]).max(initial=0)
                assert error <= 5 * min(m, n) * eps(scalar) * exact[0]
                check(A, s, U, VT, scalar)
                # The same bits.
                assert U is None or (U == reference_u).all()
                assert VT is None or (VT == reference_vt).all()


@pytest.mark.parametrize("scalar", "sdcz")
def test_empty_matrices_have_no_triplets(lapack, scalar):
    for m, n in ((0, 0), (0, 3), (3, 0)):
        for jobs in JOBS:
            info, s, _, _ = decompose(lapack, scalar, jobs, "A", numpy.zeros((m, n), TYPES[scalar]))
            assert info == 0 and len(s) == 0


@pytest.mark.parametrize("scalar", "sdcz")
@pytest.mark.parametrize("jobs", JOBS)
def test_not_finite_entries_return_at_once_with_the_documented_info(lapack, scalar, jobs):
    for bad in (numpy.inf, -numpy.inf, numpy.nan):
        for span in ("A", ("V", 0.1, 2.0), ("I", 1, 2)):
            A = numpy.ones((3, 3), TYPES[scalar])
            A[1, 2] = bad
            info, s, U, VT = decompose(lapack, scalar, jobs, span, A)
            assert info == -6
            for array in (s, U, VT):
                assert array is None or numpy.isnan(array).all()


@pytest.mark.parametrize("scalar", "sdcz")
def test_a_query_answers_at_any_size_and_touches_nothing_but_work(lapack, scalar):
    most = 2**31 - 1 if lapack.integer is ctypes.c_int32 else 2**62
    for m, n in ((0, 0), (1, 1), (26754, 26754), (3000000, 800), (2**31 - 1, 2**31 - 1)):
        work = Guarded(TYPES[scalar], 1, 1, 1)
        info = lapack.call(scalar + "gesvdx", "V", "V", "A", m, n, None, max(1, m), None, None, 0, 0,
                           None, None, None, max(1, m), None, max(1, n), work, -1,
                           *[None] * (scalar in "cz"), None)
        assert info == 0 and 1 <= int(work.value()[0, 0].real) <= most


RIGHT = dict(jobu="V", jobvt="V", range="A", m=2, n=2, lda=2, vl=0.5, vu=1.0, il=1, iu=2, ldu=2,
             ldvt=2, lwork=99)
WRONG = [(dict(jobu="/"), 1), (dict(jobvt="A"), 2), (dict(range="/"), 3), (dict(m=-1), 4),
         (dict(n=-1), 5), (dict(lda=1), 7), (dict(range="V", vl=-1.0), 8),
         (dict(range="V", vu=0.5), 9), (dict(range="I", il=0), 10), (dict(range="I", il=3), 10),
         (dict(range="I", il=2, iu=1), 11), (dict(range="I", iu=3), 11), (dict(ldu=1), 15),
         (dict(ldvt=1), 17), (dict(lwork=0), 19)]


@pytest.mark.parametrize("wrong,position", WRONG)
def test_a_wrong_argument_is_named_and_nothing_is_touched(lapack, capfd, wrong, position):
    x = {**RIGHT, **wrong}
    vl, vu = (Guarded(float, 1, 1, 1, numpy.array([[x[name]]])) for name in ("vl", "vu"))
    arrays = [Guarded(float, 4, 1, 4) for _ in range(7)]
    a, ns, s, u, vt, work, iwork = arrays
    info = lapack.call("dgesvdx", x["jobu"], x["jobvt"], x["range"], x["m"], x["n"], a, x["lda"], vl,
                       vu, x["il"], x["iu"], ns, s, u, x["ldu"], vt, x["ldvt"], work, x["lwork"],
                       iwork)
    assert info == -position
    assert all(array.untouched() for array in arrays)
    assert f"DGESVDX, parameter number {position} " in capfd.readouterr().err
