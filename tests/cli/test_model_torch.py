"""What eckart model writes loads in torch, PEFT and safetensors and gives the same outputs.

Skipped unless ECKART_TORCH_PYTHON names a Python that has them."""
import json
import os
import subprocess
from pathlib import Path

import pytest

PYTHON = os.environ.get("ECKART_TORCH_PYTHON")
EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = pytest.mark.skipif(not PYTHON, reason="ECKART_TORCH_PYTHON names no Python with torch")

PRELUDE = """
import json, sys, torch
from torch import nn
from safetensors.torch import load_file, save_file
sys.path.insert(0, EXAMPLES)
torch.manual_seed(1)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(50, 40)
        self.q = nn.Linear(40, 60)
        self.norm = nn.LayerNorm(60)
        self.head = nn.Linear(60, 5, bias=False)
    def forward(self, x):
        return self.head(self.norm(torch.tanh(self.q(self.emb(x)))))

class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 16, 3, stride=2, padding=1)
    def forward(self, x):
        return self.conv(x)

ids = torch.arange(50)
picture = torch.randn(2, 6, 11, 12)
"""


def torch_run(folder, text):
    text = PRELUDE.replace("EXAMPLES", repr(str(EXAMPLES))) + text
    done = subprocess.run([PYTHON, "-W", "ignore", "-c", text], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_adapter_gives_the_tuned_outputs_in_peft(eckart, tmp_path):
    torch_run(tmp_path, """
net = Net()
save_file(net.state_dict(), 'base.safetensors', metadata={'format': 'pt'})
with torch.no_grad():
    net.q.weight += torch.randn(60, 3) @ torch.randn(3, 40) / 10
    net.norm.weight += 0.5
    net.emb.weight += torch.randn(50, 2) @ torch.randn(2, 40) / 5
save_file(net.state_dict(), 'tuned.safetensors')
print(1)
""")
    run = eckart("model", "lora", "extract", "base.safetensors", "tuned.safetensors", "--rank", "3",
                 "--embeddings", "lora", "-o", "adapter")
    assert run.code == 0, run.err
    for folder in ("adapter", "resized", "merged"):
        if folder == "resized":
            assert eckart("model", "lora", "resize", "adapter", "--energy", "1", "-o", folder).code == 0
        if folder == "merged":
            run = eckart("model", "lora", "merge", "adapter", "resized", "--weights", "0.25,0.75", "-o", folder)
            assert run.code == 1  # the whole tensors are not merged
        difference = torch_run(tmp_path, f"""
from peft import PeftModel
tuned, base = Net(), Net()
tuned.load_state_dict(load_file('tuned.safetensors'))
base.load_state_dict(load_file('base.safetensors'))
if '{folder}' == 'merged':
    base.norm.load_state_dict(tuned.norm.state_dict())
net = PeftModel.from_pretrained(base, '{folder}').eval()
print(json.dumps((net(ids) - tuned(ids)).abs().max().item()))
""")
        assert difference <= 1e-4, folder


def test_rank_and_alpha_of_every_module_reach_peft(eckart, tmp_path):
    torch_run(tmp_path, """
net = Net()
save_file(net.state_dict(), 'base.safetensors')
with torch.no_grad():
    # One rounding alone, that of the sum.
    net.q.weight += torch.randn(60, 7).double() @ torch.randn(7, 40).double() / 10
    net.head.weight += torch.randn(5, 2).double() @ torch.randn(2, 60).double() / 10
save_file(net.state_dict(), 'tuned.safetensors')
print(1)
""")
    run = eckart("model", "lora", "extract", "base.safetensors", "tuned.safetensors", "--noise-floor",
                 "--max-rank", "7", "-o", "adapter", "--json")
    assert {m["name"]: m["rank"] for m in run.json["modules"]} == {"q.weight": 7, "head.weight": 2}
    difference = torch_run(tmp_path, """
from peft import PeftModel
tuned, base = Net(), Net()
tuned.load_state_dict(load_file('tuned.safetensors'))
base.load_state_dict(load_file('base.safetensors'))
net = PeftModel.from_pretrained(base, 'adapter').eval()
print(json.dumps((net(ids) - tuned(ids)).abs().max().item()))
""")
    assert difference <= 1e-4


@pytest.mark.parametrize("unfolding", ["channel", "spatial"])
def test_a_compressed_model_runs_by_the_reference_loader(eckart, tmp_path, unfolding):
    torch_run(tmp_path, """
save_file(Net().state_dict(), 'net.safetensors')
save_file(Images().state_dict(), 'images.safetensors')
print(1)
""")
    for name, data in (("net", "ids"), ("images", "picture")):
        for form, options in (("factors", []), ("dense", ["--dense"])):
            run = eckart("model", "compress", f"{name}.safetensors", "--ratio", "0.6", "--unfolding",
                         unfolding, *options, "-o", f"{name}_{form}.safetensors", "-q")
            assert run.code == 0, run.err
        kind = "Net" if name == "net" else "Images"
        difference, replaced = torch_run(tmp_path, f"""
from low_rank_loader import Factored, load_low_rank
net = load_low_rank({kind}(), '{name}_factors.safetensors')
dense = {kind}()
dense.load_state_dict(load_file('{name}_dense.safetensors'))
replaced = sum(isinstance(m, Factored) for m in net.modules())
print(json.dumps([(net({data}) - dense({data})).abs().max().item(), replaced]))
""")
        assert difference <= 1e-5 and replaced >= 1
    done = subprocess.run([PYTHON, EXAMPLES / "low_rank_loader.py", "net_factors.safetensors"], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode == 0 and "q: rank" in done.stdout


def test_pissa_gives_the_outputs_of_the_base_in_peft(eckart, tmp_path):
    torch_run(tmp_path, "save_file(Net().state_dict(), 'base.safetensors'); print(1)")
    assert eckart("model", "pissa", "base.safetensors", "--rank", "4", "-o", "p").code == 0
    difference = torch_run(tmp_path, """
from peft import PeftModel
base, residual = Net(), Net()
base.load_state_dict(load_file('base.safetensors'))
residual.load_state_dict(load_file('p/model.safetensors'))
net = PeftModel.from_pretrained(residual, 'p').eval()
print(json.dumps((net(ids) - base(ids)).abs().max().item()))
""")
    assert difference <= 1e-5


def test_safetensors_reads_and_repeats_what_is_written(eckart, tmp_path):
    same = torch_run(tmp_path, """
tensors = {'a': torch.randn(3, 4).bfloat16(), 'b': torch.arange(5), 'c': torch.randn(2).half(), 'd': torch.tensor(2.5)}
save_file(tensors, 'in.safetensors', metadata={'format': 'pt'})
print(1)
""")
    save = "model", "compress", "in.safetensors", "--rank", "1", "-o", "out.safetensors", "-q"
    assert eckart(*save).code == 0
    names = torch_run(tmp_path, "print(json.dumps(sorted(load_file('out.safetensors'))))")
    assert names == ["a.A.weight", "a.B.weight", "b", "c", "d"]
