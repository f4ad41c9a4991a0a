"""svd, svdvals, plan, check and doctor against NumPy, closed forms and the command line."""
import json
import os
import pickle
import threading

import eckart
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from conftest import low_rank

TYPES = [np.float32, np.float64, np.complex64, np.complex128]


def eps(dtype):
    return float(np.finfo(dtype).eps)


def assert_svd(A, result, k=None):
    U, s, Vt = result
    k = min(A.shape) if k is None else k
    slack = 50 * eps(A.dtype) * max(A.shape)
    assert U.shape == (A.shape[0], k) and s.shape == (k,) and Vt.shape == (k, A.shape[1])
    assert U.dtype == A.dtype and Vt.dtype == A.dtype and s.dtype == A.real.dtype
    expected = np.linalg.svd(A, compute_uv=False)[:k]
    assert np.abs(s - expected).max() <= slack * expected[0]
    assert np.abs(U.conj().T @ U - np.eye(k)).max() <= slack
    assert np.abs(Vt @ Vt.conj().T - np.eye(k)).max() <= slack
    assert np.abs(A @ Vt.conj().T - U * s).max() <= slack * expected[0]
    top = Vt[np.arange(k), np.abs(Vt).argmax(axis=1)]
    assert (top.real > 0).all() and np.abs(top.imag).max() <= slack


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 1), (30, 20), (20, 30), (7, 7), (200, 150)])
@pytest.mark.parametrize("order", "CF")
def test_every_type_shape_and_order_is_decomposed(rng, dtype, shape, order):
    A = rng.standard_normal(shape).astype(dtype)
    if A.dtype.kind == "c":
        A = A + 1j * rng.standard_normal(shape).astype(A.real.dtype)
    assert_svd(A, eckart.svd(np.asarray(A, order=order)))


def test_the_result_has_names_and_unpacks(rng):
    A = rng.standard_normal((6, 4))
    result = eckart.svd(A)
    U, s, Vt = result
    assert result.U is U and result.s is s and result.Vt is Vt
    assert result.S is s and result.Vh is Vt and len(result) == 3
    assert result.report.certificate.met and "accuracy met" in repr(result)
    assert result.mean is None and result.scale is None and result.eigenvalues is None


def test_a_result_survives_pickling(rng):
    A = rng.standard_normal((6, 4))
    before = eckart.svd(A, center=True)
    after = pickle.loads(pickle.dumps(before))
    assert (after.Vt == before.Vt).all() and (after.mean == before.mean).all()
    assert after.report.to_dict() == before.report.to_dict()


def test_k_triplets_lead(rng):
    A = low_rank(rng, 60, 40, 2.0 ** -np.arange(20))
    assert_svd(A, eckart.svd(A, k=5), 5)
    assert eckart.svd(A, k=1000).s.shape == (40,)
    assert eckart.svd(A, k=0).s.shape == (0,)


def test_energy_and_tolerance_find_the_rank(rng):
    spectrum = 2.0 ** -np.arange(20)
    A = low_rank(rng, 60, 40, spectrum)
    share = np.cumsum(spectrum**2) / np.sum(spectrum**2)
    assert len(eckart.svd(A, energy=0.99).s) == np.argmax(share >= 0.99) + 1
    left = np.sqrt(1 - share)
    assert len(eckart.svd(A, tolerance=1e-2).s) == np.argmax(left <= 1e-2) + 1


def test_full_matrices_are_square(rng):
    A = rng.standard_normal((5, 3))
    U, s, Vt = eckart.svd(A, full_matrices=True)
    assert U.shape == (5, 5) and Vt.shape == (3, 3)
    assert np.abs(U.T @ U - np.eye(5)).max() <= 1e-14


def test_values_only_has_no_vectors(rng):
    A = rng.standard_normal((50, 30))
    result = eckart.svd(A, values_only=True)
    assert result.U is None and result.Vt is None
    assert np.abs(result.s - np.linalg.svd(A, compute_uv=False)).max() <= 1e-12
    assert (eckart.svdvals(A) == result.s).all()


def test_hermitian_gives_eigenvalues(rng):
    A = rng.standard_normal((20, 20))
    A = A + A.T
    result = eckart.svd(A, hermitian=True)
    expected = np.linalg.eigvalsh(A)
    assert np.abs(np.sort(result.eigenvalues) - expected).max() <= 1e-12
    assert (np.abs(result.eigenvalues) == result.s).all()
    with pytest.raises(eckart.InvalidArgument, match="row|entry|Hermitian|symmetric"):
        eckart.svd(rng.standard_normal((4, 4)), hermitian=True)


@pytest.mark.parametrize("sparse", [False, True])
def test_center_and_scale_are_those_of_the_columns(rng, sparse):
    A = rng.standard_normal((80, 6)) * [1, 2, 3, 4, 5, 6] + 10
    B = (A - A.mean(0)) / A.std(0, ddof=1)
    given = scipy.sparse.csr_array(A) if sparse else A
    result = eckart.svd(given, center=True, scale=True)
    assert np.abs(result.s - np.linalg.svd(B, compute_uv=False)).max() <= 1e-11
    assert np.abs(result.mean - A.mean(0)).max() <= 1e-13
    assert np.abs(1 / result.scale - A.std(0, ddof=1)).max() <= 1e-13
    centred = eckart.svd(given, center=True)
    assert np.abs(centred.s - np.linalg.svd(A - A.mean(0), compute_uv=False)).max() <= 1e-11
    assert centred.scale is None


def test_the_smallest_are_the_smallest(rng):
    A = rng.standard_normal((60, 40))
    expected = np.linalg.svd(A, compute_uv=False)[-3:]
    assert np.abs(eckart.svd(A, k=3, smallest=True).s - expected).max() <= 1e-12


@pytest.mark.parametrize("method", ["dense", "gram", "randomized", "lanczos", "jacobi"])
def test_a_named_method_is_used(rng, method):
    A = low_rank(rng, 80, 50, 2.0 ** -np.arange(12))
    k = 4 if method != "dense" else None
    result = eckart.svd(A, k=k, method=method)
    assert result.report.method == method
    assert np.abs(result.s[:4] - 2.0 ** -np.arange(4)).max() <= 1e-6


def test_accuracy_decides_the_verdict(rng):
    A = rng.standard_normal((40, 30))
    assert eckart.svd(A, accuracy=1e-9).report.certificate.met
    assert not eckart.svd(A, accuracy=1e-17).report.certificate.met


def test_a_seed_gives_the_same_bits_and_another_others(rng):
    A = rng.standard_normal((300, 200))
    first, again, other = (eckart.svd(A, k=3, method="randomized", accuracy=1e-2, seed=seed).U
                           for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


@pytest.mark.parametrize("k", [None, 10])
def test_threads_change_no_bit(rng, k):
    A = rng.standard_normal((400, 300))
    one, two, three = (eckart.svd(A, k=k, threads=count) for count in (1, 2, 3))
    assert [part.report.threads for part in (one, two, three)] == [1, 2, 3]
    for part in range(3):
        assert (one[part] == two[part]).all() and (one[part] == three[part]).all()


def test_a_stack_is_decomposed_matrix_by_matrix(rng):
    A = rng.standard_normal((3, 4, 6, 5))
    U, s, Vt = eckart.svd(A)
    assert U.shape == (3, 4, 6, 5) and s.shape == (3, 4, 5) and Vt.shape == (3, 4, 5, 5)
    assert np.abs((U * s[..., None, :]) @ Vt - A).max() <= 1e-13
    assert np.abs(s - np.linalg.svd(A, compute_uv=False)).max() <= 1e-13
    leading = eckart.svd(A, 2)
    assert (leading.U == U[..., :2]).all() and (leading.Vt == Vt[..., :2, :]).all()
    full = eckart.svd(A, full_matrices=True)
    assert full.U.shape == (3, 4, 6, 6)
    assert (eckart.svdvals(A) == eckart.svd(A, values_only=True).s).all()
    strided = A[::2, :, ::-1].swapaxes(-1, -2)
    U, s, Vt = eckart.svd(strided)
    assert np.abs((U * s[..., None, :]) @ Vt - strided).max() <= 1e-13
    assert eckart.svd(np.empty((0, 3, 2))).s.shape == (0, 2)


def test_a_bad_matrix_of_a_stack_is_named(rng):
    A = rng.standard_normal((3, 4, 6, 5))
    A[1, 2, 3, 4] = np.nan
    with pytest.raises(eckart.NonFiniteInput, match=r"\(1, 2\).*row 4, column 5") as caught:
        eckart.svd(A)
    assert (caught.value.row, caught.value.col) == (3, 4)
    with pytest.raises(eckart.InvalidArgument, match="stack"):
        eckart.svd(A, energy=0.5)


def test_plan_tells_what_svd_does(rng):
    A = rng.standard_normal((500, 400))
    plan = eckart.plan(A, k=5)
    assert plan.method == eckart.svd(A, k=5).report.method
    assert plan.peak_bytes > 0 and plan.why and "rejected" in plan
    with pytest.raises(AttributeError, match="method"):
        plan.nonsense


def test_check_judges_factors_of_others(rng):
    A = rng.standard_normal((30, 20))
    U, s, Vt = np.linalg.svd(A)  # full: more columns than values
    assert eckart.check(A, U, s, Vt).met
    assert not eckart.check(A, U, s * (1 + 1e-6), Vt).met
    rest = U[:, 1:20], s[1:], Vt[1:]
    assert not eckart.check(A, *rest).met
    assert eckart.check(A, *rest, leading=False).met
    C = A - A.mean(0)
    assert eckart.check(A, *np.linalg.svd(C, full_matrices=False), center=True).met
    S = np.linalg.svd(C / A.std(0, ddof=1), full_matrices=False)
    assert eckart.check(A, *S, center=True, scale=True).met
    assert not eckart.check(A, *S, center=True).met
    assert eckart.check(scipy.sparse.csr_array(A), U, s, Vt).met
    single = [part.astype(np.float32) for part in np.linalg.svd(A, full_matrices=False)]
    assert eckart.check(A, *single).met and not eckart.check(A, *single, accuracy=1e-10).met
    Z = A + 1j * rng.standard_normal(A.shape)
    assert eckart.check(Z, *np.linalg.svd(Z, full_matrices=False)).met


def test_check_says_which_factor_does_not_fit(rng):
    A = rng.standard_normal((6, 4))
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    with pytest.raises(eckart.InvalidArgument, match="U has the shape"):
        eckart.check(A, U[:5], s, Vt)
    with pytest.raises(eckart.InvalidArgument, match="Vt has the shape"):
        eckart.check(A, U, s, Vt[:, :3])
    with pytest.raises(eckart.InvalidArgument, match="vector"):
        eckart.check(A, U, np.diag(s), Vt)
    B = rng.standard_normal((6, 5))
    U, s, Vt = np.linalg.svd(B, full_matrices=False)
    with pytest.raises(eckart.InvalidArgument, match="transpose it"):
        eckart.check(B, U[:, :3], s[:3], Vt[:3].T)


def test_doctor_knows_the_machine():
    found = eckart.doctor()
    assert found.version == eckart.__version__ and found.gemm_gflops > 0.1
    assert found.blas.library.startswith("OpenBLAS")
    assert not found.blas.misdetected or "OPENBLAS_CORETYPE" in os.environ
    assert found.isa in ("base", "v3", "v4")
    assert any("wait for each other" in line for line in eckart.doctor(threads=100).problems)


# --- what the command line says -----------------------------------------------------------------

def assert_same_bits(folder, result):
    for name in ("U", "s", "Vt"):
        saved = np.load(folder / f"{name}.npy")
        assert saved.dtype == getattr(result, name).dtype
        assert (saved == getattr(result, name)).all(), name


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("options", [[], ["-k", 7], ["--energy", 0.9], ["-k", 5, "--center"],
                                     ["-k", 5, "--method", "randomized", "--seed", 3]])
def test_the_command_line_gives_the_same_bits(rng, cli, tmp_path, dtype, options):
    A = low_rank(rng, 300, 120, 0.9 ** np.arange(100), dtype)
    for order in "CF":
        np.save(tmp_path / f"{order}.npy", np.asarray(A, order=order))
        cli("svd", tmp_path / f"{order}.npy", *options, "-o", tmp_path / f"out{order}")
        names = {"-k": "k", "--energy": "energy", "--center": "center", "--method": "method",
                 "--seed": "seed"}
        arguments, rest = {}, list(options)
        while rest:
            name = names[rest.pop(0)]
            arguments[name] = True if name == "center" else rest.pop(0)
        result = eckart.svd(np.asarray(A, order=order), **arguments)
        assert_same_bits(tmp_path / f"out{order}", result)
        report = json.loads((tmp_path / f"out{order}" / "report.json").read_text())
        assert report["blas"] == result.report.blas and report["method"] == result.report.method


def test_the_command_line_gives_the_same_bits_for_sparse_matrices(cli, tmp_path):
    A = scipy.sparse.random_array((900, 500), density=0.02, format="csr", dtype=np.float64,
                                  rng=np.random.default_rng(5))
    scipy.sparse.save_npz(tmp_path / "A.npz", A)
    cli("svd", tmp_path / "A.npz", "-k", 6, "-o", tmp_path / "out")
    assert_same_bits(tmp_path / "out", eckart.svd(A, k=6))


# --- mistakes -----------------------------------------------------------------------------------

MISTAKES = [
    ({"k": -1}, eckart.InvalidArgument, "k must be >= 0, got -1"),
    ({"k": 2.5}, TypeError, "k must be a whole number, got 2.5"),
    ({"k": True}, TypeError, "k must be a whole number"),
    ({"energy": 1.5}, eckart.InvalidArgument, "energy"),
    ({"energy": float("nan")}, eckart.InvalidArgument, "energy"),
    ({"energy": "90%"}, TypeError, "energy must be a number"),
    ({"tolerance": -1e-3}, eckart.InvalidArgument, "tolerance"),
    ({"k": 2, "energy": 0.5}, eckart.InvalidArgument, "k and energy each say how many"),
    ({"k": 2, "full_matrices": True}, eckart.InvalidArgument, "full_matrices needs all"),
    ({"values_only": True, "full_matrices": True}, eckart.InvalidArgument, "vectors"),
    ({"method": "magic"}, eckart.InvalidArgument, "magic"),
    ({"method": "gram", "hermitian": True}, eckart.InvalidArgument, "hermitian and method"),
    ({"smallest": True}, eckart.InvalidArgument, "smallest needs k"),
    ({"accuracy": -1.0}, eckart.InvalidArgument, "accuracy"),
    ({"seed": -1}, eckart.InvalidArgument, "seed"),
    ({"seed": 2**64}, eckart.InvalidArgument, "seed"),
    ({"seed": None}, TypeError, "seed must be a whole number"),
    ({"threads": 0}, eckart.InvalidArgument, "threads must be >= 1, got 0"),
    ({"threads": 1.5}, TypeError, "threads"),
    ({"threads": 2**40}, eckart.InvalidArgument, "threads"),
    ({"max_memory": 0}, eckart.InvalidArgument, "max_memory"),
    ({"max_memory": "lots"}, eckart.InvalidArgument, "max_memory 'lots' is no size"),
    ({"progress": 3}, TypeError, "progress"),
]


@pytest.mark.parametrize("arguments, error, message", MISTAKES)
def test_a_mistake_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        eckart.svd(np.eye(3), **arguments)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("wrap", [np.asarray, scipy.sparse.csc_array])
def test_what_is_not_finite_is_named_with_its_place(rng, value, wrap):
    A = rng.standard_normal((30, 20))
    A[4, 7] = value
    with pytest.raises(eckart.NonFiniteInput, match="row 5, column 8") as caught:
        eckart.svd(wrap(A))
    assert (caught.value.row, caught.value.col) == (4, 7)
    assert isinstance(caught.value, ValueError) and not np.isfinite(caught.value.value)


def test_a_memory_cap_is_kept(rng):
    A = rng.standard_normal((600, 500))
    with pytest.raises(eckart.MemoryLimit) as caught:
        eckart.svd(A, max_memory="10K")
    assert isinstance(caught.value, MemoryError)
    assert caught.value.cap_bytes == 10240 < caught.value.needed_bytes
    assert eckart.svd(A, k=3, max_memory="100M").report.peak_bytes <= 100 * 2**20


def test_an_overflowing_value_is_said(rng):
    A = np.full((40, 40), 1e308)
    with pytest.raises(OverflowError):
        eckart.svd(A)


def test_threads_may_call_at_the_same_time(rng):
    matrices = [rng.standard_normal((200, 150)) for _ in range(4)]
    expected = [eckart.svd(A) for A in matrices]
    results = [None] * len(matrices)

    def work(at):
        for _ in range(3):
            results[at] = eckart.svd(matrices[at])

    workers = [threading.Thread(target=work, args=(at,)) for at in range(len(matrices))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for one, other in zip(expected, results):
        assert all((a == b).all() for a, b in zip(one, other))
