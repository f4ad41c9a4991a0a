"""Loads the engine, ``eckart_ext``.

GCC's OpenMP runtime reads from the environment, when it is loaded, how long idle threads spin. Its
default is longer than a time slice: on a machine that others use as well, threads that wait for one
another then spend their slices on waiting. The package sets what the ``eckart`` program sets, for
the time of the import alone, unless the user has chosen.
"""

from __future__ import annotations

import os

_SPIN = "GOMP_SPINCOUNT"
_choose = _SPIN not in os.environ and "OMP_WAIT_POLICY" not in os.environ
if _choose:
    os.environ[_SPIN] = "20000"
try:
    from . import eckart_ext as ext
finally:
    if _choose:
        del os.environ[_SPIN]

__all__ = ["ext"]
