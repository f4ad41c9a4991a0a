"""Dense matrices decomposed from Python, beside what Python users call now."""

from harness.matrices import gaussian, slow_decay
from harness.task import Bar, Case, Task

ALL = ("eckart_python", "eckart", "numpy")
LEADING = ("eckart_python", "eckart", "arpack", "randomized")
WITH_VECTORS = Bar("dense 1000², 2000² with vectors", ("numpy",), factor=1.5, aim=2)
TALL = Bar("tall 100000×100, 20000×200 thin", ("numpy",), factor=2, aim=3)
ARPACK = Bar("dense 20000×4000 k=50, residual ≤ 1e-9", ("arpack",), factor=4, aim=6)
RANDOMIZED = Bar(
    "dense 20000×4000 k=50, randomized's default", ("randomized",), factor=2, more_accurate=True
)


def thin(m, n, bar, effort="quick"):
    return Case(
        f"{m} x {n} thin",
        gaussian(m, n),
        ALL,
        bars=(bar,),
        reference="eckart_python",
        effort=effort,
    )


def leading(m, n, k, effort="standard"):
    return Case(
        f"{k} leading triplets of {m} x {n}",
        slow_decay(m, n),
        LEADING,
        rank=k,
        accuracy=1e-9,
        bars=(ARPACK, RANDOMIZED),
        reference="eckart_python",
        effort=effort,
    )


TASK = Task(
    name="python_dense",
    title="Dense matrices from Python",
    notes="eckart.svd beside numpy.linalg.svd, scipy.sparse.linalg.svds and "
    "sklearn.utils.extmath.randomized_svd on the same arrays; beside them the C++ program, to show "
    "what Python costs. The last matrix has singular values 1/√i exactly, the others independent "
    "standard normal entries.",
    cases=(
        thin(1000, 1000, WITH_VECTORS),
        thin(2000, 2000, WITH_VECTORS, "standard"),
        thin(100000, 100, TALL),
        thin(20000, 200, TALL),
        leading(20000, 4000, 50),
    ),
    tiny=(thin(60, 60, WITH_VECTORS), thin(200, 20, TALL), leading(300, 100, 5)),
)
