"""Everything that users bring: arrays, sparse matrices, operators, tensors, tables; and no copies."""
import os
import subprocess
import sys

import eckart
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from conftest import low_rank

pd = pytest.importorskip("pandas")


def values(A):
    return np.linalg.svd(A, compute_uv=False)


def close(A, B, tolerance=1e-12):
    return A.shape == B.shape and np.abs(A - B).max() <= tolerance * max(np.abs(B).max(), 1)


# --- no copies ----------------------------------------------------------------------------------

PEAK = """
import resource, sys
import numpy as np
import eckart
from eckart._inputs import source_of
kind, path = sys.argv[1:]
A = np.load(path, mmap_mode=None if kind != "memmap" else "r")
views = {"C": lambda: A, "F": lambda: A.T, "rows": lambda: A[10:], "columns": lambda: A[:, 10:],
         "memmap": lambda: A, "reversed": lambda: A[::-1], "float16": lambda: A}
view = views[kind]()
if kind == "float16":
    view = view[:, :2].astype(np.float16)  # small: what counts is that the next line is not
    view = np.broadcast_to(view[:, :1], A.shape)
eckart.svd(np.eye(50), k=1)
def peak():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) * 1024
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak counts from here
before = peak()
source = source_of(view)
print((peak() - before) / A.nbytes)
"""


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A matrix of 64 MiB in a file."""
    path = tmp_path_factory.mktemp("big") / "A.npy"
    np.save(path, np.random.default_rng(0).standard_normal((4096, 2048)))
    return path


@pytest.mark.parametrize("kind", ["C", "F", "rows", "columns", "memmap"])
def test_no_copy_is_made(big, kind):
    assert grown(kind, big) <= 0.1


def test_the_memory_test_sees_the_one_copy_of_other_strides(big):
    assert 0.9 <= grown("reversed", big) <= 1.2


def grown(kind, path):
    done = subprocess.run([sys.executable, "-c", PEAK, kind, str(path)], check=True,
                          capture_output=True, text=True)
    return float(done.stdout)


def test_results_lend_the_memory_of_the_engine(rng):
    U, s, Vt = eckart.svd(rng.standard_normal((40, 30)))
    assert U.flags.f_contiguous and Vt.flags.c_contiguous
    assert not U.flags.owndata and U.flags.writeable
    kept = Vt[3].copy()
    del U, s
    assert (Vt[3] == kept).all()


def test_arguments_live_no_longer_than_they_must(rng):
    A = rng.standard_normal((40, 30))
    S = scipy.sparse.csr_array(A)
    before = [sys.getrefcount(x) for x in (A, S, S.data, S.indices, S.indptr)]
    results = [(eckart.svd(A), eckart.svd(S), eckart.pinv(A), eckart.null_space(S))
               for _ in range(20)]
    assert [sys.getrefcount(x) for x in (A, S, S.data, S.indices, S.indptr)] == before
    assert len(results) == 20


# --- arrays -------------------------------------------------------------------------------------

def test_any_stride_will_do(rng):
    A = rng.standard_normal((40, 30))
    wide = np.zeros((40, 30, 2))
    wide[..., 1] = A
    records = np.zeros((40, 30), [("flag", "i1"), ("value", "f8")])
    records["value"] = A
    for view in (A[::2], A[:, ::3], A[::-1], A[:, ::-1], A.T[::-2], wide[..., 1], records["value"],
                 np.broadcast_to(A[:1], (5, 30)), A[5:20, 3:9], A[:1], A[:, :1], A[:1, :1]):
        assert close(eckart.svdvals(view), values(view)), view.strides


def test_read_only_and_foreign_byte_orders_will_do(rng):
    A = rng.standard_normal((20, 10))
    A.flags.writeable = False
    assert close(eckart.svdvals(A), values(A))
    assert close(eckart.svdvals(A.astype(">f8")), values(A))
    assert close(eckart.svdvals(A.astype(">c8")), values(A.astype("c8")), 1e-5)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
def test_an_empty_matrix_has_no_triplets(shape):
    U, s, Vt = eckart.svd(np.empty(shape))
    assert U.shape == (shape[0], 0) and s.shape == (0,) and Vt.shape == (0, shape[1])


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int32, np.int64, np.uint64])
def test_whole_numbers_become_doubles(rng, dtype):
    A = (rng.random((12, 8)) * 2).astype(dtype)
    s = eckart.svdvals(A)
    assert s.dtype == np.float64 and close(s, values(A.astype(float)))


def test_half_precision_is_computed_in_single(rng):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    A = rng.standard_normal((12, 8))
    for dtype in (np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn):
        half = A.astype(dtype)
        s = eckart.svdvals(half)
        assert s.dtype == np.float32 and close(s, values(half.astype(np.float64)), 1e-5)


def test_lists_and_subclasses_will_do(rng):
    A = rng.standard_normal((6, 4))
    for given in (A.tolist(), tuple(map(tuple, A)), A.view(np.matrix), np.ma.MaskedArray(A),
                  A.astype(object)):
        assert close(eckart.svdvals(given), values(A))


@pytest.mark.parametrize("given, error, message", [
    ([1.0, 2.0], ValueError, r"vector of 2; A.reshape\(-1, 1\)"),
    (3.0, ValueError, "single number"),
    ([[1.0], [1.0, 2.0]], ValueError, "rows of one length"),
    ([["a", "b"]], TypeError, "numbers of type <U1"),
    (np.array([[1.0, None]], dtype=object), TypeError, "row 1, column 2 is None"),
    (np.eye(3, dtype=np.longdouble), TypeError, "float128|longdouble"),
    (np.eye(3, dtype="M8[s]"), TypeError, "datetime64"),
    (np.ma.MaskedArray(np.eye(2), mask=[[1, 0], [0, 0]]), ValueError, "masked"),
    (None, TypeError, "None"),
    ({"a": 1}, TypeError, "dict|is {"),
    (scipy.sparse.eye_array(3, dtype=np.longdouble), TypeError, "float128|longdouble"),
])
def test_what_is_no_matrix_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        eckart.svd(given)


# --- sparse -------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["csr_array", "csc_array", "coo_array", "csr_matrix", "csc_matrix",
                                  "coo_matrix", "lil_array", "dok_array", "bsr_array", "dia_array"])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_sparse_matrices_and_arrays_will_do(rng, kind, index):
    A = np.where(rng.random((60, 40)) < 0.2, rng.standard_normal((60, 40)), 0)
    S = getattr(scipy.sparse, kind)(A)
    for name in ("indices", "indptr", "row", "col"):
        if hasattr(S, name) and kind[:3] in ("csr", "csc"):
            setattr(S, name, getattr(S, name).astype(index))
    assert close(eckart.svdvals(S), values(A))
    assert close(eckart.svd(S, k=3).s, values(A)[:3])


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128, np.int16, bool])
def test_sparse_scalars_are_kept(rng, dtype):
    A = np.where(rng.random((60, 40)) < 0.2, 1 + rng.integers(0, 9, (60, 40)), 0).astype(dtype)
    wanted = np.float64 if np.dtype(dtype).kind in "bi" else dtype
    U, s, Vt = eckart.svd(scipy.sparse.csc_array(A))
    assert U.dtype == wanted and close(s, values(A.astype(wanted)), 1e-5)


def test_unsorted_duplicate_and_stored_zero_entries_are_legal():
    data, indices, indptr = [1.0, 2.0, 0.0, 5.0, 4.0], [2, 0, 1, 2, 2], [0, 2, 3, 5]
    S = scipy.sparse.csr_array((data, indices, indptr), shape=(3, 3))
    dense = np.array([[2.0, 0, 1], [0, 0, 0], [0, 0, 9]])
    assert close(eckart.svdvals(S), values(dense))
    assert S.data.tolist() == data  # the user's arrays are left alone


def test_empty_sparse_matrices_have_zeros():
    assert eckart.svdvals(scipy.sparse.csr_array((4, 3))).tolist() == [0, 0, 0]
    assert eckart.svd(scipy.sparse.csc_array((4, 0))).s.size == 0


def test_a_broken_sparse_matrix_is_refused():
    S = scipy.sparse.csr_array(np.eye(3))
    S.indices[1] = 77
    with pytest.raises(eckart.InvalidArgument, match="77|78"):
        eckart.svd(S)


# --- operators ----------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_a_linear_operator_is_known_by_its_products(rng, dtype):
    A = low_rank(rng, 120, 80, 0.5 ** np.arange(30), dtype)
    operator = scipy.sparse.linalg.aslinearoperator(A)
    result = eckart.svd(operator, k=4)
    assert result.report.certificate.met and result.U.dtype == dtype
    assert close(result.s, values(A)[:4], 1e-5 if dtype == np.float32 else 1e-10)


def test_matvec_and_rmatvec_are_enough(rng):
    A = low_rank(rng, 120, 80, 0.5 ** np.arange(30))

    class Products:
        shape, dtype = A.shape, None

        def matvec(self, x):
            assert x.ndim == 1
            return A @ x

        def rmatvec(self, y):
            return (A.T @ y)[:, None]

    assert close(eckart.svd(Products(), k=4).s, values(A)[:4], 1e-10)


def operator_of(A, **changes):
    functions = {"matvec": lambda x: A @ x, "rmatvec": lambda y: A.conj().T @ y, "dtype": A.dtype}
    return scipy.sparse.linalg.LinearOperator(A.shape, **(functions | changes))


@pytest.mark.parametrize("m, n", [(120, 80), (80, 80), (6, 4)])
def test_an_adjoint_that_is_none_is_found_out(rng, m, n):
    A = rng.standard_normal((m, n)) + (1j if m == n else 0)
    wrong = {"rmatvec": (lambda y: A.T @ y) if m == n else (lambda y: 2 * (A.T @ y))}
    assert eckart.svd(operator_of(A), k=2).report.certificate.met
    with pytest.raises(eckart.InvalidArgument, match="adjoint"):
        eckart.svd(operator_of(A, **wrong), k=2)


def test_an_operator_without_adjoint_is_refused(rng):
    A = rng.standard_normal((20, 10))
    lonely = scipy.sparse.linalg.LinearOperator(A.shape, matvec=lambda x: A @ x, dtype=float)
    with pytest.raises(eckart.InvalidArgument, match="rmatvec"):
        eckart.svd(lonely, k=2)


def test_an_operator_of_the_wrong_shape_is_named(rng):
    class Wrong:
        shape, dtype = (20, 10), np.dtype(float)

        def matmat(self, X):
            return np.zeros((19, X.shape[1]))

        def rmatmat(self, Y):
            return np.zeros((10, Y.shape[1]))

    with pytest.raises(eckart.InvalidArgument, match=r"matmat.*\(19, 1\).*\(20, 1\)"):
        eckart.svd(Wrong(), k=2)


def test_an_exception_of_an_operator_arrives(rng):
    class Trouble(Exception):
        pass

    def fail(x):
        raise Trouble("out of ideas")

    A = rng.standard_normal((20, 10))
    with pytest.raises(Trouble, match="out of ideas"):
        eckart.svd(operator_of(A, matvec=fail), k=2)
    assert close(eckart.svdvals(A), values(A))  # and nothing is broken by it


def test_an_operator_may_keep_its_argument(rng):
    A, kept = rng.standard_normal((60, 40)), []

    def product(x):
        kept.append((x, x.copy()))
        return A @ x

    eckart.svd(operator_of(A, matvec=product), k=2)
    assert kept and all((x == copy).all() for x, copy in kept)


# --- tensors and tables -------------------------------------------------------------------------

def test_what_speaks_dlpack_will_do(rng):
    class Tensor:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

        @property
        def shape(self):
            return self.array.shape

    A = rng.standard_normal((20, 10))
    assert close(eckart.svdvals(Tensor(A)), values(A))
    assert close(eckart.svdvals(Tensor(A.T)), values(A))
    assert eckart.svd(Tensor(rng.standard_normal((3, 4, 2)))).U.shape == (3, 4, 2)


def test_data_frames_will_do(rng):
    A = rng.standard_normal((20, 4))
    frame = pd.DataFrame(A, columns=list("abcd"))
    assert close(eckart.svdvals(frame), values(A))
    frame["e"] = np.arange(20)
    assert close(eckart.svdvals(frame), values(frame.to_numpy()))
    frame["name"] = "x"
    with pytest.raises(TypeError, match="row 1, column 6 is 'x'; expected a number"):
        eckart.svd(frame)
    sparse = pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csr_matrix(A))
    assert close(eckart.svdvals(sparse), values(A))


def test_tables_of_polars_and_arrow_will_do(rng):
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    A = rng.standard_normal((20, 4))
    columns = dict(zip("abcd", A.T))

    class Stream:  # as duckdb and others do
        shape = A.shape

        def __arrow_c_stream__(self, requested_schema=None):
            return pa.table(columns).__arrow_c_stream__(requested_schema)

    for table in (pl.DataFrame(columns), pa.table(columns), Stream()):
        assert close(eckart.svdvals(table), values(A)), type(table)


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files of Linux")
def test_a_memory_map_is_read_where_it_lies(tmp_path, rng):
    A = rng.standard_normal((50, 30))
    np.save(tmp_path / "A.npy", A)
    mapped = np.load(tmp_path / "A.npy", mmap_mode="r")
    open_files = len(os.listdir("/proc/self/fd"))
    assert all((a == b).all() for a, b in zip(eckart.svd(mapped), eckart.svd(A)))
    assert len(os.listdir("/proc/self/fd")) == open_files
