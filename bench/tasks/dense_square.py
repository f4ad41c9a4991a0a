"""Every triplet of a square matrix in memory, and the leading ones by the same route."""

from harness.matrices import gaussian
from harness.task import Bar, Case, Task

EVERYBODY = (
    "eckart",
    "eckart_uncertified",
    "mkl",
    "openblas",
    "openblas_as_it_comes",
    "eigen",
    "numpy",
)
TYPES = ("eckart", "eckart_uncertified", "mkl", "openblas", "eigen", "numpy")
LARGE = ("eckart", "eckart_uncertified", "mkl", "openblas")
LARGE_AND_EIGEN = (*LARGE, "eigen")
PEERS = ("mkl", "openblas", "eigen")
SMALL_VECTORS = Bar("dense 500² with vectors", PEERS, factor=1.2)
WITH_VECTORS = Bar("dense 1000², 2000², 4000² with vectors", PEERS, factor=1.5, aim=2)
LARGE_VECTORS = Bar("dense 8000² with vectors", ("mkl", "openblas"), factor=1.5)
TYPE_VECTORS = Bar("float32 and complex with vectors", PEERS, factor=1.5)
VALUES_MKL = Bar("dense 4000² values only", ("mkl",), factor=1.2, aim=1.5)
VALUES_OPENBLAS = Bar("dense 4000² values only", ("openblas",), factor=4)
LEADING = Bar("400 leading triplets of 4000² against all triplets", PEERS, factor=2.5)

# What an answer must reach: far above the rounding of the type, far below any real fault.
ACCURACY = {"float32": 1e-4, "complex64": 1e-4, "float64": 1e-12, "complex128": 1e-12}


def with_vectors(n, effort="standard", bar=WITH_VECTORS, contenders=EVERYBODY, rounds=None):
    name = f"{n} with vectors"
    return Case(name, gaussian(n, n), contenders, bars=(bar,), rounds=rounds, effort=effort)


def typed(n, scalar, effort="standard"):
    return Case(
        f"{n} with vectors, {scalar}",
        gaussian(n, n, scalar),
        TYPES,
        accuracy=ACCURACY[scalar],
        bars=(TYPE_VECTORS,),
        effort=effort,
    )


def values_only(n, effort="standard", bars=(), contenders=EVERYBODY):
    name = f"{n} values only"
    return Case(name, gaussian(n, n), contenders, vectors=False, bars=bars, effort=effort)


def leading(k, n, effort, bars=(LEADING,)):
    return Case(
        f"{k} leading triplets of {n}",
        gaussian(n, n),
        LARGE,
        rank=k,
        options={"method": "dense"},
        bars=bars,
        effort=effort,
    )


TASK = Task(
    name="dense_square",
    title="Dense square, all triplets and leading ones",
    notes="Independent standard normal entries: no gaps, no deflation. Where leading triplets are "
    "asked for, Eckart computes these, by its dense method; the peers have to compute all, and the "
    "leading ones are judged.",
    cases=(
        with_vectors(500, "quick", bar=SMALL_VECTORS),
        with_vectors(1000, "quick"),
        with_vectors(2000),
        with_vectors(4000, "full", contenders=LARGE_AND_EIGEN),
        with_vectors(8000, "full", bar=LARGE_VECTORS, contenders=LARGE, rounds=1),
        typed(1000, "float32"),
        typed(2000, "float32", "full"),
        typed(1000, "complex128"),
        typed(1000, "complex64", "full"),
        leading(100, 1000, "quick", bars=()),
        leading(400, 4000, "full"),
        values_only(500, "quick"),
        values_only(1000, "quick"),
        values_only(2000),
        values_only(4000, "full", (VALUES_MKL, VALUES_OPENBLAS), LARGE),
    ),
    tiny=(
        with_vectors(60),
        *(typed(60, scalar) for scalar in ("float32", "complex64", "complex128")),
        leading(9, 60, "quick"),
        values_only(60),
    ),
)
