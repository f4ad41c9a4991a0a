"""Who takes part: command line, environment, and what is missing here."""

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from harness import machine

BASELINES = Path(__file__).parent.parent / "baselines"


@dataclass(frozen=True)
class Contender:
    title: str
    command: list
    environment: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    missing: str = ""  # why it cannot take part here
    information: bool = False  # shown, never compared with


def environment(own, threads):
    """Returns what a worker inherits: the same number of threads for everybody, and OpenBLAS
    with the kernels that this CPU deserves, unless its own settings say otherwise."""
    count = str(threads)
    settings = {
        **os.environ,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "PYTHONDONTWRITEBYTECODE": "1",
        "SCIPY_USE_PROPACK": "1",
        "OPENBLAS_CORETYPE": machine.best_openblas_kernel(),
        **own,
    }
    return {name: value for name, value in settings.items() if value is not None}


def built(program):
    """Returns the path of a program of bench/baselines."""
    return Path(os.environ["ECKART_BENCH_WORKERS"]) / program


def package_folder():
    """Returns where bench/run.sh installs the Python package."""
    return Path(os.environ["ECKART_BENCH_PACKAGE"])


def known(threads):
    """Returns every contender by the name that tasks use, for so many threads."""
    venv = Path(os.environ["ECKART_BENCH_VENV"])
    openblas = first(Path("/usr/lib").glob("*/openblas-*/libopenblas.so.0"))
    mkl = first((venv / "lib").glob("libmkl_rt.so.*"))

    def compiled(title, program, *arguments, **more):
        path = built(program)
        missing = "" if path.exists() else f"{program} was not built"
        return Contender(title, [str(path), *map(str, arguments)], **{"missing": missing, **more})

    def lapack(title, library, package, **more):
        if not library:
            more["missing"] = f"{package} is not installed"
        return compiled(title, "lapack_worker", library, **more)

    def python(title, solver, module, **more):
        missing = "" if has_module(venv, module) else f"Python module {module} is not installed"
        command = [str(python_of(venv)), str(BASELINES / "python_worker.py"), solver]
        return Contender(title, command, missing=missing, **more)

    def drop_in(title, solver, module):
        library = first(built("").parent.glob("lib*/**/libeckart_lapack.so"))
        if not library:
            return Contender(title, [], missing="libeckart_lapack.so was not built")
        return python(title, solver, module, environment={"LD_PRELOAD": str(library)})

    def eckart(title, **options):
        return compiled(title, "eckart_worker", options=options)

    def package(title, solver):
        folder = package_folder()
        if not (folder / "eckart").exists():
            return Contender(title, [], missing="the Python package was not built")
        return python(title, solver, "numpy", environment={"PYTHONPATH": str(folder)})

    def slepc():
        # A process for each thread: its matrix products know no threads.
        run = ["mpirun", "-n", str(threads), "--oversubscribe", "--bind-to", "none"]
        command = [*run, str(python_of(venv)), str(BASELINES / "slepc_worker.py")]
        # Debian keeps a version for each scalar type outside Python's own folders.
        modules = [
            first(Path("/usr/lib").glob(f"{name}dir/*/*-real/lib/python3/dist-packages"))
            for name in ("slepc", "petsc")
        ]
        missing = "" if all(modules) else "python3-slepc4py-real is not installed"
        if not missing and not (shutil.which("mpirun") and has_module(venv, "mpi4py")):
            missing = "python3-mpi4py is not installed"
        settings = {
            "PYTHONPATH": ":".join(map(str, modules)),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_btl": "self,vader",
        }
        return Contender("SLEPc trlanczos", command, environment=settings, missing=missing)

    return {
        "eckart": eckart("Eckart"),
        "eckart_uncertified": eckart("Eckart, no certificate", certify=False),
        "eckart_python": package("Eckart from Python", "eckart"),
        "eckart_truncated_svd": package("eckart.TruncatedSVD", "eckart_truncated_svd"),
        "eckart_gram": eckart("Eckart, method gram", method="gram"),
        "eckart_randomized": eckart("Eckart, method randomized", method="randomized"),
        "mkl": lapack(
            "MKL gesdd",
            mkl,
            "PyPI package mkl",
            environment={"LD_LIBRARY_PATH": str(venv / "lib")},
        ),
        "openblas": lapack("OpenBLAS gesdd", openblas, "libopenblas0"),
        "openblas_as_it_comes": lapack(
            "OpenBLAS gesdd, kernel not repaired",
            openblas,
            "libopenblas0",
            environment={"OPENBLAS_CORETYPE": None},
            information=True,
        ),
        "eigen": compiled("Eigen BDCSVD", "eigen_worker"),
        "eigen_jacobi": compiled("Eigen JacobiSVD", "eigen_worker", options={"jacobi": True}),
        "numpy": python("numpy.linalg.svd", "numpy", "numpy"),
        "eckart_drop_in": drop_in("numpy.linalg.svd with the drop-in", "numpy", "numpy"),
        "arpack": python("ARPACK, scipy svds", "arpack", "scipy"),
        "propack": python("PROPACK, scipy svds", "propack", "scipy"),
        "lobpcg": python("LOBPCG, scipy svds", "lobpcg", "scipy"),
        "randomized": python("sklearn randomized_svd", "randomized", "sklearn"),
        "randomized_5": python("sklearn randomized_svd, n_iter=5", "randomized_5", "sklearn"),
        "truncated": python("sklearn TruncatedSVD", "truncated", "sklearn"),
        "primme": python("PRIMME svds", "primme", "primme"),
        "primme_as_it_comes": python(
            "PRIMME svds, basis not enlarged", "primme_as_it_comes", "primme", information=True
        ),
        "spectra": compiled("Spectra", "spectra_worker"),
        "slepc": slepc(),
        "gensim": python("gensim stochastic_svd", "gensim", "gensim"),
        "perturbed": python("a wrong answer", "perturbed", "numpy"),
    }


def first(paths):
    return next(iter(sorted(paths)), None)


def python_of(venv):
    """The environment sees the system's packages too."""
    inside = venv / "bin/python"
    return inside if inside.exists() else Path(sys.executable)


def has_module(venv, module):
    if importlib.util.find_spec(module):
        return True
    probe = [str(python_of(venv)), "-c", f"import {module}"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0
