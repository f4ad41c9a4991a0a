"""Thin factors of a matrix with far more rows than columns."""

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
BAR = Bar("tall 100000×100, 20000×200 thin", ("mkl", "openblas", "eigen"), factor=2, aim=3)


def thin(m, n, effort="quick"):
    return Case(f"{m} x {n} thin", gaussian(m, n), EVERYBODY, bars=(BAR,), effort=effort)


TASK = Task(
    name="dense_tall",
    title="Dense tall, thin factors",
    notes="Independent standard normal entries: well conditioned, so even the Gram route passes.",
    cases=(thin(100000, 100), thin(20000, 200)),
    tiny=(thin(300, 20),),
)
