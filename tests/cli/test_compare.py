"""eckart check --compare: two factorisations side by side; and factors of every shape."""
import os
from pathlib import Path

import numpy as np
import pytest


class Folder:
    """Matrices and factorisations in the test's folder."""

    def __init__(self, path):
        self.path = path
        random = np.random.default_rng(5)
        self.U = np.linalg.qr(random.standard_normal((20, 6)))[0]
        self.V = np.linalg.qr(random.standard_normal((15, 6)))[0]
        self.s = np.array([5, 3, 3, 3, 2, 1.0])
        self.A = (self.U * self.s) @ self.V.T
        np.save(path / "A.npy", self.A)

    def save(self, name, U=None, s=None, V=None):
        U, s, V = (mine if x is None else x for x, mine in ((U, self.U), (s, self.s), (V, self.V)))
        (self.path / name).mkdir()
        for file, array in (("U", U), ("s", s), ("Vt", V.T)):
            np.save(self.path / name / f"{file}.npy", array)

    def rotated(self):
        Q = np.linalg.qr(np.random.default_rng(6).standard_normal((3, 3)))[0]
        U, V = self.U.copy(), self.V.copy()
        U[:, 1:4] = U[:, 1:4] @ Q
        V[:, 1:4] = V[:, 1:4] @ Q
        return U, V


@pytest.fixture
def made(tmp_path):
    return Folder(tmp_path)


def test_eckarts_own_svd_agrees_with_a_rotated_cluster(eckart, made):
    U, V = made.rotated()
    made.save("other", U, None, V)
    run = eckart("check", "A.npy", "--compare", "other", "--json")
    assert run.code == 0, run.out
    comparison = run.json["comparison"]
    assert comparison["same"] and comparison["compared"] == 6
    assert [k["count"] for k in comparison["clusters"]] == [1, 3, 1, 1]


def test_two_folders_are_compared_with_the_matrix_and_without(eckart, made):
    U, V = made.rotated()
    made.save("one")
    made.save("other", -U, None, -V)
    for arguments in (("A.npy", "one"), ("one",)):
        run = eckart("check", *arguments, "--compare", "other")
        assert run.code == 0, run.out + run.err
        assert "say the same" in run.out
        assert "2-4" in run.out


def test_a_wrong_vector_is_named(eckart, made):
    V = made.V.copy()
    V[:, [0, 5]] = V[:, [5, 0]]
    made.save("one")
    made.save("other", None, None, V)
    for arguments in (("A.npy", "one"), ("one",), ("A.npy",)):
        run = eckart("check", *arguments, "--compare", "other", "--json")
        assert run.code == 1
        comparison = run.json["comparison"]
        assert [k["same"] for k in comparison["clusters"]] == [False, True, True, False]
        assert any(f.startswith("triplet 6: the vectors of V differ")
                   for f in comparison["findings"])


def test_a_wrong_value_is_named(eckart, made):
    s = made.s.copy()
    s[4] += 1e-6
    made.save("one")
    made.save("other", None, s)
    run = eckart("check", "one", "--compare", "other")
    assert run.code == 1
    assert "triplet 5: the singular values differ" in run.out and "DIFFERENT" in run.out
    assert eckart("check", "one", "--compare", "other", "--accuracy", "1e-5").code == 0


def test_csv_and_v_instead_of_vt_are_read(eckart, made, tmp_path):
    (tmp_path / "r").mkdir()
    np.savetxt(tmp_path / "r/U.csv", made.U, delimiter=",")
    np.savetxt(tmp_path / "r/s.csv", made.s)
    np.savetxt(tmp_path / "r/V.csv", made.V, delimiter=",")
    assert eckart("check", "A.npy", "r").code == 0
    run = eckart("check", "A.npy", "--u", "r/U.csv", "--s", "r/s.csv", "--v", "r/V.csv")
    assert run.code == 0, run.out + run.err
    run = eckart("check", "A.npy", "--u", "r/U.csv", "--s", "r/s.csv", "--vt", "r/V.csv")
    assert run.code == 3 and "looks like V" in run.err and "--v" in run.err


def test_a_product_without_values_is_decomposed_and_judged(eckart, made, tmp_path):
    np.save(tmp_path / "W.npy", made.U[:, :4] * 7)
    np.save(tmp_path / "H.npy", (made.V[:, :4] * made.s[:4] / 7).T)
    run = eckart("check", "A.npy", "--u", "W.npy", "--vt", "H.npy", "--json")
    assert run.code == 0, run.out
    assert run.json["triplets"] == 4 and "product" in run.json["note"]
    np.testing.assert_allclose(run.json["certificate"]["frobenius_error"]["value"],
                               np.sqrt(5 / np.sum(made.s**2)), rtol=1e-10)
    np.save(tmp_path / "H.npy", (made.V[:, :4] * [5, 3, 3, 2.9]).T)
    assert eckart("check", "A.npy", "--u", "W.npy", "--vt", "H.npy").code == 1


@pytest.mark.parametrize("arguments, code, words", [
    (("A.npy", "--compare", "nowhere"), 3, "nowhere"),
    (("one",), 2, "is a folder"),
    (("one", "one", "--compare", "one"), 2, "is a folder"),
    (("A.npy", "--u", "one/U.npy", "--s", "one/s.npy"), 2, "--v"),
    (("A.npy", "--u", "one/U.npy", "--vt", "one/Vt.npy", "--v", "one/Vt.npy"), 2, "one of --vt"),
    (("A.npy", "one", "--u", "one/U.npy"), 2, "either a folder"),
])
def test_mistakes_are_explained(eckart, made, arguments, code, words):
    made.save("one")
    run = eckart("check", *arguments)
    assert run.code == code and words in run.err, run.err


def test_values_that_do_not_fall_are_refused(eckart, made):
    made.save("one")
    made.save("other", None, made.s[::-1].copy())
    run = eckart("check", "one", "--compare", "other")
    assert run.code == 2 and "fall" in run.err


def test_the_stored_pca_of_a_small_cell_atlas_fails_at_18_and_19(eckart, tmp_path):
    if "ECKART_DATA" not in os.environ:
        pytest.skip("set ECKART_DATA to the folder of the test data")
    data = Path(os.environ["ECKART_DATA"]) / "tabular/scrna"
    read = lambda name: np.loadtxt(data / f"pbmc_small_{name}.csv", delimiter=",")
    A, scores, loadings = read("scaledata_20x80").T, read("ref_pca_embeddings"), read("ref_pca_loadings")
    s = read("ref_pca_stdev") * np.sqrt(79)
    # The stored loadings have the genes in an order of their own: the first component tells it.
    first = A.T @ scores[:, 0] / s[0]**2
    order = np.argmin(np.abs(loadings[:, 0][None, :] - first[:, None]), axis=1)
    np.save(tmp_path / "A.npy", A)
    (tmp_path / "stored").mkdir()
    np.save(tmp_path / "stored/U.npy", scores / s)
    np.save(tmp_path / "stored/s.npy", s)
    np.save(tmp_path / "stored/V.npy", loadings[order])
    run = eckart("check", "A.npy", "--compare", "stored", "--json")
    assert run.code == 1
    wrong = [k["first"] + 1 for k in run.json["comparison"]["clusters"] if not k["same"]]
    assert wrong == [18, 19]
    assert eckart("check", "A.npy", "stored").code == 1
