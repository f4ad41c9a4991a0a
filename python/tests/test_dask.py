"""eckart.dask: triplets of dask arrays against NumPy, in any chunks."""
import dask
import dask.array as da
import numpy as np
import pytest
import scipy.sparse

import eckart
import eckart.dask


def decaying(rows, cols, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    k = min(rows, cols)
    left = np.linalg.qr(rng.standard_normal((rows, k)))[0]
    right = np.linalg.qr(rng.standard_normal((cols, k)))[0]
    A = (left * 0.8 ** np.arange(k)) @ right.T
    if np.dtype(dtype).kind == "c":
        A = A + 0.1j * rng.standard_normal((rows, cols))
    return A.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("shape, chunks", [((300, 60), (70, 60)), ((300, 60), (300, 17)),
                                           ((50, 200), (13, 90))])
def test_the_triplets_of_numpy(dtype, shape, chunks):
    A = decaying(*shape, dtype)
    result = eckart.dask.svd(da.from_array(A, chunks=chunks), k=4)
    assert result.report.certificate.met
    accuracy = 1e-3 if np.finfo(dtype).eps > 1e-10 else 1e-9
    assert np.allclose(result.s, np.linalg.svd(A, compute_uv=False)[:4], atol=accuracy)
    assert np.abs(A @ result.Vt.conj().T - result.U * result.s).max() <= accuracy
    assert result.U.dtype == A.dtype


def test_sparse_blocks():
    A = scipy.sparse.random(400, 90, 0.05, "csr", random_state=1)
    blocks = [da.from_array(A[i:i + 100], chunks=(100, 90), asarray=False) for i in range(0, 400, 100)]
    x = da.concatenate(blocks)
    result = eckart.dask.svd(x, k=5)
    assert result.report.certificate.met
    assert np.allclose(result.s, np.linalg.svd(A.toarray(), compute_uv=False)[:5], atol=1e-9)


@pytest.mark.parametrize("rule", [{"energy": 0.95}, {"tolerance": 0.1}, {"energy": 0.9999}])
def test_the_rank_that_a_rule_asks_for(rule):
    A = decaying(200, 40)
    result = eckart.dask.svd(da.from_array(A, chunks=(64, 40)), **rule)
    expected = eckart.svd(A, **rule)
    assert len(result.s) == len(expected.s)
    assert np.allclose(result.s, expected.s, atol=1e-9)


def test_the_same_bits_under_every_scheduler():
    x = da.from_array(decaying(500, 50), chunks=(60, 20))
    with dask.config.set(scheduler="synchronous"):
        first = eckart.dask.svd(x, k=3)
    with dask.config.set(scheduler="threads"):
        second = eckart.dask.svd(x, k=3)
    assert np.array_equal(first.U, second.U) and np.array_equal(first.Vt, second.Vt)


def test_pca_of_rows_with_a_mean():
    A = decaying(300, 30) + np.arange(30)
    x = da.from_array(A, chunks=(80, 11))
    model = eckart.dask.PCA(3).fit(x)
    centred = A - A.mean(axis=0)
    s = np.linalg.svd(centred, compute_uv=False)
    assert np.allclose(model.singular_values_, s[:3], atol=1e-8)
    assert np.allclose(model.explained_variance_ratio_, (s ** 2 / (s ** 2).sum())[:3], atol=1e-8)
    scores = model.transform(x)
    assert scores.chunks[0] == x.chunks[0]
    assert np.allclose(scores.compute(), centred @ model.components_.T, atol=1e-8)
    assert eckart.dask.PCA(0.9).fit(x).n_components_ == int(
        np.searchsorted(np.cumsum(s ** 2) / (s ** 2).sum(), 0.9)) + 1


def test_what_it_refuses():
    x = da.ones((20, 10), chunks=(7, 10))
    with pytest.raises(eckart.InvalidArgument, match="give one of them"):
        eckart.dask.svd(x)
    with pytest.raises(eckart.InvalidArgument, match="give one of them"):
        eckart.dask.svd(x, k=2, energy=0.5)
    with pytest.raises(eckart.InvalidArgument, match="below 1"):
        eckart.dask.svd(x, energy=1.5)
    with pytest.raises(TypeError, match="dask array"):
        eckart.dask.svd(np.ones((3, 3)), k=1)
    with pytest.raises(eckart.InvalidArgument, match="3 dimensions"):
        eckart.dask.svd(da.ones((2, 2, 2)), k=1)
    with pytest.raises(eckart.InvalidArgument, match="compute_chunk_sizes"):
        eckart.dask.svd(x[x[:, 0] > 0], k=1)
    with pytest.raises(eckart.InvalidArgument, match="all the same"):
        eckart.dask.PCA(1).fit(x)
    model = eckart.dask.PCA(1).fit(da.from_array(decaying(20, 10), chunks=(7, 10)))
    with pytest.raises(eckart.InvalidArgument, match="columns"):
        model.transform(da.ones((5, 4)))
