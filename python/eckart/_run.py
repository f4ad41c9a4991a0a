"""How to run: threads, memory, progress; arguments checked before the engine sees them."""

from __future__ import annotations

import numbers
import operator
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ._errors import InvalidArgument
from ._native import ext


class Progress(NamedTuple):
    """One report of progress, as a callback gets it. What is not known is None."""

    stage: str
    fraction: float | None  # of the work, 0 to 1, a lower bound
    residual: float | None  # the worst so far, relative to the largest singular value
    converged: int | None  # leading triplets that have reached the accuracy


ProgressOption = bool | Callable[[Progress], object] | None

_DEFAULT = ext.RunOptions(0, 0, None)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def whole(name: str, value: Any, least: int | None = None) -> int:
    """Returns value as an int. Raises TypeError or InvalidArgument naming the argument."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    number = operator.index(value)
    if least is not None and number < least:
        raise InvalidArgument(f"{name} must be >= {least}, got {number}")
    return number if number < 2**62 else 2**62


def real(name: str, value: Any) -> float:
    """Returns value as a float. Raises TypeError naming the argument."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    return float(value)


def seed_number(value: Any) -> int:
    """Returns the seed: a whole number of 64 bits."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"seed must be a whole number, got {value!r}")
    seed = operator.index(value)
    if not 0 <= seed < 2**64:
        raise InvalidArgument(f"seed must be a whole number from 0 to 2^64 - 1, got {seed}")
    return seed


def byte_count(value: Any) -> int:
    """Returns a number of bytes; text such as "500M" or "1.5 GiB" has units of 1024."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([KMGT]?)(i?B)?\s*", value, re.IGNORECASE)
        if not found:
            raise InvalidArgument(f"max_memory {value!r} is no size; expected bytes, '500M' or '2GiB'")
        value = float(found[1]) * 2 ** _UNITS[found[2].upper()]
    count = real("max_memory", value)
    if not 1 <= count < 2**63:
        raise InvalidArgument(f"max_memory must be at least 1 byte, got {value!r}")
    return int(count)


def _known(value: float) -> float | None:
    return value if value >= 0 else None


class _Bar:
    """A progress bar of tqdm, or plain lines where tqdm is not installed."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._opened = False
        self._bar: Any = None

    def _open(self) -> None:
        self._opened = True
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return
        self._bar = tqdm(total=100, bar_format="{desc}: {bar} {n:.0f} % {elapsed}")

    def __call__(self, now: Progress) -> None:
        if not self._opened:
            self._open()
        if self._bar is not None:
            self._bar.set_description(now.stage, refresh=False)
            self._bar.n = 100 * min(now.fraction or 0, 1)
            self._bar.refresh()
        elif time.monotonic() - self._last >= 1:
            self._last = time.monotonic()
            share = "" if now.fraction is None else f" {100 * now.fraction:.0f} %"
            print(f"eckart: {now.stage}{share}", file=sys.stderr)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


@contextmanager
def _watched(threads: int, max_memory: int, progress: ProgressOption) -> Iterator[Any]:
    bar = _Bar()
    callback = progress if callable(progress) else bar

    def deliver(stage: str, fraction: float, residual: float, converged: int) -> None:
        callback(Progress(stage, _known(fraction), _known(residual),
                          converged if converged >= 0 else None))

    try:
        yield ext.RunOptions(threads, max_memory, deliver)
    finally:
        bar.close()


def run(call: Callable[..., Any],
        *arguments: Any,
        threads: int | None = None,
        max_memory: int | float | str | None = None,
        progress: ProgressOption = None) -> Any:
    """Returns call(*arguments, options), a function of the engine."""
    if threads is None and max_memory is None and not progress:
        return call(*arguments, _DEFAULT)
    count = 0 if threads is None else whole("threads", threads, 1)
    cap = 0 if max_memory is None else byte_count(max_memory)
    if count > 2**16:
        raise InvalidArgument(f"threads must be at most {2**16}, got {count}")
    if not progress:
        return call(*arguments, ext.RunOptions(count, cap, None))
    if progress is not True and not callable(progress):
        raise TypeError(f"progress must be True or a function, got {progress!r}")
    with _watched(count, cap, progress) as options:
        return call(*arguments, options)
