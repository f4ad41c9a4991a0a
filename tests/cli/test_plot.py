"""--plot: pictures as files, and what must not happen to the files that are there."""
import struct

import numpy as np
import pytest

PNG = b"\x89PNG\r\n\x1a\n"

COMMANDS = [("svd", "A.npy"), ("info", "A.npy"), ("energy", "A.npy"),
            ("solve", "A.npy", "b.npy"), ("robust-pca", "A.npy", "--shape", "5x5")]


@pytest.fixture
def files(matrix, tmp_path):
    matrix(40, 25)
    np.save(tmp_path / "b.npy", np.arange(40.0))
    return tmp_path


def size_of(png):
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_the_name_chooses_the_format(eckart, files, command):
    run = eckart(*command, "--plot", "a.png")
    assert run.code == 0, run.err
    assert "a.png" in run.out
    png = (files / "a.png").read_bytes()
    assert png.startswith(PNG) and min(size_of(png)) >= 400
    assert eckart(*command, "--plot", "a.svg").code == 0
    svg = (files / "a.svg").read_text()
    assert svg.startswith("<?xml") and svg.rstrip().endswith("</svg>")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_the_same_figure_is_the_same_bytes(eckart, files, command):
    for name in ("a.png", "b.png", "a.svg", "b.svg"):
        assert eckart(*command, "--plot", name, "--threads", "2" if "b" in name else "1").code == 0
    assert (files / "a.png").read_bytes() == (files / "b.png").read_bytes()
    assert (files / "a.svg").read_bytes() == (files / "b.svg").read_bytes()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_an_existing_picture_stays_unless_forced(eckart, files, command):
    (files / "a.png").write_text("mine")
    run = eckart(*command, "--plot", "a.png")
    assert run.code == 2 and "--force" in run.err and run.out == ""
    assert (files / "a.png").read_text() == "mine"
    assert eckart(*command, "--plot", "a.png", "--force").code == 0
    assert (files / "a.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_mistakes_in_the_name_cost_no_computation(eckart, files, command):
    run = eckart(*command, "--plot", "a.jpeg")
    assert run.code == 2 and ".png or .svg" in run.err
    run = eckart(*command, "--plot", "")
    assert run.code == 2 and "empty" in run.err
    run = eckart(*command, "--plot", "nowhere/a.png")
    assert run.code == 3 and "nowhere" in run.err
    assert sorted(p.name for p in files.iterdir()) == ["A.npy", "b.npy"]


def test_json_goes_with_a_picture(eckart, files):
    assert eckart("info", "A.npy", "--json", "--plot", "a.png").json["sigma"]
    assert (files / "a.png").exists()


def test_the_energy_of_a_saved_result_can_be_drawn(eckart, files):
    assert eckart("svd", "A.npy", "-k", "6", "-o", "result").code == 0
    assert eckart("energy", "result", "--plot", "e.svg").code == 0
    assert (files / "e.svg").exists()


def test_a_ridge_adds_the_curves_that_it_is_chosen_from(eckart, files):
    assert eckart("solve", "A.npy", "b.npy", "--plot", "plain.png").code == 0
    for number, ridge in enumerate(["gcv", "l-curve", "0.01"]):
        name = f"{number}.png"
        assert eckart("solve", "A.npy", "b.npy", "--ridge", ridge, "--plot", name).code == 0
        assert size_of((files / name).read_bytes())[0] > size_of(
            (files / "plain.png").read_bytes())[0]


def test_components_have_four_pictures_and_complex_ones_two(eckart, files):
    run = eckart("pca", "A.npy", "-k", "3", "--plots", "pictures")
    assert run.code == 0, run.err
    names = ["biplot.png", "energy.png", "scores.png", "scree.png"]
    assert sorted(p.name for p in (files / "pictures").iterdir()) == names
    assert all((files / "pictures" / name).read_bytes().startswith(PNG) for name in names)
    assert eckart("pca", "A.npy", "-k", "3", "--plots", "pictures").code == 2
    assert eckart("pca", "A.npy", "-k", "3", "--plots", "pictures", "--force").code == 0
    A = np.load(files / "A.npy")
    np.save(files / "C.npy", A + 1j * A[::-1])
    assert eckart("pca", "C.npy", "-k", "3", "--plots", "complex").code == 0
    assert sorted(p.name for p in (files / "complex").iterdir()) == ["energy.png", "scree.png"]


def test_a_plan_draws_nothing(eckart, files):
    assert eckart("svd", "A.npy", "--plan", "--plot", "a.png").code == 0
    assert not (files / "a.png").exists()


def test_the_spectrum_of_other_triplets_is_refused(eckart, files):
    for which in (["--smallest"], ["--target", "0.1"]):
        run = eckart("svd", "A.npy", "-k", "2", *which, "--plot", "a.png")
        assert run.code == 2 and "leading" in run.err


def test_the_terminal_without_utf8_shows_plain_ascii(eckart, files):
    run = eckart("solve", "A.npy", "b.npy", "--picard", env={"LC_ALL": "C"})
    assert run.code == 0
    assert all(ord(c) < 128 for c in run.out), run.out
    assert "o sigma_i" in run.out
    assert "σᵢ" in eckart("solve", "A.npy", "b.npy", "--picard").out
