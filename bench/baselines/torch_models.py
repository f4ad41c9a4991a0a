"""What torch does with weights of models, as one JSON object: run by a Python that has torch.

torch_models.py extract BASE TUNED RANK FULL   differences, svd_lowrank, and FULL times linalg.svd
torch_models.py resize ADAPTER                  the product of the first module and its linalg.svd
Loading is not timed."""
import json
import sys
import time

import torch
from safetensors.torch import load_file

torch.set_num_threads(2)


def extract(base, tuned, rank, full):
    base, tuned = load_file(base), load_file(tuned)
    result = {"difference": [], "lowrank": [], "full": [], "error": []}
    for name in base:
        start = time.perf_counter()
        D = tuned[name].float() - base[name].float()
        result["difference"].append(time.perf_counter() - start)
        start = time.perf_counter()
        U, S, V = torch.svd_lowrank(D, q=rank, niter=2)
        B = U * S
        result["lowrank"].append(time.perf_counter() - start)
        result["error"].append((torch.linalg.norm(D - B @ V.T) / torch.linalg.norm(D)).item())
        if len(result["full"]) < full:
            start = time.perf_counter()
            U, S, V = torch.linalg.svd(D, full_matrices=False)
            result["full"].append(time.perf_counter() - start)
            result["best"] = (torch.linalg.norm(S[rank:]) / torch.linalg.norm(S)).item()
    return result


def resize(adapter):
    tensors = load_file(adapter)
    name = sorted(n for n in tensors if n.endswith("lora_A.weight"))[0]
    A, B = tensors[name].float(), tensors[name.replace("lora_A", "lora_B")].float()
    start = time.perf_counter()
    U, S, V = torch.linalg.svd(B @ A, full_matrices=False)
    return {"full": time.perf_counter() - start}


command, *rest = sys.argv[1:]
if command == "extract":
    answer = extract(rest[0], rest[1], int(rest[2]), int(rest[3]))
else:
    answer = resize(rest[0])
answer["torch"] = torch.__version__
answer["mkl"] = torch.backends.mkl.is_available()
print(json.dumps(answer))
