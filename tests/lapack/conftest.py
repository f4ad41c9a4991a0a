"""The drop-in library as programs see it: symbols, pointers and memory."""
import ctypes
import mmap
import os
import struct
import subprocess
import sys

import numpy
import pytest

LIBRARIES = {32: os.environ["ECKART_LAPACK"], 64: os.environ["ECKART_LAPACK64"]}
ROUTINES = ("gesdd", "gesvd", "gelsd", "gesvdx", "gesvj", "gejsv")  # in the order of their counts
TYPES = {"s": numpy.float32, "d": numpy.float64, "c": numpy.complex64, "z": numpy.complex128}


def eps(scalar):
    return float(numpy.finfo(TYPES[scalar]).eps)


def empty_counts():
    return bytes(8 + 32 * len(ROUTINES))


def calls_in(counts):
    """Returns how many calls of each routine a file of counts holds."""
    numbers = struct.unpack(f"<{1 + 4 * len(ROUTINES)}Q", counts.read_bytes())
    return dict(zip(ROUTINES, numbers[1::4]))


class Guarded:
    """A column-major rows x cols array of leading dimension ld whose last entry is followed by a
    page that cannot be touched; padding rows and outputs are poisoned."""

    def __init__(self, dtype, rows, cols, ld, value=None):
        self.dtype = numpy.dtype(dtype)
        size = max(1, ld * max(cols, 0)) * self.dtype.itemsize
        if cols > 0:
            size -= (ld - rows) * self.dtype.itemsize  # the padding of the last column is not ours
        page = mmap.PAGESIZE
        self.map = mmap.mmap(-1, (size + page - 1) // page * page + page)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        end = base + len(self.map) - page
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.mprotect(ctypes.c_void_p(end), page, 0) == 0
        self.address = end - size
        raw = numpy.frombuffer(self.map, numpy.uint8, size, len(self.map) - page - size)
        raw[:] = 0xDB
        self.flat = raw.view(self.dtype)
        self.rows, self.cols, self.ld = rows, cols, ld
        if value is not None:
            for j in range(cols):
                self.flat[j * ld:j * ld + rows] = value[:, j]

    @property
    def pointer(self):
        return ctypes.c_void_p(self.address)

    def value(self):
        if self.rows == 0 or self.cols == 0:
            return numpy.zeros((self.rows, self.cols), self.dtype)
        return numpy.stack([self.flat[j * self.ld:j * self.ld + self.rows]
                            for j in range(self.cols)], axis=1)

    def padding_is_untouched(self):
        for j in range(self.cols - 1):
            padding = self.flat[j * self.ld + self.rows:(j + 1) * self.ld]
            if not (padding.view(numpy.uint8) == 0xDB).all():
                return False
        return True

    def untouched(self):
        return bool((self.flat.view(numpy.uint8) == 0xDB).all())


class Lapack:
    """Calls the routines of one library with 32-bit or 64-bit integers."""

    def __init__(self, bits, name="{}_"):
        self.library = ctypes.CDLL(LIBRARIES[bits])
        self.integer = {32: ctypes.c_int32, 64: ctypes.c_int64}[bits]
        self.name = name

    def call(self, routine, *arguments):
        """Passes letters, integers, arrays and None; returns INFO, which comes last."""
        info = self.integer(-77777)
        converted = []
        for argument in arguments:
            if isinstance(argument, str):
                converted.append(ctypes.c_char_p(argument.encode()))
            elif isinstance(argument, int):
                converted.append(ctypes.byref(self.integer(argument)))
            elif isinstance(argument, Guarded):
                converted.append(argument.pointer)
            else:
                converted.append(argument)
        function = getattr(self.library, self.name.format(routine))
        function.restype = None
        function(*converted, ctypes.byref(info), *[ctypes.c_size_t(1)] * 2)
        return info.value


def run_python(code, **environment):
    """Runs a Python program with the drop-in preloaded; returns what it printed."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={**os.environ, "LD_PRELOAD": LIBRARIES[32], **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(params=[32, 64])
def lapack(request):
    return Lapack(request.param)
