"""eckart info against NumPy, on matrices whose numbers are known."""
import numpy as np
import scipy.io
import scipy.sparse.linalg


def test_the_numbers_are_those_of_numpy(eckart, matrix, tmp_path):
    name = matrix(30, 12)
    A = np.load(tmp_path / name)
    info = eckart("info", name, "--json").json
    s = np.linalg.svd(A, compute_uv=False)
    shares = s**2 / np.sum(s**2)
    np.testing.assert_allclose(info["sigma"], s, rtol=1e-10)
    np.testing.assert_allclose(info["two_norm"], s[0], rtol=1e-12)
    np.testing.assert_allclose(info["frobenius_norm"], np.linalg.norm(A), rtol=1e-12)
    np.testing.assert_allclose(info["max_abs"], np.abs(A).max(), rtol=1e-15)
    np.testing.assert_allclose(info["condition_number"]["value"], s[0] / s[-1], rtol=1e-10)
    np.testing.assert_allclose(info["effective_rank"]["value"],
                               np.exp(-np.sum(shares * np.log(shares))), rtol=1e-10)
    np.testing.assert_allclose(info["stable_rank"], np.sum(s**2) / s[0]**2, rtol=1e-10)
    assert info["numerical_rank"] == {"value": 12, "kind": "exact"}
    # 1 - 4^-k >= share: k = 1, 2, 2, 3, 4, 5.
    assert [row["triplets"] for row in info["energy_table"]] == [1, 2, 2, 3, 4, 5]


def test_stored_entries_and_nonzeros_differ_in_real_files(eckart, tmp_path):
    (tmp_path / "A.mtx").write_text("%%MatrixMarket matrix coordinate real general\n"
                                    "3 4 3\n1 1 2.0\n2 3 0.0\n3 4 -1.0\n")
    info = eckart("info", "A.mtx", "--json").json
    assert info["matrix"]["storage"] == "sparse"
    assert info["matrix"]["stored_entries"] == 3
    assert info["nonzeros"] == 2
    assert info["numerical_rank"]["value"] == 2


def test_a_singular_matrix_is_called_deficient(eckart):
    run = eckart("info", "[[1,2],[2,4]]")
    assert run.code == 0
    assert "1 (deficient)" in run.out


def test_the_zero_matrix_has_rank_zero_and_no_condition_number(eckart):
    run = eckart("info", "[[0,0],[0,0]]", "--json")
    assert run.code == 0, run.err
    assert run.json["numerical_rank"]["value"] == 0
    for number in ("condition_number", "effective_rank"):
        assert run.json[number] == {"value": None, "kind": "undefined"}
    assert [row["triplets"] for row in run.json["energy_table"]] == [0] * 6
    text = eckart("info", "[[0,0],[0,0]]").out
    assert "unknown" not in text and "more than" not in text
    assert text.count("undefined for a zero matrix") == 2


def test_the_condition_of_a_deficient_matrix_is_no_rounding_noise(eckart, tmp_path):
    # Exactly singular, and so close to it that the smallest value has no correct digit.
    assert eckart("info", "[[1,0],[0,0]]", "--json").json["condition_number"] == {
        "value": None, "kind": "infinite"}
    assert "infinite" in eckart("info", "[[1,0],[0,0]]").out
    n = 12
    hilbert = 1 / (1.0 + np.add.outer(np.arange(n), np.arange(n)))
    np.save(tmp_path / "H.npy", hilbert)
    info = eckart("info", "H.npy", "--json").json
    assert info["numerical_rank"]["value"] < n
    assert info["condition_number"]["kind"] == "lower bound"
    np.testing.assert_allclose(info["condition_number"]["value"],
                               1 / (n * np.finfo(float).eps), rtol=1e-10)
    assert "the smallest" in eckart("info", "H.npy").out


def test_a_matrix_too_large_for_all_values_gets_bounds_and_says_so(eckart, tmp_path):
    n = 5000
    A = scipy.sparse.diags(np.maximum(1000 * 0.93 ** np.arange(n), 10)).tocsr()
    A = A + scipy.sparse.coo_matrix(([1e-3], ([0], [n - 1])), shape=(n, n))
    scipy.io.mmwrite(tmp_path / "A.mtx", A)
    run = eckart("info", "A.mtx", "--json")
    assert run.code == 0, run.out + run.err
    info = run.json
    assert info["complete"] is False and len(info["sigma"]) < n
    assert info["numerical_rank"]["kind"] == "lower bound"
    assert info["condition_number"]["kind"] == "lower bound"
    assert info["effective_rank"] == {"value": None, "kind": "unknown"}
    np.testing.assert_allclose(info["sigma"][0], 1000, rtol=1e-9)
    np.testing.assert_allclose(info["frobenius_norm"], scipy.sparse.linalg.norm(A), rtol=1e-12)
    assert info["energy_table"][-1]["triplets"] is None
    text = eckart("info", "A.mtx").out
    assert "at least" in text and "more than" in text and "unknown" in text
