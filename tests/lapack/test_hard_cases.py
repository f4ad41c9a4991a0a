"""The hard matrices of the campaign, by NumPy over the drop-in: right as far as the routine
promises, which is to rounding of the largest value, or the error that LAPACK knows; and what
happens where there is no memory."""
import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import LIBRARIES
from test_consumers import program

ROOT = Path(__file__).parents[2]

CODE = """
import importlib.util, json, sys
import numpy as np
spec = importlib.util.spec_from_file_location("hard_cases", sys.argv[1])
hard_cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hard_cases)
verdicts = {}
for name, case in hard_cases.cases().items():
    try:
        U, s, Vt = np.linalg.svd(case["A"], full_matrices=False)
    except np.linalg.LinAlgError as error:
        verdicts[name] = str(error)
        continue
    verdicts[name] = hard_cases.judge(case["A"], U, s, Vt, sigma=case.get("sigma"),
                                      vectors_only=case.get("vectors_only", False))
verdicts["tiny values of a diagonal"] = np.linalg.svd(np.diag([1e308, 1, 1e-290]))[1].tolist()
verdicts["expected"] = {n: c.get("expect") for n, c in hard_cases.cases().items()}
print(json.dumps(verdicts))
"""


def test_a_hard_matrix_is_right_or_refused():
    done = subprocess.run([program("/usr/bin/python3", "python3"), "-c", CODE,
                           ROOT / "campaign" / "hard_cases.py"], capture_output=True, text=True,
                          env={**os.environ, "LD_PRELOAD": LIBRARIES[32]})
    assert done.returncode == 0, done.stderr
    verdicts = json.loads(done.stdout)
    expected = verdicts.pop("expected")
    # LAPACK keeps a value that stands alone in its row and column, as far as numbers go.
    assert verdicts.pop("tiny values of a diagonal")[:2] == [1e308, 1]
    for name, verdict in verdicts.items():
        assert verdict == ("SVD did not converge" if expected[name] else "right"), name


# --- no memory ----------------------------------------------------------------------------------

MEMORY = """
import ctypes, sys
import numpy as np
library, shim = ctypes.CDLL(sys.argv[1]), ctypes.CDLL(None)
def call(routine, A):
    m, n = A.shape
    k = min(m, n)
    ref = lambda x: ctypes.byref(ctypes.c_int(x))
    a, U, Vt = np.asfortranarray(A), np.zeros((m, k), order="F"), np.zeros((k, n), order="F")
    s, work, info = np.zeros(k), np.zeros(64 * (m + n)), ctypes.c_int(99)
    p = lambda x: x.ctypes.data_as(ctypes.c_void_p)
    jobs = [b"S"] if routine == "dgesdd_" else [b"S", b"S"]
    tail = [p(np.zeros(8 * k, np.int32))] if routine == "dgesdd_" else []
    function = getattr(library, routine)
    arguments = [*jobs, ref(m), ref(n), p(a), ref(m), p(s), p(U), ref(m), p(Vt), ref(k), p(work),
                 ref(work.size), *tail, ctypes.byref(info)]
    def run(k):
        fault.value = b"malloc:%d" % k
        shim.count_faults(1)
        function(*arguments)
        shim.count_faults(0)
        return info.value
    return run, s, U, Vt, A
fault = ctypes.create_string_buffer(64)
import os
os.environ["ECKART_FAULT"] = "malloc:1" + " " * 20
environ = ctypes.CDLL(None).getenv
environ.restype = ctypes.c_void_p
address = environ(b"ECKART_FAULT")
fault = (ctypes.c_char * 24).from_address(address)
draw = np.random.default_rng(0).standard_normal
for routine in ("dgesdd_", "dgesvd_"):
    for shape in ((9, 6), (60, 40), (40, 60), (300, 8)):
        run, s, U, Vt, A = call(routine, draw(shape))
        assert run(10 ** 9) == 0
        right = s.copy(), U.copy(), Vt.copy()
        failures, k = 0, 0
        while True:
            k += 1 + k // 8
            info = run(k)
            if info == 0:
                assert all((x == y).all() for x, y in zip(right, (s, U, Vt)))
                break
            failures += 1
            assert info == -1010 and np.isnan(s).all() and np.isnan(U).all(), (routine, k, info)
        assert failures > 5, (routine, shape, failures)
        print(routine, shape, failures)
"""


def test_whichever_allocation_fails_info_says_so_and_the_next_call_is_right(tmp_path):
    """INFO is LAPACKE's code for memory, the results are NaN, the process goes on."""
    if any(name in Path(LIBRARIES[32]).read_bytes() for name in (b"__asan_init", b"__tsan_init")):
        pytest.skip("the sanitizers' own allocators suffer none in front of them")
    shim = tmp_path / "faults.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim,
                    ROOT / "tests" / "cli" / "faults.c", "-ldl"], check=True)
    done = subprocess.run([program("/usr/bin/python3", "python3"), "-c", MEMORY, LIBRARIES[32]],
                          capture_output=True, text=True,
                          env={**os.environ, "LD_PRELOAD": str(shim), "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n") == 8
