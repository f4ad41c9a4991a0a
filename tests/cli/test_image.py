"""eckart image: pack, expand, inspect, sheet, preview, and files that are not what they seem."""
import math
import os
import resource
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from conftest import TOOL

DATA = Path(__file__).parents[2] / "examples" / "data"
SEEDS = Path(__file__).parents[2] / "fuzz" / "corpus" / "image"
CAMERA = DATA / "camera.png"


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, bits, kind, raw, before=b"", interlaced=0):
    """A PNG file by hand; raw: filtered rows."""
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before +
            chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def pgm(array):
    height, width = array.shape
    return b"P5\n%d %d\n255\n" % (width, height) + array.astype(np.uint8).tobytes()


def read_pnm(path):
    magic, size, peak, samples = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    kind = np.uint8 if int(peak) < 256 else np.dtype(">u2")
    return np.frombuffer(samples, kind).reshape(height, width, -1).astype(float)


@pytest.fixture
def small(tmp_path):
    """A picture of 90 x 120 pixels in colour with detail of every size."""
    rows, cols = np.mgrid[0:90, 0:120]
    noise = np.random.default_rng(1).normal(0, 6, (90, 120))
    planes = [128 + 50 * np.sin(rows / 9) * np.cos(cols / 13 + c) + 30 * np.cos(rows * cols / 400)
              + (1 - 0.2 * c) * noise for c in range(3)]
    samples = np.stack(planes, axis=-1).clip(0, 255).round().astype(np.uint8)
    (tmp_path / "small.ppm").write_bytes(b"P6\n120 90\n255\n" + samples.tobytes())
    return "small.ppm"


@pytest.fixture
def gradient(tmp_path):
    rows, cols = np.mgrid[0:100, 0:140]
    (tmp_path / "gradient.pgm").write_bytes(pgm(rows + cols))
    return "gradient.pgm"


@pytest.fixture
def checkerboard(tmp_path):
    rows, cols = np.mgrid[0:64, 0:96]
    (tmp_path / "board.pgm").write_bytes(pgm(np.where((rows // 8 + cols // 8) % 2 == 0, 200, 30)))
    return "board.pgm"


def test_camera_at_rank_50_keeps_the_published_energy(eckart, tmp_path):
    run = eckart("image", "compress", CAMERA, "-k", "50", "-o", "camera.eck")
    assert run.code == 0
    assert "99.5959 % of the energy" in run.out
    assert "rank 50" in run.out
    # Five times smaller than a float for each number of the factors.
    assert (tmp_path / "camera.eck").stat().st_size * 5 <= 50 * 1024 * 4


def test_what_is_expanded_has_the_psnr_that_was_told(eckart, small, tmp_path):
    told = eckart("image", "compress", small, "-k", "12", "-o", "c.eck", "--json").json
    assert eckart("image", "expand", "c.eck", "-o", "c.ppm").code == 0
    error = np.mean((read_pnm(tmp_path / "c.ppm") - read_pnm(tmp_path / small)) ** 2)
    assert abs(10 * math.log10(255**2 / error) - told["psnr"]) <= 1e-9
    assert told["ranks"][0] == 12
    assert told["bytes"] == (tmp_path / "c.eck").stat().st_size
    assert told["source_bytes"] == (tmp_path / small).stat().st_size
    assert told["picture"]["raw_bytes"] == 120 * 90 * 3
    assert told["peak"] == 255 and 0 < told["ssim"] < 1


def test_ranks_of_patterns_are_what_theory_says(eckart, gradient, checkerboard, tmp_path):
    for name in (gradient, checkerboard):
        run = eckart("image", "compress", name, "--energy", "100%", "-o", "x.eck", "--force",
                     "--json")
        assert run.json["ranks"] == [2]
        assert run.json["psnr"] is None  # equal
        eckart("image", "expand", "x.eck", "-o", "x.pgm", "--force")
        assert (tmp_path / "x.pgm").read_bytes() == (tmp_path / name).read_bytes()


def test_psnr_and_bytes_are_kept(eckart, small, tmp_path):
    for wanted in (25, 32):
        run = eckart("image", "compress", small, "--psnr", wanted, "-o", "p.eck", "--force",
                     "--json").json
        assert wanted <= run["psnr"] <= wanted + 1
    for budget in (1500, 6000):
        run = eckart("image", "compress", small, "--bytes", budget, "-o", "b.eck", "--force",
                     "--json").json
        assert budget * 0.9 <= run["bytes"] <= budget
    small = eckart("image", "compress", small, "--bytes", "20", "-o", "s.eck")
    assert small.code == 2 and "20 bytes" in small.err and not (tmp_path / "s.eck").exists()
    fine = eckart("image", "compress", small, "--psnr", "201", "-o", "s.eck")
    assert fine.code == 2 and "up to 200" in fine.err


def test_how_much_is_said_once(eckart):
    none = eckart("image", "compress", CAMERA, "-o", "x.eck")
    assert none.code == 2 and "how much" in none.err
    two = eckart("image", "compress", CAMERA, "-k", "3", "--psnr", "30", "-o", "x.eck")
    assert two.code == 2 and "give one" in two.err


def test_colors_and_blocks_matter(eckart, small):
    def run(*more):
        return eckart("image", "compress", small, "--energy", "99.5%", "-o", "x.eck", "--force",
                      "--json", *more).json

    mixed, channels, blocks = run(), run("--colors", "channels"), run("--block", "8")
    assert mixed["ranks"][1] < mixed["ranks"][0] and mixed["ranks"][2] < mixed["ranks"][0]
    assert channels["bytes"] > mixed["bytes"]
    assert blocks["ranks"] != mixed["ranks"]
    for b in ("1", "65", "x"):
        assert eckart("image", "compress", small, "-k", "3", "--block", b, "-o", "y.eck").code == 2


def test_alpha_and_sixteen_bits_are_kept(eckart, tmp_path):
    rows, cols = np.mgrid[0:40, 0:60]
    samples = np.stack([rows * 1500, cols * 1000, (rows * cols * 77) % 65536], axis=-1)
    samples = np.concatenate([samples, (rows * cols * 991 % 65536)[..., None]], axis=-1)
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    (tmp_path / "deep.png").write_bytes(png(60, 40, 16, 6, raw))
    run = eckart("image", "compress", "deep.png", "-k", "20", "-o", "d.eck", "--json").json
    assert run["picture"]["bits"] == 16 and run["picture"]["alpha"] and run["peak"] == 65535
    assert run["jpeg"] is None
    assert eckart("image", "expand", "d.eck", "-o", "d.pam").code == 0
    pam = (tmp_path / "d.pam").read_bytes().split(b"ENDHDR\n", 1)[1]
    back = np.frombuffer(pam, ">u2").reshape(40, 60, 4)
    assert np.array_equal(back[..., 3], samples[..., 3])
    jpeg = eckart("image", "expand", "d.eck", "-o", "d.jpg")
    assert jpeg.code == 2 and "transparency" in jpeg.err and not (tmp_path / "d.jpg").exists()
    assert "none: JPEG has 8 bits" in eckart("image", "compress", "deep.png", "-k", "20", "-o",
                                             "e.eck").out


def test_expand_takes_fewer_triplets_and_a_quality(eckart, small, tmp_path):
    eckart("image", "compress", small, "-k", "40", "-o", "c.eck")
    run = eckart("image", "expand", "c.eck", "-k", "5", "-o", "rough.ppm", "--json").json
    assert run["ranks"][0] == 5
    eckart("image", "expand", "c.eck", "-o", "fine.ppm")
    assert (tmp_path / "rough.ppm").read_bytes() != (tmp_path / "fine.ppm").read_bytes()
    eckart("image", "expand", "c.eck", "-o", "low.jpg", "--quality", "20")
    eckart("image", "expand", "c.eck", "-o", "high.jpg", "--quality", "95")
    assert (tmp_path / "low.jpg").stat().st_size < (tmp_path / "high.jpg").stat().st_size
    assert eckart("image", "expand", "c.eck", "-o", "x.jpg", "--quality", "101").code == 2


def test_inspect_says_what_ranks_are_worth_and_that_jpeg_wins(eckart):
    run = eckart("image", "inspect", CAMERA)
    assert run.code == 0
    assert "99.5959 %" in run.out and "70966" in run.out
    assert "JPEG wins: at equal PSNR" in run.out
    told = eckart("image", "inspect", CAMERA, "--ranks", "20,50", "--json").json
    assert [row["rank"] for row in told["ranks"]] == [20, 50]
    assert abs(told["planes"][0]["sigma"][1] - 17054.5910748) <= 1e-6
    assert "coarser than any JPEG" in eckart("image", "inspect", CAMERA, "--ranks", "1").out
    for row in told["ranks"]:
        assert row["jpeg"]["bytes"] < row["bytes"]
        assert row["jpeg"]["psnr"] >= row["packed_psnr"]
        assert row["packed_psnr"] < row["psnr"] and row["psnr_unclipped"] is not None
    assert told["png_bytes"] > 0 and told["source_bytes"] == CAMERA.stat().st_size


def test_inspect_says_that_the_svd_wins_where_it_does(eckart, checkerboard):
    run = eckart("image", "inspect", checkerboard, "--ranks", "2")
    assert "No JPEG can be compared" in run.out or "The SVD wins" in run.out


def test_inspect_tells_what_a_packed_picture_holds(eckart, small):
    eckart("image", "compress", small, "-k", "9", "--block", "8", "-o", "c.eck")
    run = eckart("image", "inspect", "c.eck")
    assert run.code == 0 and "rank Y 9" in run.out and "blocks 8 x 8" in run.out
    told = eckart("image", "inspect", "c.eck", "--json").json
    assert told["ranks"][0] == 9 and told["block"] == 8 and told["colors"] == "ycbcr"
    assert eckart("image", "inspect", "c.eck", "--ranks", "2").code == 2


def test_inspect_plots_the_spectrum(eckart, small, tmp_path):
    assert eckart("image", "inspect", small, "--ranks", "2", "--plot", "s.png").code == 0
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
    assert eckart("image", "inspect", small, "--plot", "s.png").code == 2  # exists
    assert eckart("image", "inspect", small, "--ranks", "2", "--plot", "s.png", "--force").code == 0


def test_sheet_shows_all_ranks_in_color(eckart, small):
    run = eckart("image", "sheet", small, "--ranks", "1,10", "-o", "sheet.png", "--json")
    assert run.code == 0
    rows = run.json["ranks"]
    assert [row["rank"] for row in rows] == [1, 10] and rows[0]["psnr"] < rows[1]["psnr"]
    # Three panels beside each other; the last one is the picture, in colour.
    info = eckart("image", "preview", "sheet.png", "--json").json["picture"]
    assert info["channels"] == 3 and info["width"] > 1500
    assert eckart("image", "sheet", small, "-o", "sheet.jpg").code == 2
    many = ",".join(["1"] * 25)
    assert eckart("image", "sheet", small, "--ranks", many, "-o", "s.png").code == 2
    assert eckart("image", "sheet", small, "--ranks", "999", "-o", "s.png").code == 2


@pytest.mark.parametrize("graphics, start", [
    ("blocks", "\033[38;2;"), ("kitty", "\033_Ga=T,f=100"), ("sixel", "\033P0;1q")])
def test_preview_draws_as_asked(eckart, graphics, start):
    run = eckart("image", "preview", CAMERA, "--graphics", graphics)
    assert run.code == 0 and run.out.startswith(start)
    assert "512 x 512, grey, 8 bits" in run.out


def test_preview_into_a_file_is_letters(eckart):
    run = eckart("image", "preview", CAMERA)
    assert "\033" not in run.out and len(run.out.splitlines()) >= 20
    assert eckart("image", "preview", CAMERA, "--graphics", "letters").out == run.out
    assert len(eckart("image", "preview", CAMERA, "--graphics", "none").out.splitlines()) == 1
    rank = eckart("image", "preview", CAMERA, "-k", "3")
    assert rank.out != run.out and "rank 3" in rank.out


def test_pictures_come_from_standard_input(eckart):
    run = eckart("image", "preview", "-", "--json", stdin=CAMERA.read_bytes())
    assert run.code == 0 and run.json["picture"]["width"] == 512


def test_threads_do_not_change_a_byte(eckart, small, tmp_path):
    for threads in ("1", "2", "3"):
        eckart("image", "compress", small, "-k", "20", "-o", f"{threads}.eck", "--threads",
               threads)
    files = {(tmp_path / f"{t}.eck").read_bytes() for t in "123"}
    assert len(files) == 1


def test_existing_files_stay(eckart, small, tmp_path):
    (tmp_path / "x.eck").write_text("mine")
    run = eckart("image", "compress", small, "-k", "3", "-o", "x.eck")
    assert run.code == 2 and (tmp_path / "x.eck").read_text() == "mine"
    assert eckart("image", "compress", small, "-k", "3", "-o", "x.eck", "--force").code == 0
    again = eckart("image", "compress", "x.eck", "-k", "2", "-o", "x.eck", "--force")
    assert again.code == 2 and "is the input" in again.err
    assert eckart("image", "expand", small, "-o", "y.png").code == 3


def test_memory_caps_are_kept(eckart):
    run = eckart("image", "compress", CAMERA, "-k", "3", "-o", "x.eck", "--max-memory", "1M")
    assert run.code == 4 and "memory" in run.err


BAD_GREY = b"".join(b"\0" + bytes(range(200)) for _ in range(200))
HAZARDS = {
    "bomb_dimensions.png": (png(65535, 65535, 8, 6, b"\0"), 3, "at most"),
    "bomb_lie.png": (png(9000, 9000, 8, 6, b"\0"), 3, "cannot hold"),
    "zero.png": (png(0, 10, 8, 0, b""), 3, "0 x 10 pixels"),
    "truncated.png": (CAMERA.read_bytes()[:70000], 3, "too early"),
    "garbled.png": (CAMERA.read_bytes()[:50000] + b"\0" * 100 + CAMERA.read_bytes()[50100:], 3,
                    "damaged"),
    "empty.png": (b"", 3, "empty"),
    "text.png": (b"a,b\n1,2\n", 3, "expected a picture"),
    "picture.gif": (b"GIF89a" + bytes(30), 3, "GIF"),
    "huge.pgm": (b"P5 99999 99999 255\n" + bytes(100), 3, "at most"),
    "short.pgm": (b"P5 100 100 255\n" + bytes(100), 3, "cannot hold"),
    "wrong.jpg": (CAMERA.read_bytes(), 0, "512 x 512"),
    "palette.png": (png(2, 1, 8, 3, b"\0\0\1", chunk(b"PLTE", bytes([9, 8, 7, 200, 100, 50]))), 0,
                    "colour"),
    "one_bit.png": (png(9, 1, 1, 0, b"\0\xaa\x80"), 0, "9 x 1, grey, 8 bits"),
    "cmyk.jpg": ((SEEDS / "cmyk.jpg").read_bytes(), 3, "CMYK"),
    "truncated.jpg": ((SEEDS / "color.jpg").read_bytes()[:-40], 3, "damaged or incomplete"),
    "turned.jpg": ((SEEDS / "turned.jpg").read_bytes(), 0, "16 x 24, grey"),  # stored 24 x 16
    "progressive.png": ((SEEDS / "progressive.jpg").read_bytes(), 0, "24 x 16, colour"),
    "interlaced.png": (png(1, 1, 8, 0, b"\0\5", interlaced=1), 0, "1 x 1"),
}


@pytest.mark.parametrize("name", HAZARDS)
def test_hazards_end_in_a_sentence_within_bounded_memory(tmp_path, name):
    bytes_, code, word = HAZARDS[name]
    (tmp_path / name).write_bytes(bytes_)
    limit = 1 << 30  # of address space, libraries and thread stacks included

    def confine():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    done = subprocess.run([TOOL, "image", "preview", name, "--threads", "1"], cwd=tmp_path,
                          preexec_fn=confine, capture_output=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1",
                               "OPENBLAS_NUM_THREADS": "1"})
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == code, text
    assert word in text
    if code != 0:
        assert text.startswith(f"eckart: {name}: "), text


def test_a_real_bomb_is_refused_by_its_pixels(tmp_path, eckart):
    # 20000 x 20000 white pixels deflate to a file of 400 KB that could hold them.
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * 20000
    idat = b"".join(packer.compress(row) for _ in range(20000)) + packer.flush()
    header = struct.pack(">IIBBBBB", 20000, 20000, 8, 0, 0, 0, 0)
    (tmp_path / "bomb.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", idat) + chunk(b"IEND", b""))
    run = eckart("image", "inspect", "bomb.png")
    assert run.code == 3 and "20000 x 20000 pixels; at most 89478485" in run.err


def test_damaged_packed_files_are_refused(eckart, tmp_path):
    eckart("image", "compress", CAMERA, "-k", "3", "-o", "c.eck")
    whole = (tmp_path / "c.eck").read_bytes()
    for name, bytes_ in (("cut", whole[:-30]), ("flip", whole[:60] + b"\x55" + whole[61:]),
                         ("more", whole + b"x")):
        (tmp_path / name).write_bytes(bytes_)
        run = eckart("image", "expand", name, "-o", "out.png")
        assert run.code == 3 and run.err.startswith(f"eckart: {name}: byte "), run.err
        assert not (tmp_path / "out.png").exists()


def test_local_photographs_of_every_kind(eckart):
    folder = os.environ.get("ECKART_DATA")
    if not folder or not (Path(folder) / "images").is_dir():
        pytest.skip("set ECKART_DATA to a folder with images/")
    for name, pixels in (("skimage/astronaut.png", "512 x 512, colour"),
                         ("skimage/rocket.jpg", "640 x 427, colour"),
                         ("skimage/moon.png", "512 x 512, grey"),
                         ("sklearn/china.jpg", "640 x 427, colour")):
        run = eckart("image", "preview", Path(folder) / "images" / name)
        assert run.code == 0 and pixels in run.out
    moon = eckart("image", "inspect", Path(folder) / "images/skimage/moon.png", "--ranks", "1",
                  "--json").json["planes"][0]["sigma"]
    assert moon[254] > 1e-8 * moon[0] > moon[255]  # its rank is 255
