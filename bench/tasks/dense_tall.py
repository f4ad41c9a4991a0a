"""Thin factors of a matrix with more rows than columns."""

from harness.matrices import gaussian
from harness.task import Bar, Case, Task

EVERYBODY = (
    "eckart",
    "eckart_uncertified",
    "eckart_gram",
    "mkl",
    "openblas",
    "openblas_as_it_comes",
    "eigen",
    "numpy",
)
TYPES = ("eckart", "eckart_uncertified", "mkl", "openblas")
NEARLY_SQUARE = ("eckart", "eckart_uncertified", "mkl", "openblas", "eigen", "numpy")
PEERS = ("mkl", "openblas", "eigen")
BAR = Bar("tall 100000×100, 20000×200 thin", PEERS, factor=2, aim=3)


def thin(m, n, effort="quick", scalar="float64", accuracy=1e-12, contenders=EVERYBODY, bars=()):
    name = f"{m} x {n} thin" + ("" if scalar == "float64" else f", {scalar}")
    return Case(
        name, gaussian(m, n, scalar), contenders, accuracy=accuracy, bars=bars, effort=effort
    )


TASK = Task(
    name="dense_tall",
    title="Dense tall, thin factors",
    notes="Independent standard normal entries: well conditioned, so even the Gram route passes. "
    "2000 x 1900 should take no longer than 2000 x 2000.",
    cases=(
        thin(100000, 100, bars=(BAR,)),
        thin(20000, 200, bars=(BAR,)),
        *(
            thin(m, n, "quick", scalar, accuracy, TYPES, bars=(BAR,))
            for scalar, accuracy in (("float32", 1e-4), ("complex128", 1e-12), ("complex64", 1e-4))
            for m, n in ((100000, 100), (20000, 200))
        ),
        thin(3000, 1000, "standard"),
        thin(2000, 1900, "standard", contenders=NEARLY_SQUARE),
        thin(2000, 2000, "standard", contenders=NEARLY_SQUARE),
    ),
    tiny=(thin(300, 20, bars=(BAR,)), thin(70, 60, scalar="complex64", accuracy=1e-4)),
)
