"""What Eckart raises. Each class is also one of Python's own, so that either name catches it."""

from __future__ import annotations


class Error(Exception):
    """Base of every error of the engine."""


class InvalidArgument(Error, ValueError):
    """An argument is out of range, or arguments contradict each other."""


class NonFiniteInput(InvalidArgument):
    """The matrix holds a NaN or an infinity: ``value`` at ``row``, ``col``, counted from 0.

    The message counts from 1, as people do.
    """

    row: int = -1
    col: int = -1
    value: float = float("nan")


class Overflow(Error, OverflowError):
    """A singular value exceeds the largest number of its type."""


class FileError(Error, OSError):
    """A file cannot be read or written, or is not what its reader expects."""


class MemoryLimit(Error, MemoryError):
    """The work needs ``needed_bytes``, more than ``max_memory`` allows."""

    needed_bytes: int = 0
    cap_bytes: int = 0
