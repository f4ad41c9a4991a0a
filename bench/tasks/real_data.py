"""Leading triplets of real matrices: a social graph, a text corpus, pictures."""

from harness.matrices import debian_text, fashion_mnist, random_text, slashdot
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


def leading(name, matrix, k, contenders=EVERYBODY):
    row = f"{name}, residual ≤ 1e-9"
    bars = (
        Bar(row, ("arpack",), factor=4, aim=8),
        Bar(row, ("primme",), factor=2),
        Bar(row, ("truncated", "randomized"), factor=2, more_accurate=True),
    )
    return Case(f"{name}, k = {k}", matrix, contenders, rank=k, accuracy=1e-9, bars=bars)


TASK = Task(
    name="real_data",
    title="Real matrices, leading triplets",
    notes="The last wanted and first unwanted singular values of Slashdot differ by 0.14 %: judge "
    "by residual. The text (log-entropy weights of Debian's package descriptions) has a flat tail. "
    "Fashion-MNIST: the training pictures, a row each, with the mean picture taken away "
    "beforehand, for everybody.",
    cases=(
        leading("Slashdot", slashdot(), 100, (*EVERYBODY, "gensim")),
        leading("Debian text", debian_text(), 200, (*EVERYBODY, "gensim")),
        leading("Fashion-MNIST centred 60000 x 784", fashion_mnist(), 50),
    ),
    tiny=(leading("random text", random_text(200, 80), 5, (*EVERYBODY, "gensim")),),
    needs_data=True,
)
