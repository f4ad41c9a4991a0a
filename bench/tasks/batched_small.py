"""Many small matrices in one call."""

from harness.matrices import gaussian_stack
from harness.task import Bar, Case, Task

EVERYBODY = ("eckart", "eckart_uncertified", "numpy", "eigen", "eigen_jacobi")
BAR = Bar("10⁴ of 16² and 10³ of 64²", ("numpy", "eigen", "eigen_jacobi"), factor=2, aim=4)


def case(count, m, n, vectors=True, effort="quick", bars=()):
    name = f"{count} of {m} x {n}" + (" with vectors" if vectors else " values only")
    stack = gaussian_stack(count, m, n)
    return Case(name, stack, EVERYBODY, vectors=vectors, bars=bars, effort=effort)


TASK = Task(
    name="batched_small",
    title="Many small matrices",
    notes="Independent standard normal entries. NumPy decomposes the stack in one call, which it "
    "loops over on one thread; Eigen in a parallel loop with one solver a thread.",
    cases=(
        case(10000, 16, 16, bars=(BAR,)),
        case(1000, 64, 64, bars=(BAR,)),
        case(10000, 16, 16, vectors=False),
        case(1000, 64, 64, vectors=False),
        case(10000, 4, 4),
        case(2000, 32, 32),
        case(2000, 40, 20),
        case(200, 100, 100),
    ),
    tiny=(case(20, 6, 6), case(9, 5, 8, vectors=False), case(5, 70, 30)),
)
