"""Leading triplets of a large dense matrix."""

from harness.matrices import slow_decay
from harness.task import Bar, Case, Task

EVERYBODY = (
    "eckart",
    "eckart_uncertified",
    "arpack",
    "primme",
    "randomized",
    "randomized_5",
)
ROW = "dense 20000×4000 k=50 residual ≤ 1e-9"
BARS = (
    Bar(ROW, ("arpack",), factor=4, aim=6),
    Bar(ROW, ("randomized",), factor=2, more_accurate=True),
)


def leading(m, n, k, effort="standard"):
    return Case(
        f"{m} x {n}, k = {k}",
        slow_decay(m, n),
        EVERYBODY,
        rank=k,
        accuracy=1e-9,
        bars=BARS,
        effort=effort,
    )


TASK = Task(
    name="dense_truncated",
    title="Dense, leading triplets",
    notes="Singular values 1/√i exactly, with incoherent random vectors.",
    cases=(leading(20_000, 4_000, 50),),
    tiny=(leading(300, 100, 5),),
)
