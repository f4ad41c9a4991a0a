"""Eckart at and around sizes where software likes to fall off: powers of two, multiples of the
blocks and of the band, and primes."""

from harness import sweep
from harness.task import Measurement

BLOCKS = [n + step for n in range(256, 1089, 64) for step in (-1, 0, 1)]
HALF_BLOCKS = [n + step for n in (224, 352, 480, 608) for step in (-1, 0, 1)] + [736, 864, 992]
PRIMES = [211, 233, 271, 307, 347, 401, 433, 499, 557, 613, 661, 727, 797, 853, 919, 983, 1051]
TITLE = "Sizes from 200 to 1100"


def run(pace, head, log, say, tiny):
    sizes = [31, 32, 33, 37, 40] if tiny else sorted({*BLOCKS, *HALF_BLOCKS, *PRIMES})
    points = sweep.measure(sizes, pace, log, say)
    text = head(
        TITLE,
        "Independent standard normal entries, square. Seconds of one call over n³: a smooth line "
        "means that no size is much worse than its neighbours. Every answer was judged first.",
    )
    return {
        "size_sweep.md": sweep.markdown(text, points),
        "size_sweep.svg": sweep.plot(TITLE, points),
    }


TASK = Measurement(name="size_sweep", run=run)
