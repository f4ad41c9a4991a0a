"""Every triplet of a square matrix in memory."""

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
PEERS = ("mkl", "openblas", "eigen")
WITH_VECTORS = Bar("dense 1000², 2000², 4000² with vectors", PEERS, factor=1.5, aim=2)
VALUES_MKL = Bar("dense 4000² values only", ("mkl",), factor=1.2, aim=1.5)
VALUES_OPENBLAS = Bar("dense 4000² values only", ("openblas",), factor=4)


def with_vectors(n, effort="standard", bars=(WITH_VECTORS,)):
    return Case(f"{n} with vectors", gaussian(n, n), EVERYBODY, bars=bars, effort=effort)


def values_only(n, effort="standard", bars=()):
    return Case(
        f"{n} values only", gaussian(n, n), EVERYBODY, vectors=False, bars=bars, effort=effort
    )


TASK = Task(
    name="dense_square",
    title="Dense square, all triplets",
    notes="Independent standard normal entries: no gaps, no deflation.",
    cases=(
        with_vectors(500, "quick", bars=()),
        with_vectors(1000, "quick"),
        with_vectors(2000),
        with_vectors(4000, "full"),
        values_only(1000, "quick"),
        values_only(2000),
        values_only(4000, "full", bars=(VALUES_MKL, VALUES_OPENBLAS)),
    ),
    tiny=(with_vectors(60), values_only(60)),
)
