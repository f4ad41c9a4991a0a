"""Coordinates, approximations and energy from a saved SVD, against NumPy's own decomposition."""
import numpy as np
import pytest


@pytest.fixture
def A(tmp_path):
    random = np.random.default_rng(3)
    A = random.standard_normal((40, 12)) * 0.7 ** np.arange(12) + 5
    np.save(tmp_path / "A.npy", A)
    np.save(tmp_path / "new.npy", random.standard_normal((7, 12)) + 5)
    return A


def load(tmp_path, name):
    return np.load(tmp_path / name)


def test_the_coordinates_of_the_decomposed_rows_are_u_sigma(eckart, A, tmp_path):
    eckart("svd", "A.npy", "-o", "out")
    assert eckart("transform", "out", "-o", "T.npy").code == 0
    run = eckart("transform", "out", "A.npy", "-o", "T2.npy", "--json")
    assert run.code == 0 and run.json["rows"] == 40 and run.json["triplets"] == 12
    T = load(tmp_path, "T.npy")
    np.testing.assert_allclose(T, load(tmp_path, "T2.npy"), atol=1e-12)
    np.testing.assert_allclose(T.T @ T, np.diag(np.linalg.svd(A)[1] ** 2), atol=1e-9)
    np.testing.assert_allclose(T @ load(tmp_path, "out/Vt.npy"), A, atol=1e-12)


@pytest.mark.parametrize("prepared", [[], ["--center"], ["--scale"], ["--center", "--scale"]])
def test_new_rows_are_prepared_as_the_old_ones_were(eckart, A, tmp_path, prepared):
    eckart("svd", "A.npy", *prepared, "-o", "out")
    run = eckart("transform", "out", "new.npy", "-o", "T.npy")
    assert run.code == 0, run.err
    new = load(tmp_path, "new.npy")
    X = new - A.mean(0) if "--center" in prepared else new
    X = X / A.std(0, ddof=1) if "--scale" in prepared else X
    T = load(tmp_path, "T.npy")
    np.testing.assert_allclose(T, X @ load(tmp_path, "out/Vt.npy").T, atol=1e-12)
    assert eckart("inverse", "out", "T.npy", "-o", "X.npy").code == 0
    np.testing.assert_allclose(load(tmp_path, "X.npy"), new, atol=1e-11)


def test_fewer_coordinates_bring_the_nearest_rows_back(eckart, A, tmp_path):
    eckart("svd", "A.npy", "--center", "-o", "out")
    assert eckart("transform", "out", "A.npy", "-k", "3", "-o", "T.npy").code == 0
    assert load(tmp_path, "T.npy").shape == (40, 3)
    assert eckart("inverse", "out", "T.npy", "-o", "X.npy").code == 0
    U, s, Vt = np.linalg.svd(A - A.mean(0), full_matrices=False)
    best = (U[:, :3] * s[:3]) @ Vt[:3] + A.mean(0)
    np.testing.assert_allclose(load(tmp_path, "X.npy"), best, atol=1e-11)


def test_complex_rows_meet_real_factors_and_the_reverse(eckart, A, tmp_path):
    random = np.random.default_rng(8)
    C = A + 1j * random.standard_normal(A.shape)
    np.save(tmp_path / "C.npy", C)
    for name, folder in (("A.npy", "real"), ("C.npy", "complex")):
        eckart("svd", name, "--center", "-o", folder)
    for folder, rows, B in (("real", "C.npy", A), ("complex", "A.npy", C)):
        assert eckart("transform", folder, rows, "-o", f"{folder}.npy").code == 0
        V = load(tmp_path, f"{folder}/Vt.npy").conj().T
        expected = (load(tmp_path, rows) - B.mean(0)) @ V
        np.testing.assert_allclose(load(tmp_path, f"{folder}.npy"), expected, atol=1e-11)
        assert eckart("inverse", folder, f"{folder}.npy", "-o", "back.npy", "--force").code == 0
        np.testing.assert_allclose(load(tmp_path, "back.npy"), load(tmp_path, rows), atol=1e-11)


def test_sparse_rows_are_transformed_too(eckart, tmp_path):
    (tmp_path / "S.mtx").write_text("%%MatrixMarket matrix coordinate real general\n3 2 3\n"
                                    "1 1 3\n2 2 4\n3 1 1\n")
    S = np.array([[3, 0], [0, 4], [1, 0]])
    eckart("svd", "S.mtx", "--center", "-o", "out")
    assert eckart("transform", "out", "S.mtx", "-o", "T.npy").code == 0
    np.testing.assert_allclose(load(tmp_path, "T.npy"),
                               (S - S.mean(0)) @ load(tmp_path, "out/Vt.npy").T, atol=1e-14)


def test_energy_holds_what_the_values_say(eckart, A):
    s = np.linalg.svd(A)[1]
    eckart("svd", "A.npy", "-o", "all")
    eckart("svd", "A.npy", "-k", "4", "-o", "four")
    for source, count in (("A.npy", 12), ("all", 12), ("four", 4)):
        table = eckart("energy", source, "--json").json["table"]
        assert [row["k"] for row in table] == list(range(1, count + 1))
        for row in table:
            k = row["k"]
            np.testing.assert_allclose(row["energy"], (s[:k] ** 2).sum() / (s ** 2).sum(),
                                       rtol=1e-12)
            np.testing.assert_allclose(row["frobenius_error"], np.linalg.norm(s[k:]), rtol=1e-7,
                                       atol=1e-12)
            if k < count:
                np.testing.assert_allclose(row["spectral_error"], s[k], rtol=1e-10)
    text = eckart("energy", "four").out
    assert "E_k/E" in text and "≤" in text
    assert len(eckart("energy", "A.npy", "-k", "3", "--json").json["table"]) == 3


def test_lowrank_names_sizes_and_errors_beside_the_least_possible(eckart, A, tmp_path):
    s = np.linalg.svd(A)[1]
    run = eckart("lowrank", "A.npy", "-k", "3", "-o", "B.npy", "--json")
    sizes, errors = run.json["sizes"], run.json["errors"]
    assert sizes["matrix_bytes"] == 40 * 12 * 8 and sizes["factor_bytes"] == 3 * (40 + 12 + 1) * 8
    np.testing.assert_allclose(sizes["ratio"], 480 / 159)
    measured = np.linalg.norm(A - load(tmp_path, "B.npy"))
    np.testing.assert_allclose(errors["frobenius_measured"], measured, rtol=1e-12)
    np.testing.assert_allclose(errors["frobenius_least"]["value"], np.linalg.norm(s[3:]), rtol=1e-8)
    assert errors["spectral_least"]["value"] >= s[3] * (1 - 1e-12)
    eckart("svd", "A.npy", "-o", "all")
    run = eckart("lowrank", "all", "-k", "3", "-o", "C.npy", "--json")
    np.testing.assert_allclose(run.json["errors"]["spectral_least"]["value"], s[3], rtol=1e-12)
    np.testing.assert_allclose(load(tmp_path, "C.npy"), load(tmp_path, "B.npy"), atol=1e-12)
    assert "Eckart" in eckart("lowrank", "all", "-k", "3", "-o", "D.npy").out


def test_lowrank_of_a_saved_result_finds_the_rank_by_energy_or_error(eckart, A, tmp_path):
    s = np.linalg.svd(A)[1]
    eckart("svd", "A.npy", "-o", "all")
    eckart("svd", "A.npy", "-k", "5", "-o", "five")
    held = np.cumsum(s ** 2) / (s ** 2).sum()
    for folder in ("all", "five"):
        for k in (1, 2, 4):
            share = str((held[k - 1] + held[k - 2]) / 2 if k > 1 else held[0] / 2)
            run = eckart("lowrank", folder, "--energy", share, "-o", "B.npy", "--json", "--force")
            assert run.json["rank"] == k
            error = str((1 - (held[k - 1] + held[k]) / 2) ** 0.5)
            run = eckart("lowrank", folder, "--tolerance", error, "-o", "B.npy", "--json", "--force")
            assert run.json["rank"] == k + 1
    run = eckart("lowrank", "five", "--energy", "99.9999%", "-o", "E.npy")
    assert run.code == 2 and "too few" in run.err and not (tmp_path / "E.npy").exists()
    run = eckart("lowrank", "five", "--choose", "elbow", "-o", "E.npy")
    assert run.code == 2 and "--choose" in run.err
    (tmp_path / "five" / "report.json").unlink()
    run = eckart("lowrank", "five", "--energy", "50%", "-o", "E.npy")
    assert run.code == 2 and "norm" in run.err
    assert eckart("energy", "five").code == 3
    assert eckart("lowrank", "five", "-k", "2", "-o", "E.npy").code == 0


def test_a_result_without_its_means_is_refused(eckart, A, tmp_path):
    eckart("svd", "A.npy", "--center", "-o", "out")
    (tmp_path / "out" / "mean.npy").unlink()
    run = eckart("transform", "out", "new.npy", "-o", "T.npy")
    assert run.code == 3 and "mean.npy" in run.err
    np.save(tmp_path / "out" / "mean.npy", np.zeros(5))
    run = eckart("transform", "out", "new.npy", "-o", "T.npy")
    assert run.code == 3 and "mean.npy" in run.err and "5 x 1" in run.err


def test_results_with_means_can_be_replaced(eckart, A, tmp_path):
    assert eckart("svd", "A.npy", "--center", "--scale", "-o", "out").code == 0
    assert eckart("svd", "A.npy", "-o", "out", "--force").code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "U.npy", "Vt.npy", "report.json", "s.npy"]


MISTAKES = [
    (["transform"], 2, ["DIR"]), (["transform", "out"], 2, ["--output"]),
    (["transform", "nowhere", "-o", "T.npy"], 3, ["nowhere", "no such folder"]),
    (["transform", "A.npy", "-o", "T.npy"], 3, ["A.npy", "not a folder"]),
    (["transform", "out", "-o", "T.csv"], 2, ["T.csv", ".npy"]),
    (["transform", "out", "", "-o", "T.npy"], 2, ["FILE", "empty"]),
    (["transform", "out", "[[1,2]]", "-o", "T.npy"], 3, ["2 columns", "12"]),
    (["transform", "out", "[[1,2,3,4,5,6,7,8,9,10,11,nan]]", "-o", "T.npy"], 3, ["column 12"]),
    (["transform", "out", "-k", "13", "-o", "T.npy"], 2, ["-k 13", "12 triplets"]),
    (["transform", "out", "-k", "0", "-o", "T.npy"], 2, ["-k", "at least 1"]),
    (["transform", "values", "-o", "T.npy"], 3, ["without vectors"]),
    (["transform", "small", "-o", "T.npy"], 2, ["smallest"]),
    (["transform", "out", "-o", "out/U.npy", "--force"], 2, ["input"]),
    (["inverse", "out", "-o", "X.npy"], 2, ["FILE"]),
    (["inverse", "out", "A.npy", "-o", "A.npy", "--force"], 2, ["input"]),
    (["inverse", "out", "A.npy", "-o", "A.npy"], 2, ["--force"]),
    (["inverse", "four", "A.npy", "-o", "X.npy"], 3, ["12 columns", "4 triplets"]),
    (["energy"], 2, ["FILE"]), (["energy", "nowhere"], 3, ["nowhere"]),
    (["energy", "A.npy", "-k", "x"], 2, ["-k", "'x'"]),
]


def test_every_mistake_is_named(eckart, A, tmp_path):
    eckart("svd", "A.npy", "-o", "out")
    eckart("svd", "A.npy", "-k", "4", "-o", "four")
    eckart("svd", "A.npy", "--values-only", "-o", "values")
    eckart("svd", "A.npy", "-k", "2", "--smallest", "-o", "small")
    before = sorted(p.name for p in tmp_path.iterdir())
    for arguments, code, words in MISTAKES:
        run = eckart(*arguments)
        assert run.code == code and run.out == "", (arguments, run.out, run.err)
        assert run.err.startswith("eckart: ") and len(run.err.splitlines()) == 1
        for word in words:
            assert word in run.err, (arguments, run.err)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_any_number_of_threads_gives_the_same_bytes(eckart, A, tmp_path):
    eckart("svd", "A.npy", "--center", "-o", "out")
    files = []
    for threads in (1, 2, 3):
        eckart("transform", "out", "new.npy", "-o", f"T{threads}.npy", "--threads", threads)
        files.append((tmp_path / f"T{threads}.npy").read_bytes())
    assert files[0] == files[1] == files[2]
