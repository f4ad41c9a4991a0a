"""Blocks of rows: the same triplets as of the matrix in memory, and what is wrong with them."""
import numpy as np
import pytest

import eckart

RNG = np.random.default_rng(5)
A = RNG.standard_normal((200, 30)) / np.arange(1, 31)


def expect_svd_of(blocks, matrix, tolerance=1e-10):
    result = eckart.svd(blocks, k=4)
    assert result.report.certificate.met
    U, s, Vt = np.linalg.svd(np.asarray(matrix, float), full_matrices=False)
    assert np.allclose(result.s, s[:4], rtol=tolerance)
    best = (U[:, :4] * s[:4]) @ Vt[:4]
    assert np.allclose((result.U * result.s) @ result.Vt, best, atol=1e-8)


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i1", "u1", "c16"])
def test_slices_of_a_memory_map_in_every_type(tmp_path, dtype):
    matrix = (A + 1j * A[::-1] if dtype == "c16" else np.abs(40 * A)).astype(dtype)
    np.save(tmp_path / "a.npy", matrix)
    blocks = eckart.Blocks(np.load(tmp_path / "a.npy", mmap_mode="r"), block_rows=17)
    assert blocks.shape == (200, 30)
    exact = np.linalg.svd(matrix.astype("c16"), compute_uv=False)[:4]
    result = eckart.svd(blocks, k=4)
    assert result.report.certificate.met
    assert np.allclose(result.s, exact, rtol=1e-5 if dtype in ("f4", "f2") else 1e-10)


def test_a_function_gives_blocks_anew_for_every_pass():
    passes = []

    def read():
        passes.append(1)
        return iter(np.array_split(A, 7))

    expect_svd_of(eckart.Blocks(read), A)
    assert len(passes) > 2


def test_parquet_by_path_and_as_file(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({f"c{j}": A[:, j] for j in range(30)})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=40)
    expect_svd_of(eckart.Blocks(tmp_path / "a.parquet", block_rows=33), A)
    expect_svd_of(eckart.Blocks(parquet.ParquetFile(tmp_path / "a.parquet")), A)
    expect_svd_of(eckart.Blocks(lambda: table.to_batches(max_chunksize=50)), A)
    gap = table.set_column(3, "gap", pyarrow.array([None] + [1.0] * 199))
    parquet.write_table(gap, tmp_path / "b.parquet")
    with pytest.raises(eckart.InvalidArgument, match="'gap' has missing values in rows 1 to"):
        eckart.Blocks(tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_text("no table")
    with pytest.raises(eckart.FileError, match="c.parquet"):
        eckart.Blocks(tmp_path / "c.parquet")


def test_an_hdf5_dataset(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        expect_svd_of(eckart.Blocks(file.create_dataset("x", data=A, chunks=(16, 30))), A)


def test_blocks_that_change_between_passes_are_noticed():
    parts = [A[:100], A[100:]]
    blocks = eckart.Blocks(lambda: iter(parts))
    parts.pop()
    with pytest.raises(eckart.FileError, match="changed since the first pass.*row 101"):
        eckart.svd(blocks, k=2)


@pytest.mark.parametrize("source, words", [
    (lambda: iter([A, A[:, :5]]), "row 201 on has 5 columns"),
    (lambda: iter([]), "no blocks"),
    (lambda: iter([A[0]]), r"shape \(30,\)"),
    ("a.csv", "a.csv"),
])
def test_says_what_is_wrong_with_blocks(source, words):
    with pytest.raises(eckart.InvalidArgument, match=words):
        eckart.Blocks(source)
    with pytest.raises(TypeError, match="gives no blocks"):
        eckart.Blocks(3)
    with pytest.raises(eckart.InvalidArgument, match="block_rows"):
        eckart.Blocks(A, block_rows=0)
