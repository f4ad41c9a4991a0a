"""The package as it is installed: wheel, examples in docstrings, types, time to import."""
import doctest
import importlib
import os
import pkgutil
import subprocess
import sys
import zipfile
from pathlib import Path

import eckart
import pytest

ROOT = Path(__file__).parents[2]


def modules():
    return [module.name for module in pkgutil.walk_packages(eckart.__path__, "eckart.")
            if module.name != "eckart.eckart_ext"]


@pytest.mark.parametrize("name", ["eckart", *modules()])
def test_the_examples_in_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_every_public_function_has_an_example():
    for name in eckart.__all__:
        thing = getattr(eckart, name)
        if not (isinstance(thing, type) and issubclass(thing, (Exception, tuple))):
            assert name == "doctor" or ">>>" in thing.__doc__, name


def test_the_version_is_that_of_the_build():
    text = (ROOT / "CMakeLists.txt").read_text()
    assert f"project(eckart VERSION {eckart.__version__} " in text


def test_types_are_right(tmp_path):
    pytest.importorskip("mypy")
    package = Path(eckart.__file__).parent
    assert (package / "py.typed").is_file()
    user = tmp_path / "user.py"
    user.write_text("""import eckart
result = eckart.svd([[1.0]], k=1, progress=True)
print(result.s, result.report.method, eckart.lstsq([[1.0]], [1.0]).rank)
eckart.svd([[1.0]], kk=1)  # type: ignore[call-arg]
""")  # an ignored error that is none is an error
    search = str(tmp_path)
    if package.parent.name != "site-packages":  # mypy knows that one
        search += os.pathsep + str(package.parent)
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-warn-return-any",
                           "--allow-any-generics", "--ignore-missing-imports",
                           "--cache-dir", str(tmp_path), "-p", "eckart", "-m", "user"],
                          capture_output=True, text=True, cwd=tmp_path,
                          env=os.environ | {"MYPYPATH": search})
    assert done.returncode == 0, done.stdout


@pytest.fixture
def wheel():
    folder = os.environ.get("ECKART_WHEEL")
    if not folder:
        pytest.skip("no wheel was built (ECKART_WHEEL is not set)")
    return next(Path(folder).glob("*.whl"))


def test_the_wheel_brings_what_it_needs(wheel):
    assert "manylinux" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    for library in ("libgomp", "libgfortran", "libfmt", "libstemmer", "libutf8proc", "libxxhash"):
        assert any(f"eckart.libs/{library}" in name for name in names), names
    assert "eckart/py.typed" in names and "eckart/eckart_ext.pyi" in names
    assert not any("test" in name or name.endswith(".cpp") for name in names)


def test_the_wheel_works_in_a_clean_environment(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path)], check=True)
    python = str(tmp_path / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check",
                    str(wheel)], check=True)
    program = ("import eckart, sys; r = eckart.svd([[3.0, 2.0], [2.0, 3.0]]); "
               "print(r.s.round(12).tolist(), r.report.certificate.met, "
               "sorted({'scipy', 'sklearn', 'pandas', 'tqdm'} & set(sys.modules)))")
    done = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True,
                          cwd=tmp_path, env={})
    assert done.stdout.strip() == "[5.0, 1.0] True []"


def test_the_source_distribution_holds_what_the_build_needs(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "build", "--sdist", "--no-isolation", "-o", str(tmp_path),
                    str(ROOT)], check=True, capture_output=True)
    archive = next(tmp_path.glob("*.tar.gz"))
    subprocess.run(["tar", "-xf", str(archive), "-C", str(tmp_path)], check=True)
    source = next(path for path in tmp_path.iterdir() if path.is_dir())
    build = ["-G", "Ninja", "-DECKART_BUILD_PYTHON=ON", "-DECKART_STATIC_BLAS=ON",
             "-DECKART_BUILD_CLI=OFF", f"-DPython_EXECUTABLE={sys.executable}"]
    subprocess.run(["cmake", "-S", str(source), "-B", str(tmp_path / "build"), *build], check=True,
                   capture_output=True)
    inputs = subprocess.run(["ninja", "-C", str(tmp_path / "build"), "-t", "inputs", "eckart_ext"],
                            check=True, capture_output=True, text=True).stdout.splitlines()
    sources = [Path(line) for line in inputs if line.endswith(".cpp")]
    assert len(sources) > 50 and all(file.is_file() for file in sources)
    assert not {"eckart/py.typed", "eckart/_pca.py"} - {
        file.relative_to(source / "python").as_posix().replace("estimators/", "")
        for file in (source / "python").rglob("*")}
    assert sum(file.stat().st_size for file in tmp_path.glob("*.tar.gz")) < 3e6


def test_nothing_but_the_extension_is_seen_of_the_extension():
    library = eckart._ext.__file__
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True)
    if symbols.returncode != 0:
        pytest.skip("nm is not installed")
    assert "PyInit_eckart_ext" in symbols.stdout
    for name in (" dgemm_", " openblas_", " cblas_", "_ZN6eckart"):
        assert name not in symbols.stdout
