"""Leading triplets of large dense matrices."""

from harness.matrices import slow_decay
from harness.task import Bar, Case, Task

EVERYBODY = (
    "eckart",
    "eckart_uncertified",
    "arpack",
    "primme",
    "spectra",
    "slepc",
    "truncated",
    "randomized",
)


def bars(row):
    return (
        Bar(row, ("arpack",), factor=4, aim=6),
        Bar(row, ("primme",), factor=2),
        Bar(row, ("truncated", "randomized"), factor=2, more_accurate=True),
    )


def leading(name, matrix, k):
    return Case(
        f"{name}, k = {k}",
        matrix,
        EVERYBODY,
        rank=k,
        accuracy=1e-9,
        bars=bars(f"{name} k={k}, residual ≤ 1e-9"),
    )


TASK = Task(
    name="dense_truncated",
    title="Dense, leading triplets",
    notes="Singular values 1/√i exactly, with incoherent random vectors.",
    cases=(leading("20000 x 4000", slow_decay(20_000, 4_000), 50),),
    tiny=(leading("300 x 100", slow_decay(300, 100), 5),),
)
