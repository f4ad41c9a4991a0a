"""The small examples that every course works through by hand."""
import numpy as np
import pytest

EXAMPLES = [
    ([[3, 2], [2, 3]], [5, 1]),
    ([[3, 2], [2, 3], [1, 1]], [np.sqrt(27), 1]),
    ([[3, 2, 2], [2, 3, -2]], [5, 3]),
    ([[3, 0], [0, -2]], [3, 2]),
    ([[0, 0], [0, 0]], [0, 0]),
    ([[1, 2], [2, 4]], [5, 0]),
]


@pytest.mark.parametrize("A, sigma", EXAMPLES)
def test_the_values_and_the_files_are_right(eckart, saved, A, sigma):
    run = eckart("svd", str(A).replace(" ", ""), "-o", "out", "--json")
    assert run.code == 0, run.err
    np.testing.assert_allclose(run.json["sigma"], sigma, atol=1e-14)
    result = saved("out")
    np.testing.assert_allclose(result.s, sigma, atol=1e-14)
    np.testing.assert_allclose(result.product(), A, atol=1e-13)
    k = len(sigma)
    np.testing.assert_allclose(result.U.T @ result.U, np.eye(k), atol=1e-14)
    np.testing.assert_allclose(result.Vt @ result.Vt.T, np.eye(k), atol=1e-14)


def test_the_largest_entry_of_each_right_vector_is_positive(eckart, saved):
    eckart("svd", "[[3,2],[2,3],[1,1]]", "-o", "out")
    for v in saved("out").Vt:
        assert v[np.argmax(np.abs(v) > np.abs(v).max() - 1e-12)] > 0


def test_the_table_shows_what_was_found(eckart):
    run = eckart("svd", "[[2,4],[1,3],[0,1],[-1,0.5]]")
    assert run.code == 0
    assert run.err == ""
    assert "5.54" in run.out and "1.24" in run.out
    assert "accuracy 1e-10 asked: met" in run.out


def test_the_rank_1_approximation_is_the_best_there_is(eckart, tmp_path):
    A = np.array([[2, 4], [1, 3], [0, 1], [-1, 0.5]])
    run = eckart("lowrank", "[[2,4],[1,3],[0,1],[-1,0.5]]", "-k", "1", "-o", "B.npy", "--json")
    assert run.code == 0, run.err
    U, s, Vt = np.linalg.svd(A)
    np.testing.assert_allclose(np.load(tmp_path / "B.npy"), s[0] * np.outer(U[:, 0], Vt[0]),
                               atol=1e-13)
    error = run.json["certificate"]["frobenius_error"]["value"]
    np.testing.assert_allclose(error, s[1] / np.linalg.norm(s), rtol=1e-10)


def test_truncation_at_1_of_the_2_by_3_example_leaves_the_second_value(eckart, saved):
    A = np.array([[3, 2, 2], [2, 3, -2]])
    assert eckart("svd", "[[3,2,2],[2,3,-2]]", "-k", "1", "-o", "out").code == 0
    result = saved("out")
    assert len(result.s) == 1
    np.testing.assert_allclose(np.linalg.norm(A - result.product(), 2), 3, rtol=1e-12)


def test_100_numbers_of_rank_2_become_42(eckart, tmp_path):
    random = np.random.default_rng(0)
    A = random.integers(-5, 6, (10, 2)) @ random.integers(-5, 6, (2, 10))
    np.save(tmp_path / "A.npy", A)
    info = eckart("info", "A.npy", "--json").json
    assert info["numerical_rank"] == {"value": 2, "kind": "exact"}
    run = eckart("lowrank", "A.npy", "-k", "2", "-o", "B.npy")
    assert run.code == 0, run.err
    assert "100 numbers" in run.out and "become 42: 40 in U and V, 2 in" in run.out
    np.testing.assert_allclose(np.load(tmp_path / "B.npy"), A, atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("shape", [(40, 25), (25, 40), (1, 7), (7, 1), (1, 1)])
def test_every_scalar_and_shape_reconstructs(eckart, saved, matrix, tmp_path, dtype, shape):
    name = matrix(*shape, dtype=dtype)
    A = np.load(tmp_path / name)
    run = eckart("svd", name, "-o", "out")
    assert run.code == 0, run.out + run.err
    result = saved("out")
    assert result.U.dtype == dtype
    tolerance = 1e-5 if dtype in (np.float32, np.complex64) else 1e-13
    assert np.linalg.norm(A - result.product()) <= tolerance * np.linalg.norm(A)


def test_full_vectors_are_square(eckart, saved, matrix):
    assert eckart("svd", matrix(6, 4), "--full", "-o", "out").code == 0
    result = saved("out")
    assert result.U.shape == (6, 6) and result.Vt.shape == (4, 4)
    np.testing.assert_allclose(result.U.T @ result.U, np.eye(6), atol=1e-13)


def test_values_only_leaves_the_vectors_out(eckart, matrix, tmp_path):
    assert eckart("svd", matrix(), "--values-only", "-o", "out").code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["report.json", "s.npy"]


@pytest.mark.parametrize("rule, count", [
    (("-k", "3"), 3), (("--energy", "0.75"), 1), (("--energy", "93.7%"), 2),
    (("--tolerance", "0.26"), 2), (("--tolerance", "0.24"), 3)])
def test_the_rank_follows_the_rule(eckart, matrix, rule, count):
    # Shares of the energy are 3/4, 3/16, ...; what is left after k is 2^-k of the norm.
    run = eckart("svd", matrix(), *rule, "--json")
    assert run.code == 0, run.err
    assert len(run.json["sigma"]) == count


def test_the_smallest_values_are_the_smallest(eckart, matrix):
    run = eckart("svd", matrix(8, 5), "-k", "2", "--smallest", "--json")
    assert run.code == 0, run.err
    np.testing.assert_allclose(sorted(run.json["sigma"]), [0.5**4, 0.5**3], rtol=1e-10)


def test_centred_and_scaled_columns_give_the_correlation_pca(eckart, matrix, tmp_path):
    name = matrix(30, 4)
    A = np.load(tmp_path / name)
    Z = (A - A.mean(0)) / A.std(0, ddof=1)
    run = eckart("svd", name, "--center", "--scale", "--json")
    np.testing.assert_allclose(run.json["sigma"], np.linalg.svd(Z, compute_uv=False), rtol=1e-10)
