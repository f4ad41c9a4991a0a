"""Principal components as a user meets them, against NumPy and published values."""
import json
import os
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parents[2] / "examples/data"
IRIS = np.loadtxt(DATA / "iris.csv", delimiter=",", skiprows=1)[:, :4]


@pytest.fixture
def iris(tmp_path):
    np.save(tmp_path / "iris.npy", IRIS)
    return "iris.npy"


def test_a_model_holds_everything_and_its_parts_fit_together(eckart, iris, saved, tmp_path):
    run = eckart("pca", iris, "-k", "2", "-o", "model", "--json")
    assert run.code == 0, run.err
    pca = run.json["pca"]
    np.testing.assert_allclose(pca["explained_variance_ratio"], [.92461872, .05306648], atol=1e-8)
    np.testing.assert_allclose(pca["explained_variance"], [4.228241706034864, .24267074792863344])
    np.testing.assert_allclose(pca["noise_variance"], 0.05102229650818443, rtol=1e-10)
    np.testing.assert_allclose(pca["total_variance"], IRIS.var(0, ddof=1).sum())
    model = {name: np.load(tmp_path / "model" / f"{name}.npy")
             for name in ("U", "s", "Vt", "mean", "scores", "loadings")}
    np.testing.assert_allclose(model["mean"], IRIS.mean(0), rtol=1e-14)
    np.testing.assert_allclose(model["scores"], (IRIS - IRIS.mean(0)) @ model["Vt"].T, atol=1e-12)
    np.testing.assert_allclose(model["loadings"],
                               model["Vt"].T * np.sqrt(pca["explained_variance"]), rtol=1e-12)
    np.testing.assert_allclose(model["U"] * model["s"], model["scores"], atol=1e-12)
    assert eckart("check", iris, "model", "--center").code == 0
    text = eckart("pca", iris, "-k", "2").out
    assert "centred" in text and "92.46 %" in text and "asked: met" in text


def test_new_rows_are_transformed_brought_back_and_judged(eckart, iris, tmp_path):
    eckart("pca", iris, "-k", "2", "--scale", "-o", "model")
    assert eckart("transform", "model", iris, "-o", "T.npy").code == 0
    np.testing.assert_allclose(np.load(tmp_path / "T.npy"),
                               np.load(tmp_path / "model/scores.npy"), atol=1e-12)
    assert eckart("inverse", "model", "T.npy", "-o", "X.npy").code == 0
    X = (IRIS - IRIS.mean(0)) / IRIS.std(0, ddof=1)
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    best = (U[:, :2] * s[:2]) @ Vt[:2] * IRIS.std(0, ddof=1) + IRIS.mean(0)
    np.testing.assert_allclose(np.load(tmp_path / "X.npy"), best, atol=1e-12)
    eckart("pca", iris, "-k", "2", "-o", "plain")
    run = eckart("score", "plain", iris, "-o", "L.npy", "--json")
    np.testing.assert_allclose(run.json["mean"], -2.699796510675664, rtol=1e-10)  # scikit-learn
    np.testing.assert_allclose(np.load(tmp_path / "L.npy")[0], -1.7829611040183027, rtol=1e-10)
    assert "-2.6997965" in eckart("score", "plain", iris).out


def test_whitened_scores_have_variance_one(eckart, iris, tmp_path):
    eckart("pca", iris, "--whiten", "-o", "model")
    Z = np.load(tmp_path / "model/scores.npy")
    np.testing.assert_allclose(np.cov(Z.T), np.eye(4), atol=1e-11)


def test_scaled_columns_give_the_correlation_matrix(eckart, tmp_path):
    random = np.random.default_rng(2)
    A = random.standard_normal((41, 10)) @ random.standard_normal((10, 10)) * 10.0 ** np.arange(10)
    A[:, 3] = 7
    np.save(tmp_path / "A.npy", A)
    run = eckart("pca", "A.npy", "--scale", "--json")
    rest = np.delete(A, 3, 1)
    values = np.sort(np.linalg.eigvalsh(np.corrcoef(rest.T)))[::-1]
    np.testing.assert_allclose(run.json["pca"]["explained_variance"][:9], values, rtol=1e-8)
    assert run.json["pca"]["explained_variance"][9] <= 1e-20


def test_sparse_and_complex_tables(eckart, tmp_path):
    random = np.random.default_rng(3)
    S = np.where(random.random((30, 6)) < 0.3, random.standard_normal((30, 6)) + 2, 0)
    rows, cols = np.nonzero(S)
    (tmp_path / "S.mtx").write_text(
        "%%MatrixMarket matrix coordinate real general\n30 6 " + f"{len(rows)}\n" +
        "".join(f"{i + 1} {j + 1} {S[i, j]:.17g}\n" for i, j in zip(rows, cols)))
    C = S + 1j * random.standard_normal((30, 6))
    np.save(tmp_path / "C.npy", C)
    for name, A in (("S.mtx", S), ("C.npy", C)):
        run = eckart("pca", name, "-k", "3", "-o", name + ".d", "--json")
        s = np.linalg.svd(A - A.mean(0))[1]
        np.testing.assert_allclose(run.json["pca"]["explained_variance"], s[:3] ** 2 / 29,
                                   rtol=1e-10)
        V = np.load(tmp_path / f"{name}.d/Vt.npy").conj().T
        np.testing.assert_allclose(np.load(tmp_path / f"{name}.d/scores.npy"),
                                   (A - A.mean(0)) @ V, atol=1e-10)


def test_the_number_of_components_is_found_by_every_rule(eckart, tmp_path):
    random = np.random.default_rng(1)
    A = random.standard_normal((300, 12))
    A += 3 * random.standard_normal((300, 3)) @ random.choice([-1, 1], (3, 12))
    np.save(tmp_path / "A.npy", A)
    for rule in ("horn", "minka", "elbow", "gavish-donoho"):
        run = eckart("pca", "A.npy", "--choose", rule, "--json")
        assert run.code == 0 and run.json["rank"] == 3, rule
    run = eckart("pca", "A.npy", "--suggest", "--json")
    assert run.json["rank"] == 12
    found = run.json["pca"]["suggestions"]
    assert found["horn"] == found["minka"] == 3
    s = np.linalg.svd(A - A.mean(0))[1]
    held = np.cumsum(s ** 2) / (s ** 2).sum()
    for level in (80, 90, 95, 99):
        assert found[f"energy {level} %"] == np.argmax(held >= level / 100) + 1
    assert eckart("pca", "A.npy", "--energy", "90%", "--json").json["rank"] == found["energy 90 %"]
    text = eckart("pca", "A.npy", "--suggest").out
    assert "how many components" in text and "horn" in text


def test_missing_values_are_dropped_or_filled(eckart, tmp_path):
    random = np.random.default_rng(7)
    whole = random.standard_normal((30, 2)) @ random.standard_normal((2, 5)) + 3
    holed = whole.copy()
    holed[2, 1] = holed[9, 4] = np.nan
    np.save(tmp_path / "H.npy", holed)
    np.savetxt(tmp_path / "H.csv", holed, delimiter=",", fmt="%.17g")
    np.save(tmp_path / "w.npy", np.arange(1.0, 31))
    run = eckart("pca", "H.npy")
    assert run.code == 3 and "row 3" in run.err
    assert eckart("pca", "H.csv").code == 3
    for name in ("H.npy", "H.csv"):
        run = eckart("pca", name, "--missing", "drop", "-k", "2", "--json")
        kept = np.delete(whole, [2, 9], 0)
        np.testing.assert_allclose(run.json["sigma"],
                                   np.linalg.svd(kept - kept.mean(0))[1][:2], rtol=1e-12)
        assert run.json["pca"]["missing"]["rows_dropped"] == 2
        run = eckart("pca", name, "--missing", "mean", "-k", "2", "--json")
        filled = np.where(np.isnan(holed), np.nanmean(holed, 0), holed)
        np.testing.assert_allclose(run.json["sigma"],
                                   np.linalg.svd(filled - filled.mean(0))[1][:2], rtol=1e-12)
        run = eckart("pca", name, "--missing", "em", "-k", "2", "--json")
        np.testing.assert_allclose(run.json["sigma"],
                                   np.linalg.svd(whole - whole.mean(0))[1][:2], rtol=1e-6)
        assert run.json["pca"]["missing"]["converged"]
    assert eckart("pca", "H.npy", "--missing", "drop", "--weights", "w.npy").code == 0
    assert "filled by a probabilistic model" in eckart("pca", "H.csv", "--missing", "em", "-k", "2").out
    holed[:, 3] = np.nan
    np.save(tmp_path / "H.npy", holed)
    for rule, word in (("mean", "column 4"), ("em", "column 4"), ("drop", "0 rows")):
        run = eckart("pca", "H.npy", "--missing", rule, "-k", "2")
        assert run.code == 3 and word in run.err


def test_weights_count_rows(eckart, iris, tmp_path):
    w = np.random.default_rng(1).integers(0, 3, 150).astype(float)
    np.save(tmp_path / "w.npy", w)
    np.save(tmp_path / "many.npy", np.repeat(IRIS, w.astype(int), 0))
    a = eckart("pca", iris, "--weights", "w.npy", "-o", "model", "--json").json
    b = eckart("pca", "many.npy", "--json").json
    np.testing.assert_allclose(a["pca"]["explained_variance"], b["pca"]["explained_variance"],
                               rtol=1e-11)
    assert a["pca"]["observations"] == w.sum()
    assert np.load(tmp_path / "model/scores.npy").shape == (150, 4)


DATA_FOLDER = os.environ.get("ECKART_DATA")
PUBLISHED = [
    ("tabular/sklearn/wine_data.csv", 13, ["--scale"], "ratio", [.36198848, .1920749, .11123631]),
    ("tabular/sklearn/breast_cancer.csv.gz", 30, ["--scale"], "ratio",
     [.44272026, .18971182, .09393163]),
    ("tabular/ecology/decathlon_41x10.csv", 10, ["--scale"], "variance",
     [3.271906, 1.737131, 1.404917, 1.05685, .684774, .599269, .451235, .396877, .214815, .182227]),
    ("tabular/ecology/dune.csv", 30, [], "variance", [24.7953, 18.1466, 7.6291]),
]


@pytest.mark.skipif(not DATA_FOLDER, reason="ECKART_DATA names no folder of test data")
@pytest.mark.parametrize("name, columns, options, what, expected", PUBLISHED,
                         ids=[p[0] for p in PUBLISHED])
def test_published_values_come_out(eckart, tmp_path, name, columns, options, what, expected):
    run = eckart("pca", Path(DATA_FOLDER) / name, "-o", "all")  # labels are dropped by NumPy below
    assert run.code == 0, run.err
    first = json.loads((tmp_path / "all/report.json").read_text())["matrix"]
    table = np.genfromtxt(Path(DATA_FOLDER) / name, delimiter=",", skip_header=1)
    table = table[:, -columns:] if first["cols"] == columns else table[:, :columns]
    np.save(tmp_path / "A.npy", table)
    pca = eckart("pca", "A.npy", *options, "--json").json["pca"]
    key = "explained_variance" + ("_ratio" if what == "ratio" else "")
    digits = 1e-8 if what == "ratio" else 6e-5
    np.testing.assert_allclose(pca[key][:len(expected)], expected, atol=digits)


MISTAKES = [
    (["pca"], 2, ["FILE"]), (["pca", "[[1,2]]"], 2, ["at least 2 rows"]),
    (["pca", "nowhere.csv"], 3, ["nowhere.csv"]), (["pca", "iris.npy", "-k", "0"], 2, ["-k"]),
    (["pca", "iris.npy", "--energy", "2"], 2, ["--energy"]),
    (["pca", "iris.npy", "-k", "1", "--choose", "horn"], 2, ["one of them"]),
    (["pca", "iris.npy", "--choose", "kaiser"], 2, ["--choose", "'kaiser'", "horn"]),
    (["pca", "iris.npy", "--missing", "guess"], 2, ["--missing", "'guess'"]),
    (["pca", "[[1,2,4],[3,4,7]]", "--choose", "minka"], 2, ["minka", "more rows"]),
    (["pca", "iris.npy", "--weights", "[1,2]"], 3, ["[1,2]", "150"]),
    (["pca", "[[1],[2]]", "--weights", "[1,-1]"], 3, ["number 2", "0 or above"]),
    (["pca", "[[1],[2]]", "--weights", "[0,1]"], 2, ["add up to 1"]),
    (["pca", "[[1,nan],[3,4]]"], 3, ["column 2"]),
    (["pca", "iris.npy", "-o", "model"], 2, ["--force"]),
    (["score", "model"], 2, ["FILE"]), (["score", "plain", "iris.npy"], 3, ["no model"]),
    (["score", "model", "[[1,2]]"], 3, ["2 columns", "4"]),
    (["score", "model", "[[1,2,3,nan]]"], 3, ["column 4"]),
    (["score", "model", "iris.npy", "-o", "L.csv"], 2, ["L.csv", ".npy"]),
]


def test_every_mistake_is_named(eckart, iris, tmp_path):
    eckart("pca", iris, "-k", "2", "-o", "model")
    eckart("svd", iris, "-k", "2", "-o", "plain")
    before = sorted(p.name for p in tmp_path.iterdir())
    for arguments, code, words in MISTAKES:
        run = eckart(*arguments)
        assert run.code == code and run.out == "", (arguments, run.code, run.out, run.err)
        assert run.err.startswith("eckart: ") and len(run.err.splitlines()) == 1, run.err
        for word in words:
            assert word in run.err, (arguments, run.err)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_any_number_of_threads_gives_the_same_bytes(eckart, iris, tmp_path):
    files = []
    for threads in (1, 2, 3):
        eckart("pca", iris, "--scale", "-o", f"m{threads}", "--threads", threads)
        files.append((tmp_path / f"m{threads}/scores.npy").read_bytes())
    assert files[0] == files[1] == files[2]
