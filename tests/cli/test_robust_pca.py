"""eckart robust-pca against what was planted."""
import numpy as np
import pytest


def planted(rows=60, cols=50, rank=3, share=0.05, seed=1, dtype=float):
    random = np.random.default_rng(seed)
    L = random.standard_normal((rows, rank)) @ random.standard_normal((rank, cols))
    S = np.where(random.random((rows, cols)) < share, 10.0, 0.0)
    S *= random.choice([-1, 1], S.shape)
    if dtype is complex:
        L, S = L * (1 + 2j), S * (0.6 - 0.8j)
    return L, S


@pytest.mark.parametrize("dtype", [float, complex])
def test_the_planted_parts_come_back(eckart, saved, tmp_path, dtype):
    L, S = planted(dtype=dtype)
    np.save(tmp_path / "A.npy", L + S)
    run = eckart("robust-pca", "A.npy", "-o", "parts")
    assert run.code == 0, run.err
    assert "rank 3 of 50" in run.out and "met" in run.out
    parts = saved("parts")
    np.testing.assert_allclose(parts.product(), L, atol=5e-5)
    sparse = np.load(tmp_path / "parts" / "sparse.npy")
    np.testing.assert_allclose(sparse, S, atol=5e-5)
    facts = parts.report["robust_pca"]
    assert facts["rank"] == 3 and facts["nonzeros"] == np.count_nonzero(S) and facts["met"]
    np.testing.assert_allclose(facts["lambda"], 1 / np.sqrt(60))
    A = L + S
    np.testing.assert_allclose(facts["residual"], np.linalg.norm(A - parts.product() - sparse)
                               / np.linalg.norm(A), rtol=1e-3)


def test_the_low_rank_part_is_a_saved_result_like_any_other(eckart, tmp_path):
    L, S = planted()
    np.save(tmp_path / "A.npy", L + S)
    eckart("robust-pca", "A.npy", "-o", "parts")
    assert eckart("lowrank", "parts", "-k", "3", "-o", "L.npy").code == 0
    np.testing.assert_allclose(np.load(tmp_path / "L.npy"), L, atol=1e-5)
    table = eckart("energy", "parts", "--json").json["table"]
    assert len(table) == 3 and abs(table[-1]["energy"] - 1) < 1e-12
    assert eckart("robust-pca", "A.npy", "-o", "parts").code == 2
    assert eckart("robust-pca", "A.npy", "-o", "parts", "--force").code == 0


def test_every_option_matters(eckart, tmp_path):
    L, S = planted(seed=4)
    np.save(tmp_path / "A.npy", L + S + 0.1 * np.random.default_rng(2).standard_normal(L.shape))
    plain = eckart("robust-pca", "A.npy", "--json").json["robust_pca"]
    large = eckart("robust-pca", "A.npy", "--lambda", "0.4", "--json").json["robust_pca"]
    assert large["rank"] > plain["rank"] and large["nonzeros"] < plain["nonzeros"]
    rough = eckart("robust-pca", "A.npy", "--tolerance", "1e-3", "--gap", "0.5",
                   "--json").json["robust_pca"]
    assert rough["met"] and 1e-7 < rough["residual"] <= 1e-3
    assert rough["iterations"] < plain["iterations"]
    fine = eckart("robust-pca", "A.npy", "--gap", "1e-5", "--json").json["robust_pca"]
    assert fine["gap"] <= 1e-5 < plain["gap"] and fine["objective"] < plain["objective"]
    run = eckart("robust-pca", "A.npy", "--max-iterations", "4")
    assert run.code == 1 and "NOT met" in run.out and "asked for" in run.out


def test_tables_with_sparse_input_and_zeros_work(eckart, tmp_path):
    (tmp_path / "A.mtx").write_text("%%MatrixMarket matrix coordinate real general\n"
                                    "3 3 2\n1 1 2.0\n3 2 -1.0\n")
    assert eckart("robust-pca", "A.mtx").code == 0
    run = eckart("robust-pca", "[[0,0],[0,0]]", "--json")
    assert run.code == 0 and run.json["robust_pca"]["rank"] == 0
    run = eckart("robust-pca", "[[0,0],[0,0]]", "-o", "zero")
    assert run.code == 0 and np.load(tmp_path / "zero" / "sparse.npy").shape == (2, 2)


def test_a_stopped_run_says_what_it_does_not_know(eckart, tmp_path):
    np.save(tmp_path / "A.npy", np.random.default_rng(1).standard_normal((400, 300)))
    run = eckart("robust-pca", "A.npy", "--gap", "1e-9", "--max-time", "0.5s", "-o", "parts")
    assert run.code == 4
    if run.out:  # at least one iteration was made
        assert "stopped" in run.out and "objective 0" not in run.out
        assert (tmp_path / "parts" / "sparse.npy").exists()
    else:
        assert "time limit" in run.err


def test_every_argument_has_its_mistake(eckart, tmp_path):
    np.save(tmp_path / "A.npy", np.ones((4, 6)))
    np.save(tmp_path / "C.npy", np.ones((4, 6)) * 1j)
    np.save(tmp_path / "N.npy", np.array([[1.0, np.nan], [0, 1]]))
    picture = ["--plot", "p.png", "--shape", "2x3"]
    for code, arguments, word in [
            (2, ["A.npy", "--lambda", "0"], "above 0"),
            (2, ["A.npy", "--lambda", "x"], "--lambda"),
            (2, ["A.npy", "--tolerance", "1"], "--tolerance"),
            (2, ["A.npy", "--gap", "-1"], "--gap"),
            (2, ["A.npy", "--max-iterations", "0"], "--max-iterations"),
            (2, ["A.npy", "-o", "-"], "--json"),
            (2, ["A.npy", "--plot", "p.png"], "--shape"),
            (2, ["A.npy", "--shape", "2x3"], "--plot"),
            (2, ["A.npy", "--frame", "2"], "--plot"),
            (2, ["A.npy", "--plot", "p.png", "--shape", "2by3"], "36x64"),
            (2, ["A.npy", "--plot", "p.png", "--shape", "2x3x"], "36x64"),
            (2, ["A.npy", "--plot", "p.png", "--shape", "2x4"], "8 pixels"),
            (2, ["A.npy", *picture, "--frame", "5"], "no row 5"),
            (2, ["A.npy", *picture, "--frame", "0"], "--frame"),
            (2, ["C.npy", *picture], "complex"),
            (3, ["N.npy"], "row 1, column 2"),
            (3, ["nothing.npy"], "nothing.npy"),
            (4, ["A.npy", "--max-memory", "400"], "copies")]:
        run = eckart("robust-pca", *arguments)
        assert run.code == code, (arguments, run.out, run.err)
        assert word in run.err, (arguments, run.err)
        assert not (tmp_path / "p.png").exists()


def test_the_video_in_the_guide_comes_apart(eckart, tmp_path):
    from pathlib import Path
    frames = Path(__file__).parents[2] / "examples/data/video_frames/frames_180x36x64_u8.npy"
    video = np.load(frames).reshape(180, -1).astype(np.float32)
    np.save(tmp_path / "video.npy", video)
    run = eckart("robust-pca", "video.npy", "-o", "parts", "--tolerance", "1e-4",
                 "--plot", "split.png", "--frame", "150", "--shape", "36x64")
    assert run.code == 0, run.out + run.err
    background = np.median(video, axis=0)
    parts = {name: np.load(tmp_path / "parts" / f"{name}.npy") for name in ("U", "s", "Vt")}
    L = (parts["U"] * parts["s"]) @ parts["Vt"]
    still = np.abs(video - background) <= 3
    assert np.mean(np.abs(L - background)[still] <= 5) >= 0.97
    assert (tmp_path / "split.png").stat().st_size < 200_000
