"""Beside PyTorch: its tensors without a copy, and both in one process. Skipped where it is absent."""
import os
import subprocess
import sys
import textwrap

import eckart
import numpy as np
import pytest
from eckart._inputs import as_array

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64, torch.complex128])
def test_tensors_lend_their_memory(dtype):
    A = torch.randn(40, 30, dtype=dtype)
    for tensor in (A, A.T, A[::2], A[5:, 3:], torch.randn(4, 3, dtype=dtype).expand(4, 3)):
        assert as_array(tensor).ctypes.data == tensor.data_ptr()
        s = torch.linalg.svdvals(tensor).numpy()
        assert np.abs(eckart.svdvals(tensor) - s).max() <= 1e-4 * s[0]


def test_tensors_of_half_precision_and_whole_numbers_become_floats():
    A = torch.randn(20, 10)
    for dtype in (torch.float16, torch.bfloat16):
        half = A.to(dtype)
        assert np.array_equal(eckart.svdvals(half), eckart.svdvals(half.float().numpy()))
    assert eckart.svdvals(torch.arange(6).reshape(2, 3)).dtype == np.float64


def test_a_tensor_that_cannot_be_lent_is_refused():
    with pytest.raises(TypeError, match="does not lend its memory"):
        eckart.svd(torch.randn(3, 2, requires_grad=True))
    meta = torch.empty(3, 2, device="meta")
    with pytest.raises(TypeError, match="does not lend its memory"):
        eckart.svd(meta)


def test_results_become_tensors_without_a_copy():
    U, s, Vt = eckart.svd(torch.randn(40, 30))
    for part in (U, s, Vt):
        assert torch.from_numpy(part).data_ptr() == part.ctypes.data


PROGRAM = """
    import numpy as np
    {imports}
    A = torch.randn(600, 400, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    threads = torch.get_num_threads()
    expected = torch.linalg.svdvals(A).numpy()
    for _ in range(3):
        ours = eckart.svd(A)
        assert np.abs(ours.s - expected).max() <= 1e-12 * expected[0]
        assert ours.report.certificate.met
        product = A @ A.T  # torch's threads, after ours
        assert abs(float(product.trace()) / (ours.s**2).sum() - 1) <= 1e-12
        assert np.abs(torch.linalg.svdvals(A).numpy() - expected).max() <= 1e-12 * expected[0]
    assert torch.get_num_threads() == threads
    torch.set_num_threads(1)
    one = eckart.svd(A, k=5).s
    torch.set_num_threads(threads)
    assert (eckart.svd(A, k=5, threads=2).s == one).all()
    print(sorted({{line.split("/")[-1].split("-")[0].split(".")[0] for line in open("/proc/self/maps")
                  if "gomp" in line or "omp" in line.split("/")[-1]}}), "done")
"""


@pytest.mark.parametrize("imports", ["import torch, eckart", "import eckart, torch"])
def test_both_compute_in_one_process_whichever_comes_first(imports):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(PROGRAM.format(imports=imports))],
                          capture_output=True, text=True, env=os.environ, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("done\n") and done.stderr == "", done.stderr
