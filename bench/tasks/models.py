"""Weights of models: LoRA extraction and resize beside torch, memory, throughput of spectra."""

import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from harness.machine import best_openblas_kernel
from harness.task import Measurement

TITLE = "Weights of models"
ROOT = Path(__file__).parents[2]
RANK, OLD, NEW = 64, 128, 32


def run(pace, head, log, say, tiny):
    workers = Path(os.environ.get("ECKART_BENCH_WORKERS", ROOT / "build/bench/bench"))
    tool = os.environ.get("ECKART", str(workers.parent / "bin/eckart"))
    torch = os.environ.get("ECKART_BENCH_TORCH", str(ROOT / "build/torch-venv/bin/python"))
    torch = torch if Path(torch).exists() else None
    n, pairs = (256, 2) if tiny else (4096, 4)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rows = extraction(folder, tool, torch, n, pairs, 1 if tiny else 3, say)
        rows += resizing(folder, tool, torch, n, 2 if tiny else 24, say)
        rows += spectra(folder, tool, n // 4, n, say)
    note = ("Eckart's times are those of whole commands, with reading and durable writing, divided by "
            "the number of matrices; torch's those of the calls alone, in a process that has loaded the "
            "tensors. Differences: bfloat16 weights of deviation .02 and an update of 200 decaying "
            "directions, 5 % of that. The error is ||D - B A||_F / ||D||_F, from the entries in double "
            "precision; every answer is judged before it is timed. Bars: 20 times "
            "`torch.linalg.svd`, 1.5 times `torch.svd_lowrank` at a smaller error, 100 times the SVD of "
            "the product at rank 128, exact; three times the largest pair of tensors in memory; "
            "spectra in at most twice the time of the values alone.")
    if torch is None:
        note += " **torch is missing**: name a Python that has it in `ECKART_BENCH_TORCH`."
    table = ["| what | Eckart | peer | ratio | bar |", "|---|---|---|---|---|"]
    return {"models.md": "\n\n".join([head(TITLE, note), "\n".join(table + rows)]) + "\n"}


def extraction(folder, tool, torch, n, pairs, rounds, say):
    base, tuned = folder / "base.safetensors", folder / "tuned.safetensors"
    make_pairs(base, tuned, n, pairs)
    command = [tool, "model", "lora", "extract", base, tuned, "--rank", str(RANK), "--threads", "2",
               "-q", "--json", "-o"]
    call([*command, folder / "first"])
    error = extraction_error(folder, n, pairs)
    seconds, peaks, peer = [], [], []
    for r in range(rounds):
        if torch:
            full = 1 if r == 0 else 0
            peer.append(json.loads(call([torch, ROOT / "bench/baselines/torch_models.py", "extract",
                                         base, tuned, str(RANK), str(full)])[0]))
        _, elapsed, peak = call([*command, folder / f"round{r}"])
        seconds.append(elapsed / pairs)
        peaks.append(peak)
    ours = median(seconds)
    say(f"  extract: {ours:.3f} s per pair, error {error:.5f}")
    size = 4 * n * n
    rows = []
    if torch:
        lowrank = median(median(p["lowrank"]) for p in peer)
        difference = median(median(p["difference"]) for p in peer)
        full, best = peer[0]["full"][0], peer[0]["best"]
        theirs = median(median(p["error"]) for p in peer)
        whole = lowrank + difference
        met = whole / ours >= 1.5 and error <= theirs
        rows.append(f"| LoRA of rank {RANK} from {n} × {n} bf16, error | **{error:.5f}** "
                    f"| svd_lowrank {theirs:.5f}, best {best:.5f} | | smaller "
                    f"{'met' if error <= theirs else '**not met**'} |")
        rows.append(f"| the same, seconds per pair | **{ours:.3f}** | svd_lowrank {lowrank:.3f} + "
                    f"difference {difference:.3f} | {whole / ours:.2f} | ≥ 1.5 "
                    f"{'met' if met else '**not met**'} |")
        rows.append(f"| the same | **{ours:.3f}** | linalg.svd {full:.2f} + difference | "
                    f"{(full + difference) / ours:.0f} | ≥ 20 "
                    f"{'met' if (full + difference) / ours >= 20 else '**not met**'} |")
        say(f"  torch {peer[0]['torch']}: svd_lowrank {lowrank:.3f} + {difference:.3f} s, error "
            f"{theirs:.5f}; linalg.svd {full:.2f} s")
    else:
        rows.append(f"| LoRA of rank {RANK} from {n} × {n} bf16, error and seconds per pair "
                    f"| {error:.5f}, {ours:.3f} | missing | | |")
    peak = max(peaks)
    rows.append(f"| peak memory of the extraction, {pairs} pairs | **{peak / 2**20:.0f} MiB** "
                f"| largest pair {size / 2**20:.0f} MiB | {peak / size:.2f} | ≤ 3 "
                f"{'met' if peak <= 3 * size else '**not met**'} |")
    return rows


def resizing(folder, tool, torch, n, modules, say):
    adapter = folder / "adapter"
    factors = make_adapter(adapter, n, modules)
    command = [tool, "model", "lora", "resize", adapter, "--rank", str(NEW), "--threads", "2", "-q",
               "--json", "-o"]
    call([*command, folder / "resized"])
    error = resize_error(folder / "resized", factors)
    ours = median(call([*command, folder / f"resized{r}"])[1] for r in range(3)) / modules
    say(f"  resize: {ours:.4f} s per module, error {error:.1e}")
    row = f"| resize {OLD} → {NEW} at {n} × {n}, seconds per module (error {error:.0e}) | **{ours:.4f}** "
    if not torch:
        return [row + "| missing | | |"]
    full = json.loads(call([torch, ROOT / "bench/baselines/torch_models.py", "resize",
                            adapter / "adapter_model.safetensors"])[0])["full"]
    met = full / ours >= 100 and error <= 1e-12
    return [row + f"| linalg.svd of the product {full:.2f} | {full / ours:.0f} | ≥ 100, exact "
            f"{'met' if met else '**not met**'} |"]


def spectra(folder, tool, m, n, say):
    rng = np.random.default_rng(3)
    path = folder / "model.safetensors"
    names = [f"l{i}.weight" for i in range(3)]
    weights = {name: rng.standard_normal((m, n), dtype=np.float32) for name in names}
    save(path, weights)
    command = [tool, "model", "spectrum", path, "--energy", "0.9", "--threads", "2", "--json", "-q"]
    report = json.loads(call(command)[0])
    found = report["tensors"][0]["matrices"][0]["energy_ranks"]["0.9"]
    sigma = np.linalg.svd(weights[names[0]].astype(float), compute_uv=False)
    expected = int(np.searchsorted(np.cumsum(sigma**2) / np.sum(sigma**2), 0.9)) + 1
    if abs(found - expected) > 1:
        raise RuntimeError(f"the rank for 90 % is {found}, not {expected}")
    ours, values = [], []
    for _ in range(3):
        ours.append(call(command)[1])
        values.append(sum(json.loads(call([tool, "svd", f"{path}#{name}", "--values-only", "--threads",
                                           "2", "--json", "-q"])[0])["seconds"] for name in names))
    ratio = median(v / o for v, o in zip(values, ours))
    say(f"  spectrum: {median(ours):.2f} s, values alone {median(values):.2f} s")
    return [f"| `model spectrum --energy`, 3 of {m} × {n} float32, seconds | **{median(ours):.2f}** "
            f"| values alone {median(values):.2f} | {ratio:.2f} | ≥ 0.5 "
            f"{'met' if ratio >= 0.5 else '**not met**'} |"]


def call(command):
    """Returns standard output, seconds and peak memory of a command."""
    environment = dict(os.environ)
    if best_openblas_kernel():
        environment["OPENBLAS_CORETYPE"] = best_openblas_kernel()
    # A child begins with the memory of its parent on its account: a small one stands between.
    launcher = ("import os, subprocess, sys, time; start = time.perf_counter(); "
                "p = subprocess.Popen(sys.argv[1:]); _, status, usage = os.wait4(p.pid, 0); "
                "print(status, time.perf_counter() - start, usage.ru_maxrss, file=sys.stderr)")
    done = subprocess.run([sys.executable, "-S", "-c", launcher, *map(str, command)],
                          env=environment, capture_output=True, check=True)
    status, seconds, peak = done.stderr.split()[-3:]
    if int(status) != 0:
        raise RuntimeError(f"{command[:5]} ended with status {status}: {done.stderr.decode()}")
    return done.stdout, float(seconds), int(peak) * 1024


def rounded(x):
    """The upper halves of float32 numbers rounded to bfloat16."""
    bits = np.ascontiguousarray(x, "<f4").view("<u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def widened(bits):
    return (bits.astype("<u4") << 16).view("<f4")


def save(path, tensors):
    header, end = {}, 0
    kinds = {"<f8": "F64", "<f4": "F32", "<u2": "BF16"}
    for name, x in tensors.items():
        header[name] = {"dtype": kinds[x.dtype.str], "shape": list(x.shape),
                        "data_offsets": [end, end + x.nbytes]}
        end += x.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for x in tensors.values():
            file.write(x.tobytes())


def load(path):
    raw = np.memmap(path, np.uint8, "r")
    size = struct.unpack("<Q", raw[:8].tobytes())[0]
    header = json.loads(raw[8:8 + size].tobytes())
    header.pop("__metadata__", None)
    types = {"F64": "<f8", "F32": "<f4", "BF16": "<u2"}
    return {name: np.frombuffer(raw[8 + size + e["data_offsets"][0]:8 + size + e["data_offsets"][1]],
                                types[e["dtype"]]).reshape(e["shape"]) for name, e in header.items()}


def make_pairs(base, tuned, n, pairs):
    rng = np.random.default_rng(0)
    before, after = {}, {}
    for p in range(pairs):
        W = 0.02 * rng.standard_normal((n, n), dtype=np.float32)
        size = np.exp(-np.arange(200) / 25).astype(np.float32)
        D = (rng.standard_normal((n, 200), dtype=np.float32) * size) @ rng.standard_normal(
            (200, n), dtype=np.float32)
        D *= 0.001 / D.std()
        before[f"layers.{p}.q_proj.weight"] = rounded(W)
        after[f"layers.{p}.q_proj.weight"] = rounded(W + D)
    save(base, before)
    save(tuned, after)


def extraction_error(folder, n, pairs):
    """The largest relative error over the pairs."""
    before, after = load(folder / "base.safetensors"), load(folder / "tuned.safetensors")
    adapter = load(folder / "first/adapter_model.safetensors")
    worst = 0
    for name in before:
        D = widened(after[name]).astype(float) - widened(before[name])
        module = "base_model.model." + name[:-len(".weight")]
        B, A = adapter[module + ".lora_B.weight"], adapter[module + ".lora_A.weight"]
        worst = max(worst, np.linalg.norm(D - B.astype(float) @ A) / np.linalg.norm(D))
    return worst


def make_adapter(folder, n, modules):
    rng = np.random.default_rng(1)
    tensors = {}
    for i in range(modules):
        name = f"base_model.model.layers.{i}.q"
        tensors[name + ".lora_A.weight"] = rng.standard_normal((OLD, n))
        tensors[name + ".lora_B.weight"] = rng.standard_normal((n, OLD)) * 0.97 ** np.arange(OLD)
    folder.mkdir()
    save(folder / "adapter_model.safetensors", tensors)
    (folder / "adapter_config.json").write_text(json.dumps({"r": OLD, "lora_alpha": OLD}))
    name = "base_model.model.layers.0.q"
    return tensors[name + ".lora_A.weight"], tensors[name + ".lora_B.weight"]


def resize_error(folder, factors):
    """The distance from the best approximation of that rank, relative to sigma_1: both products
    are turned into the basis of the old factors, so that nothing of n × n is formed."""
    A, B = factors
    QA, RA = np.linalg.qr(A.T)
    QB, RB = np.linalg.qr(B)
    U, s, Vt = np.linalg.svd(RB @ RA.T)
    best = (U[:, :NEW] * s[:NEW]) @ Vt[:NEW]
    new = load(folder / "adapter_model.safetensors")
    name = "base_model.model.layers.0.q"
    found = (QB.T @ new[name + ".lora_B.weight"]) @ (new[name + ".lora_A.weight"] @ QA)
    return np.linalg.norm(found - best) / s[0]


TASK = Measurement(name="models", run=run)
