"""eckart eigen: signed eigenvalues, their vectors, and how they make an SVD."""
import json

import numpy as np
import pytest


def symmetric(n=12, seed=3):
    A = np.random.default_rng(seed).standard_normal((n, n))
    return A + A.T


@pytest.mark.parametrize("order", ["falling", "rising", "modulus"])
def test_values_and_vectors_are_numpys(eckart, tmp_path, order):
    A = symmetric()
    np.save(tmp_path / "A.npy", A)
    run = eckart("eigen", "A.npy", "--order", order, "-o", "out", "--json")
    assert run.code == 0, run.err
    w, V = np.load(tmp_path / "out/w.npy"), np.load(tmp_path / "out/V.npy")
    expected = np.linalg.eigvalsh(A)
    key = {"falling": -expected, "rising": expected, "modulus": -np.abs(expected)}[order]
    np.testing.assert_allclose(w, expected[np.argsort(key)], atol=1e-13)
    np.testing.assert_allclose(A @ V, V * w, atol=1e-12)
    np.testing.assert_allclose(V.T @ V, np.eye(12), atol=1e-13)
    assert run.json["lambda"] == list(w)
    assert run.json["sigma"] == list(np.abs(w))
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["certificate"]["met"] and report["order"] == order


def test_the_default_order_is_falling(eckart):
    assert eckart("eigen", "[[1,0],[0,-2]]", "--json").json["lambda"] == [1, -2]


def test_k_keeps_the_largest_moduli(eckart):
    run = eckart("eigen", "[[1,0,0],[0,-5,0],[0,0,3]]", "-k", "2", "--json")
    assert run.json["lambda"] == [3, -5]


def test_the_text_says_how_the_svd_follows(eckart):
    run = eckart("eigen", "[[2,1],[1,-3]]")
    assert run.code == 0
    assert "u = −v" in run.out and "u = v" in run.out and "asked: met" in run.out


def test_complex_matrices_have_real_eigenvalues(eckart):
    run = eckart("eigen", "[[0,-1j],[1j,0]]", "--json")
    np.testing.assert_allclose(run.json["lambda"], [1, -1], atol=1e-15)


def test_asymmetry_is_refused_with_place_and_size_unless_tolerated(eckart):
    run = eckart("eigen", "[[2,1],[1.001,-3]]")
    assert run.code == 2
    assert "entry (1, 2) is 1, entry (2, 1) is 1.001" in run.err and "0.001" in run.err
    run = eckart("eigen", "[[2,1],[1.001,-3]]", "--symmetry", "1e-3", "--json")
    assert run.code == 0
    np.testing.assert_allclose(run.json["lambda"],
                               np.linalg.eigvalsh([[2, 1.0005], [1.0005, -3]])[::-1], atol=1e-14)
    assert run.json["asymmetry"] == pytest.approx(0.001)


def test_a_matrix_that_is_not_square_is_refused(eckart):
    run = eckart("eigen", "[[1,2,3],[4,5,6]]")
    assert run.code == 2 and "2 x 3" in run.err


def test_an_accuracy_beyond_rounding_is_not_met(eckart, tmp_path):
    np.save(tmp_path / "A.npy", symmetric(40))
    assert eckart("eigen", "A.npy", "--accuracy", "1e-17").code == 1


def test_only_an_earlier_result_is_replaced(eckart, tmp_path):
    assert eckart("eigen", "[[1]]", "-o", "out").code == 0
    assert eckart("eigen", "[[2]]", "-o", "out").code == 2
    assert eckart("eigen", "[[2]]", "-o", "out", "--force").code == 0
    assert np.load(tmp_path / "out/w.npy") == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]
    (tmp_path / "out/mine.txt").write_text("precious")
    run = eckart("eigen", "[[3]]", "-o", "out", "--force")
    assert run.code == 2 and np.load(tmp_path / "out/w.npy") == 2
    assert (tmp_path / "out/mine.txt").read_text() == "precious"
