"""Facts about the machine that a result needs to be read."""

import os
from pathlib import Path


def cpu_flags():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return set(line.split(":")[1].split())
    return set()


def best_openblas_kernel():
    """Returns the OPENBLAS_CORETYPE that this CPU deserves. OpenBLAS goes by CPU model and runs
    old kernels on models newer than itself; naming the kernel repairs that."""
    flags = cpu_flags()
    if {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        return "SkylakeX"
    if {"avx2", "fma"} <= flags:
        return "Haswell"
    return None


def load_average():
    return os.getloadavg()[0]


def describe():
    """Returns one line: CPU model, its vector instructions, cores, memory."""
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
            break
    family = {
        line.split(":")[0].strip(): line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("cpu family", "model\t"))
    }
    vectors = "AVX-512" if "avx512f" in cpu_flags() else "AVX2" if "avx2" in cpu_flags() else "SSE"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    numbers = f"family {family.get('cpu family', '?')} model {family.get('model', '?')}"
    return (
        f"{model} ({numbers}, {vectors}), {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB memory"
    )
