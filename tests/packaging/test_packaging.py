"""An installed Eckart serves projects of others. ECKART_BUILD is a complete build folder."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = os.environ.get("ECKART_BUILD", str(ROOT / "build/dev"))
CXX = os.environ.get("CXX", "g++")
VERSION = re.search(r"project\(eckart VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Where it is installed; not where the build was told that it would be."""
    folder = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", folder)
    return folder


def find(prefix, name):
    (found,) = prefix.rglob(name)
    return found


def configure(source, build, *definitions):
    return subprocess.run(["cmake", "-G", "Ninja", "-S", str(HERE / source), "-B", str(build),
                           f"-DCMAKE_CXX_COMPILER={CXX}", *definitions],
                          capture_output=True, text=True)


def test_a_project_finds_it_by_find_package(prefix, tmp_path):
    done = configure("installed", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}",
                     f"-DWANTED_VERSION={VERSION}")
    assert done.returncode == 0, done.stderr
    run("cmake", "--build", tmp_path)
    assert run(tmp_path / "consumer") == f"eckart {VERSION}: 5\n"


@pytest.mark.parametrize("wanted", ["0.0.1", "1.0"])
def test_a_version_with_another_interface_is_refused(prefix, tmp_path, wanted):
    done = configure("installed", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}",
                     f"-DWANTED_VERSION={wanted}")
    assert done.returncode != 0 and f"version: {VERSION}" in done.stderr


def test_a_makefile_finds_it_by_pkg_config(prefix, tmp_path):
    environment = os.environ | {"PKG_CONFIG_PATH": str(find(prefix, "eckart.pc").parent)}
    assert run("pkg-config", "--modversion", "eckart", env=environment) == VERSION + "\n"
    flags = run("pkg-config", "--cflags", "--libs", "eckart", env=environment).split()
    run(CXX, HERE / "main.cpp", *flags, "-o", tmp_path / "consumer")
    assert run(tmp_path / "consumer") == f"eckart {VERSION}: 5\n"


def test_a_project_that_fetches_the_source_gets_the_library_and_nothing_else(tmp_path):
    done = configure("fetched", tmp_path, f"-DECKART_SOURCE={ROOT}",
                     "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    assert done.returncode == 0, done.stderr
    assert "Total Tests: 1" in run("ctest", "-N", cwd=tmp_path)
    assert "file(INSTALL" in (tmp_path / "cmake_install.cmake").read_text()
    assert "file(INSTALL" not in (tmp_path / "_deps/eckart-build/cmake_install.cmake").read_text()
    commands = json.loads((tmp_path / "compile_commands.json").read_text())
    (own,) = [entry["command"] for entry in commands if entry["file"] == str(HERE / "main.cpp")]
    assert "std=" in own and f"{ROOT}/include" in own
    assert not re.search(r" -(W|O|f(?!PIE)|m)", own), own
    targets = run("ninja", "-t", "targets", "all", cwd=tmp_path)
    for extra in ("eckart_cli", "eckart_lapack", "eckart_plot", "_tests"):
        assert extra not in targets
    if os.environ.get("ECKART_LONG_TESTS"):
        run("ninja", "consumer", cwd=tmp_path)
        run(tmp_path / "consumer")
        run("cmake", "--install", tmp_path, "--prefix", tmp_path / "out")
        assert [file.name for file in (tmp_path / "out").rglob("*") if file.is_file()] == [
            "consumer"]


def test_parts_can_be_left_out(tmp_path):
    done = configure(ROOT, tmp_path, "-DECKART_EXPLORER=OFF", "-DECKART_BUILD_LAPACK=OFF")
    assert done.returncode == 0, done.stderr
    inputs = run("ninja", "-t", "inputs", "bin/eckart", cwd=tmp_path).splitlines()
    sources = {Path(file).relative_to(ROOT).as_posix() for file in inputs if file.endswith(".cpp")}
    assert "cli/absent/explore.cpp" in sources and "cli/svd_command.cpp" in sources
    assert not [file for file in sources if file.startswith(("src/explore/", "lapack/"))]
    assert "cli/explore_command.cpp" not in sources


def test_manual_pages_and_completions_are_installed(prefix):
    assert find(prefix, "eckart-lsa-fit.1.gz").parent.name == "man1"
    assert "complete -o filenames -F _eckart eckart" in find(prefix, "completions/eckart").read_text()
    assert find(prefix, "_eckart").read_text().startswith("#compdef eckart")
    assert "complete -c eckart" in find(prefix, "eckart.fish").read_text()


def test_the_installed_tool_works_and_finds_the_drop_in(prefix):
    tool = find(prefix, "bin") / "eckart"
    assert json.loads(run(tool, "svd", "[[3,2],[2,3]]", "--json"))["sigma"] == pytest.approx([5, 1])
    if (over_ranks := tool.with_name("eckart-mpi")).exists():  # a build with MPI
        start = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2"]
        done = run(*start, over_ranks, "svd", "[[3,2],[2,3]]", "-k", "1", "--json")
        assert json.loads(done)["ranks"]["size"] == 2
    if not list(prefix.rglob("libeckart_lapack.so")):
        pytest.skip("the build made no LAPACK drop-in")
    program = "import numpy; numpy.linalg.svd(numpy.eye(3))"
    done = subprocess.run([tool, "accelerate", "--stats", "--", sys.executable, "-c", program],
                          capture_output=True, text=True)
    assert done.returncode == 0 and "gesdd           1 call " in done.stderr, done.stderr
