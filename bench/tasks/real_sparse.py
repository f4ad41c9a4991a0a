"""Leading triplets of real sparse matrices: a social graph and a text corpus."""

from harness.matrices import debian_text, random_text, slashdot
from harness.task import Bar, Case, Task

EVERYBODY = (
    "eckart",
    "eckart_uncertified",
    "arpack",
    "primme",
    "truncated",
    "randomized",
)
BAR = Bar(
    "real sparse: Slashdot k=100, Debian text k=200",
    ("arpack", "primme", "truncated"),
    factor=4,
    aim=8,
)


def leading(name, matrix, k):
    return Case(name, matrix, EVERYBODY, rank=k, accuracy=1e-9, bars=(BAR,))


TASK = Task(
    name="real_sparse",
    title="Real sparse matrices, leading triplets",
    notes="The last wanted and first unwanted singular values of Slashdot differ by 0.14 %: judge "
    "by residual. The text has a flat tail.",
    cases=(
        leading("Slashdot, k = 100", slashdot(), 100),
        leading("Debian package descriptions, log-entropy, k = 200", debian_text(), 200),
    ),
    tiny=(leading("random text, k = 5", random_text(200, 80), 5),),
    needs_data=True,
)
