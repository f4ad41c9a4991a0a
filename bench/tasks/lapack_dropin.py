"""NumPy with and without the LAPACK drop-in. The program is the same; only its LAPACK changes."""

from harness.matrices import gaussian
from harness.task import Case, Task

CONTENDERS = ("eckart", "eckart_drop_in", "numpy")


def case(m, n, effort="quick", vectors=True):
    kind = "thin" if vectors else "values only"
    return Case(
        f"{m} x {n} {kind}", gaussian(m, n), CONTENDERS, vectors=vectors, effort=effort
    )


TASK = Task(
    name="lapack_dropin",
    title="NumPy with the LAPACK drop-in",
    notes="NumPy copies the matrix before and the factors after the call, with either LAPACK. "
    "LAPACK's interface has no place for a certificate, so the drop-in makes none; Eckart does.",
    cases=(
        case(1000, 1000),
        case(2000, 2000),
        case(4000, 4000, "standard"),
        case(1000, 1000, "standard", vectors=False),
        case(2000, 2000, "standard", vectors=False),
        case(4000, 4000, "standard", vectors=False),
        case(100000, 100),
        case(20000, 200, "standard"),
    ),
    tiny=(case(60, 60), case(200, 20), case(50, 40, vectors=False)),
)
