"""Principal components as a user meets them, against NumPy and published values."""
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import TOOL

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


def test_the_model_filled_in_is_that_of_maximum_likelihood(eckart, tmp_path):
    random = np.random.default_rng(4)
    X = random.standard_normal((80, 2)) @ random.standard_normal((2, 6)) * [1, 1, 1, 1, 1, 100]
    X += random.standard_normal((80, 6)) * [.3, .3, .3, .3, .3, 30] + 5
    holed = X.copy()
    holed[random.random(X.shape) < .15] = np.nan
    np.save(tmp_path / "H.npy", holed)
    seen = ~np.isnan(holed)
    for options in ([], ["--scale"]):
        run = eckart("pca", "H.npy", "--missing", "em", "-k", "2", *options, "-o", "m", "--force",
                     "--json")
        assert run.code == 0
        missing = run.json["pca"]["missing"]
        filled = np.load(tmp_path / "m/filled.npy")
        assert np.array_equal(filled[seen], holed[seen])
        assert "maximum_likelihood" not in run.json["pca"]
        assert missing["values_filled"] == (~seen).sum()
        assert missing["converged"] and missing["components"] == 2
        if not options:
            continue
        # Scaled means: of columns divided by the deviation of what is there.
        units = np.nanstd(holed, 0, ddof=1)
        np.save(tmp_path / "S.npy", holed / units)
        same = eckart("pca", "S.npy", "--missing", "em", "-k", "2", "-o", "s", "--json").json
        np.testing.assert_allclose(np.load(tmp_path / "s/filled.npy") * units, filled, rtol=1e-6)
        np.testing.assert_allclose(same["pca"]["missing"]["log_likelihood"],
                                   missing["log_likelihood"], rtol=1e-9)
        means = np.where(seen, holed, np.nanmean(holed, 0))
        assert (((filled - X) / units) ** 2).sum() < .6 * (((means - X) / units) ** 2).sum()
    # Of a complete table the closed form: C = V diag(variances - noise) V' + noise I, divisor N.
    np.save(tmp_path / "X.npy", X)
    found = eckart("pca", "X.npy", "-k", "2", "--json").json["pca"]["maximum_likelihood"]
    values, V = np.linalg.eigh(np.cov(X.T, bias=True))
    noise = values[:4].mean()
    C = V[:, 4:] * (values[4:] - noise) @ V[:, 4:].T + noise * np.eye(6)
    Y = X - X.mean(0)
    logs = -(6 * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] +
             (Y @ np.linalg.inv(C) * Y).sum(1)) / 2
    np.testing.assert_allclose(found["noise_variance"], noise, rtol=1e-10)
    np.testing.assert_allclose(found["log_likelihood"], logs.sum(), rtol=1e-10)
    assert f"log-likelihood {logs.sum():.6g}"[:18] in eckart("pca", "X.npy", "-k", "2").out
    # Without directions left out there is no noise, and no likelihood to tell.
    whole = eckart("pca", "X.npy", "--json").json["pca"]
    assert whole["noise_variance"] == 0 and "log-likelihood" not in eckart("pca", "[[1,2],[3,4],[5,6]]").out


# Prints the peak memory of a command. A child begins with the peak of its parent, so that the parent
# must be small: pytest is not.
PEAK = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def test_a_sparse_table_is_never_made_dense(tmp_path):
    """200,000 x 20,000 would take 32 GB; each command stays below 300 MB."""
    random = np.random.default_rng(5)
    rows, cols, count = 200_000, 20_000, 300_000
    i, j = random.integers(0, rows, count), random.integers(0, cols // 50, count) * 50
    np.savetxt(tmp_path / "S.mtx", np.c_[i + 1, j + 1], fmt="%d", comments="",
               header=f"%%MatrixMarket matrix coordinate pattern general\n{rows} {cols} {count}")
    np.save(tmp_path / "w.npy", random.integers(0, 3, rows).astype(float))
    runs = [("pca", "S.mtx", "-k", "2", "--scale", "--weights", "w.npy", "--accuracy", "0.01",
             "-o", "m"),
            ("transform", "m", "S.mtx", "-o", "T.npy"), ("score", "m", "S.mtx")]
    for arguments in runs:
        done = subprocess.run([sys.executable, "-c", PEAK, TOOL, *arguments], cwd=tmp_path,
                              capture_output=True, text=True)
        assert done.returncode == 0, (arguments, done.stderr)
        assert int(done.stdout) < 300_000, arguments  # KiB
    np.testing.assert_allclose(np.load(tmp_path / "T.npy"), np.load(tmp_path / "m/scores.npy"),
                               atol=1e-12)


def test_a_whitened_model_stays_one(eckart, iris, tmp_path):
    eckart("pca", iris, "-k", "2", "--whiten", "-o", "white")
    eckart("pca", iris, "-k", "2", "-o", "plain")
    Z = np.load(tmp_path / "white/scores.npy")
    for arguments in (["white", iris], ["white"]):
        assert eckart("transform", *arguments, "-o", "T.npy", "--force").code == 0
        np.testing.assert_allclose(np.load(tmp_path / "T.npy"), Z, atol=1e-12)
    eckart("inverse", "white", "T.npy", "-o", "X.npy")
    eckart("inverse", "plain", "plain/scores.npy", "-o", "Y.npy")
    np.testing.assert_allclose(np.load(tmp_path / "X.npy"), np.load(tmp_path / "Y.npy"), atol=1e-12)
    scores = [eckart("score", m, iris, "--json").json["mean"] for m in ("white", "plain")]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-12)


def test_what_centring_changes_is_said_in_words(eckart, iris, tmp_path):
    run = eckart("pca", iris, "-k", "2", "--compare", "--json").json["comparison"]
    centred = np.linalg.svd(IRIS - IRIS.mean(0))[2]
    plain_s, plain = np.linalg.svd(IRIS, full_matrices=False)[1:]
    share = 150 * (IRIS.mean(0) ** 2).sum() / (IRIS ** 2).sum()
    np.testing.assert_allclose(run["mean_share"], share)
    np.testing.assert_allclose(run["uncentred_sigma"], plain_s[:2])
    angle = np.degrees(np.arccos(abs((centred[:2] * plain[:2]).sum(1))))
    np.testing.assert_allclose(run["angles_degrees"], angle)
    mean = IRIS.mean(0) / np.linalg.norm(IRIS.mean(0))
    np.testing.assert_allclose(run["mean_angle_degrees"], np.degrees(np.arccos(abs(mean @ plain[0]))))
    text = eckart("pca", iris, "-k", "2", "--compare").out
    for words in ("The means are 92.86 % of the sum of squares", "points at the mean (1.9° off)",
                  "42.4° apart"):
        assert words in text, text
    for shift, words in ((0, "mean 0 already"), (.05, "nearly agree")):
        A = IRIS - IRIS.mean(0) + shift * np.array([1, 0, 0, 0])
        np.save(tmp_path / "A.npy", np.r_[A, 2 * shift * np.array([[1, 0, 0, 0]]) - A])
        assert words in eckart("pca", "A.npy", "-k", "2", "--compare").out
    np.save(tmp_path / "A.npy", IRIS - IRIS.mean(0) + 30 * centred[0])
    assert "along their mean" in eckart("pca", "A.npy", "--compare").out
    np.save(tmp_path / "A.npy", IRIS - IRIS.mean(0) + 1.5 * centred[1])
    text = eckart("pca", "A.npy", "--compare").out
    assert "it mixes where the table lies" in text


def test_how_much_of_the_variance_few_components_hold_is_always_shown(eckart, iris):
    assert "energy   80 % in 1, 90 % in 1, 95 % in 2 components" in eckart("pca", iris).out
    assert "95 % in more than 1 components" in eckart("pca", iris, "-k", "1").out


def test_columns_can_be_weighted(eckart, iris, tmp_path):
    w = np.array([1, .5, 2, 3])
    np.save(tmp_path / "w.npy", w)
    run = eckart("pca", iris, "--column-weights", "w.npy", "-o", "m", "--json")
    s = np.linalg.svd((IRIS - IRIS.mean(0)) * w)[1]
    np.testing.assert_allclose(run.json["sigma"], s)
    eckart("inverse", "m", "m/scores.npy", "-o", "X.npy")
    np.testing.assert_allclose(np.load(tmp_path / "X.npy"), IRIS, atol=1e-12)


@pytest.mark.parametrize("table", ["iris", "digits"])
def test_scikit_learn_agrees_up_to_signs(eckart, tmp_path, table):
    decomposition = pytest.importorskip("sklearn.decomposition")
    A = IRIS if table == "iris" else np.loadtxt(DATA / "digits.csv.gz", delimiter=",")[:, :64]
    np.save(tmp_path / "A.npy", A)
    for whiten in (False, True):
        peer = decomposition.PCA(3, svd_solver="full", whiten=whiten).fit(A)
        run = eckart("pca", "A.npy", "-k", "3", *["--whiten"] * whiten, "-o", "m", "--force", "--json")
        pca = run.json["pca"]
        np.testing.assert_allclose(pca["explained_variance"], peer.explained_variance_)
        np.testing.assert_allclose(pca["explained_variance_ratio"], peer.explained_variance_ratio_)
        np.testing.assert_allclose(pca["noise_variance"], peer.noise_variance_)
        np.testing.assert_allclose(np.load(tmp_path / "m/mean.npy"), peer.mean_, atol=1e-14)
        Vt = np.load(tmp_path / "m/Vt.npy")
        signs = np.sign((Vt * peer.components_).sum(1))
        np.testing.assert_allclose(Vt * signs[:, None], peer.components_, atol=1e-9)
        np.testing.assert_allclose(np.load(tmp_path / "m/scores.npy") * signs, peer.transform(A),
                                   atol=1e-9)
        if not whiten:  # scikit-learn 1.2 takes whitened components for the covariance
            likelihood = eckart("score", "m", "A.npy", "--json").json["log_likelihood"]
            np.testing.assert_allclose(likelihood, peer.score_samples(A))
    found = eckart("pca", "A.npy", "--choose", "minka", "--json")
    assert found.json["rank"] == decomposition.PCA("mle", svd_solver="full").fit(A).n_components_


def test_conventions_of_r_and_julia(eckart, iris, tmp_path):
    """By their definitions: prcomp's sdev and rotation, princomp's and FactoMineR's divisor N,
    MultivariateStats' principalvars with method :cov (N - 1) and :svd (N)."""
    eckart("pca", iris, "-o", "m")
    pca = json.loads((tmp_path / "m/report.json").read_text())["pca"]
    values, V = np.linalg.eigh(np.cov(IRIS.T))
    np.testing.assert_allclose(np.sqrt(pca["explained_variance"]), np.sqrt(values[::-1]))
    np.testing.assert_allclose(np.array(pca["explained_variance"]) * 149 / 150,
                               np.linalg.eigvalsh(np.cov(IRIS.T, bias=True))[::-1])
    Vt = np.load(tmp_path / "m/Vt.npy")
    np.testing.assert_allclose(abs(Vt), abs(V.T[::-1]), atol=1e-9)
    assert (Vt[np.arange(4), abs(Vt).argmax(1)] > 0).all()  # our sign rule


def test_edges_are_defined(eckart, tmp_path):
    # More columns than rows: rows - 1 directions, the last without variance and with scores 0.
    A = np.random.default_rng(1).standard_normal((4, 9))
    np.save(tmp_path / "A.npy", A)
    run = eckart("pca", "A.npy", "--whiten", "-o", "m", "--json")
    assert run.code == 0 and run.json["rank"] == 4
    assert np.isfinite(np.load(tmp_path / "m/scores.npy")).all()
    np.testing.assert_allclose(run.json["pca"]["explained_variance"][:3],
                               np.linalg.svd(A - A.mean(0))[1][:3] ** 2 / 3)
    assert run.json["pca"]["explained_variance"][3] < 1e-28
    # Nothing varies.
    run = eckart("pca", "[[1,2],[1,2],[1,2]]", "--scale", "--json")
    assert run.code == 0 and run.json["pca"]["explained_variance"] == [0, 0]
    assert run.json["pca"]["explained_variance_ratio"] == [0, 0]
    assert eckart("pca", "[[1,2],[1,2],[1,2]]", "--compare").code == 0
    # Rows of weight 0 have no say, however far out, and a score.
    np.save(tmp_path / "B.npy", np.r_[A, [[1e6] * 9]])
    np.save(tmp_path / "w.npy", [1., 1, 1, 1, 0])
    run = eckart("pca", "B.npy", "--weights", "w.npy", "-o", "w", "--json")
    np.testing.assert_allclose(run.json["pca"]["explained_variance"][:3],
                               np.linalg.svd(A - A.mean(0))[1][:3] ** 2 / 3)
    assert abs(np.load(tmp_path / "w/scores.npy")[4]).max() > 1e5
    assert "scores.npy" in eckart("transform", "w", "-o", "T.npy").err
    # Iterations that stop too early say so.
    holed = A.copy()
    holed[0, 0] = np.nan
    np.save(tmp_path / "H.npy", holed)
    run = eckart("pca", "H.npy", "--missing", "em", "-k", "1", "--json")
    assert run.code == (0 if run.json["pca"]["missing"]["converged"] else 1)


DATA_FOLDER = os.environ.get("ECKART_DATA")
needs_data = pytest.mark.skipif(not DATA_FOLDER, reason="ECKART_DATA names no folder of test data")
# Table, header lines, first column, columns, options, and what comes out to the digits given.
PUBLISHED = [
    ("tabular/sklearn/wine_data.csv", 1, 0, 13, ["--scale"], "ratio",
     [.36198848, .1920749, .11123631]),
    ("tabular/sklearn/breast_cancer.csv.gz", 1, 0, 30, ["--scale"], "ratio",
     [.44272026, .18971182, .09393163]),
    ("tabular/ecology/decathlon_41x10.csv", 1, 0, 10, ["--scale"], "variance",
     [3.271906, 1.737131, 1.404917, 1.05685, .684774, .599269, .451235, .396877, .214815, .182227]),
    ("tabular/ecology/dune.csv", 1, 0, 30, [], "variance", [24.7953, 18.1466, 7.6291]),
]


def digits_given(x):
    return len(str(x).split(".")[1])


@needs_data
@pytest.mark.parametrize("name, skip, first, columns, options, what, expected", PUBLISHED,
                         ids=[p[0] for p in PUBLISHED])
def test_published_values_come_out(eckart, tmp_path, name, skip, first, columns, options, what,
                                   expected):
    table = np.genfromtxt(Path(DATA_FOLDER) / name, delimiter=",", skip_header=skip)
    np.save(tmp_path / "A.npy", table[:, first:first + columns])
    pca = eckart("pca", "A.npy", *options, "--json").json["pca"]
    found = pca["explained_variance" + ("_ratio" if what == "ratio" else "")]
    for x, y in zip(found, expected):
        assert abs(x - y) <= .51 * 10. ** -digits_given(y), (x, y)
    if "dune" in name:
        np.testing.assert_allclose(pca["total_variance"], 84.1237, atol=5e-5)


@needs_data
@pytest.mark.parametrize("part, sigma, ratios, components", [
    ("train", [278004.79978008737, 217382.15550891167, 126569.75557366664],
     [.29039228, .17755310, .06019222], 187),
    ("t10k", [113498.48866, 88267.75758, 51546.47083], [], 183)])
def test_fashion_mnist(eckart, tmp_path, part, sigma, ratios, components):
    path = Path(DATA_FOLDER) / f"tabular/fashion-mnist/{part}-images-idx3-ubyte.gz"
    images = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16).reshape(-1, 784)
    np.save(tmp_path / "A.npy", images.astype(float))
    run = eckart("pca", "A.npy", "--energy", "95%", "--method", "gram", "--json").json
    np.testing.assert_allclose(run["sigma"][:3], sigma, rtol=1e-12 if part == "train" else 1e-10)
    np.testing.assert_allclose(run["pca"]["explained_variance_ratio"][:len(ratios)], ratios,
                               atol=5.1e-9)
    assert run["rank"] == components


@needs_data
@pytest.mark.parametrize("weighting", ["equal", "latitude", "area", "area_multi", "area_multi_mix"])
def test_sea_surface_temperatures(eckart, tmp_path, weighting):
    """Against the reference files of the eofs package: columns weighted, land left out."""
    folder = Path(DATA_FOLDER) / "climate/eofs"
    sst = np.load(folder / "sst.npy").reshape(15, -1)
    sea = ~np.isnan(sst).any(0)
    np.save(tmp_path / "sst.npy", sst[:, sea])
    options = []
    if weighting != "equal":
        weights = np.load(folder / f"weights.{weighting}.npy")
        np.save(tmp_path / "w.npy", np.broadcast_to(weights, (11, 18)).reshape(-1)[sea])
        options = ["--column-weights", "w.npy"]
    expected = np.load(folder / f"eigenvalues.{weighting}.npy")
    run = eckart("pca", "sst.npy", *options, "-o", "m", "--json").json
    np.testing.assert_allclose(run["pca"]["explained_variance"][:len(expected)], expected, rtol=1e-9)
    np.testing.assert_allclose(run["pca"]["explained_variance_ratio"][:len(expected)],
                               np.load(folder / f"variance.{weighting}.npy") / 100, rtol=1e-9)
    if weighting == "equal":
        np.testing.assert_allclose(
            expected[:5], [14.58859768, 5.07453998, 2.27150297, 1.51972937, 1.35090339], atol=6e-9)
    eofs = np.load(folder / f"eofs.{weighting}.npy")
    eofs = eofs.reshape(len(eofs), -1)[:, sea]
    Vt = np.load(tmp_path / "m/Vt.npy")[:len(eofs)]
    np.testing.assert_allclose(abs((Vt * eofs).sum(1)) / np.linalg.norm(eofs, axis=1), 1, atol=1e-9)


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
    (["pca", "[[1],[2]]", "--weights", "[0,0]"], 2, ["add up to 0"]),
    (["pca", "[[1],[2]]", "--weights", "nowhere.npy"], 3, ["nowhere.npy"]),
    (["pca", "[[1,2],[2,3]]", "--column-weights", "[1,0]"], 3, ["number 2", "column", "above 0"]),
    (["pca", "[[1,2],[2,3]]", "--column-weights", "[1,2,3]"], 3, ["3", "2 columns"]),
    (["pca", "iris.npy", "--compare", "--no-center"], 2, ["--compare", "--no-center"]),
    (["pca", "[[1,nan],[3,4]]", "--missing", "em", "--weights", "[1,1]"], 2, ["--weights"]),
    (["pca", "[[1,nan,3],[3,4,5],[5,5,7]]", "--missing", "em", "-k", "3"], 3, ["below 3", "got 3"]),
    (["pca", "[[1,nan],[3,4],[5,inf]]", "--missing", "em", "-k", "1"], 3, ["row 3", "column 2"]),
    (["pca", "[[1,nan],[3,4]]", "--missing", "drop"], 3, ["1 row", "mean or em"]),
    (["pca", "iris.npy", "--choose", "horn", "--weights", "ones.npy"], 2, ["horn", "--weights"]),
    (["pca", "C.npy", "--choose", "horn"], 2, ["horn", "real"]),
    (["pca", "iris.npy", "--tolerance", "2"], 2, ["--tolerance"]),
    (["pca", "iris.npy", "--method", "magic"], 2, ["--method", "'magic'"]),
    (["pca", "iris.npy", "--seed", "x"], 2, ["--seed"]),
    (["pca", "iris.npy", "-o", "iris.npy", "--force"], 2, ["iris.npy"]),
    (["pca", "S.mtx", "--missing", "em"], 2, ["sparse"]),
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
    np.save(tmp_path / "ones.npy", np.ones(150))
    np.save(tmp_path / "C.npy", IRIS + 1j)
    (tmp_path / "S.mtx").write_text("%%MatrixMarket matrix coordinate real general\n3 2 2\n"
                                    "1 1 nan\n2 2 1\n")
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
