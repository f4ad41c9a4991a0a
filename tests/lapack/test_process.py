"""The drop-in inside programs: threads, forks, small stacks, other libraries."""
import hashlib
import threading

import numpy

from conftest import LIBRARIES, Lapack, run_python
from test_svd import check, decompose, random_matrix

SVD = """
import hashlib, numpy
draw = numpy.random.default_rng(3).standard_normal
sums = []
for shape in ((300, 300), (900, 100), (90, 400)):
    for array in numpy.linalg.svd(draw(shape)):
        sums.append(hashlib.sha256(array.tobytes()).hexdigest())
print(sums)
"""


def test_results_are_the_same_bits_for_any_number_of_threads():
    printed = {run_python(SVD, OMP_NUM_THREADS=threads) for threads in ("1", "2", "3")}
    assert len(printed) == 1
    assert run_python(SVD, OPENBLAS_NUM_THREADS="1") in printed
    assert run_python(SVD, LD_PRELOAD="") not in printed  # it is us who answer


def test_eight_threads_at_once_are_served_even_with_small_stacks():
    lapack = Lapack(32)
    matrices = [random_matrix("d", 40 + 60 * i, 30 + 50 * i) for i in range(8)]
    expected = [decompose(lapack, "d", "S", A)[2:] for A in matrices]
    wrong = []

    def work(i):
        for _ in range(2):
            info, _, s, U, VT = decompose(lapack, "d", "S", matrices[i])
            same = all((x == y).all() for x, y in zip((s, U, VT), expected[i]))
            if info != 0 or not same:
                wrong.append(i)

    before = threading.stack_size(256 * 1024)
    try:
        workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        threading.stack_size(before)
    assert not wrong


def test_a_thread_with_a_stack_of_128_kib_is_served():
    code = """
import threading, numpy
A = numpy.random.default_rng(0).standard_normal((700, 700))
right = numpy.linalg.svd(A)[1]
found = []
threading.stack_size(128 * 1024)
thread = threading.Thread(target=lambda: found.append(numpy.linalg.svd(A)[1]))
thread.start()
thread.join()
print((found[0] == right).all())
"""
    assert run_python(code) == "True\n"


def test_forked_children_and_their_parents_go_on():
    code = """
import os, numpy
A = numpy.random.default_rng(0).standard_normal((400, 400))
right = numpy.linalg.svd(A)[1]
for _ in range(3):
    child = os.fork()
    same = (numpy.linalg.svd(A)[1] == right).all()
    if child == 0:
        os._exit(0 if same else 1)
    assert same and os.waitpid(child, 0)[1] == 0
print("done")
"""
    assert run_python(code, OMP_NUM_THREADS="2") == "done\n"


def test_the_programs_own_blas_keeps_its_threads():
    code = """
import ctypes, numpy, threading
numpy.linalg.svd(numpy.eye(3))
maps = open("/proc/self/maps").read()
path = next(line.split()[-1] for line in maps.splitlines()
            if "blas" in line and "eckart" not in line)
blas = ctypes.CDLL(path)
print(hasattr(blas, "openblas_get_num_threads"))
if hasattr(blas, "openblas_get_num_threads"):
    blas.openblas_set_num_threads(2)
    seen = set()
    A = numpy.random.default_rng(0).standard_normal((700, 700))
    worker = threading.Thread(target=lambda: numpy.linalg.svd(A))
    worker.start()
    while worker.is_alive():
        seen.add(blas.openblas_get_num_threads())
    worker.join()
    assert seen == {2}, seen
"""
    run_python(code)


ROUTINES = ("gesdd_", "gesvd_", "gesvdx_", "gesvj_", "gejsv_", "gelsd_")


def test_nothing_but_the_entries_is_exported():
    import subprocess
    for library in LIBRARIES.values():
        listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True,
                                text=True, check=True).stdout
        names = {line.split()[-1] for line in listed.splitlines()}
        assert "dgesdd_" in names and "dgesdd_64_" in names
        for name in names:
            assert any(root in name for root in ROUTINES), name
