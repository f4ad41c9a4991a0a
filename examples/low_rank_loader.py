#!/usr/bin/env python3
"""Runs a model that `eckart model compress` wrote, in PyTorch.

    from low_rank_loader import load_low_rank
    model = build_the_architecture()                 # with its dense layers
    load_low_rank(model, "small.safetensors")        # factored layers are replaced, all weights set

A factored layer y = W x + b becomes y = B (A x) + b: two linear layers, or two convolutions. Run as
a program, it compares both forms for every factored layer of a file:

    python3 low_rank_loader.py small.safetensors
"""
import json
import sys

import torch
from safetensors import safe_open
from torch import nn


def load_low_rank(model, path):
    """Replaces the factored layers of model and loads every tensor of the file, strictly."""
    with safe_open(path, framework="pt") as file:
        factored = json.loads((file.metadata() or {}).get("eckart.low_rank", "{}"))
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    for name, facts in factored.items():
        parent, _, last = name.rpartition(".")
        parent = model.get_submodule(parent)
        setattr(parent, last, factored_layer(getattr(parent, last), facts))
    model.load_state_dict(tensors, strict=True)
    return model


class Factored(nn.Module):
    """Two layers in a row. The bias stands beside them, under the name that it had."""

    def __init__(self, A, B, bias):
        super().__init__()
        self.A, self.B = A, B
        self.bias = None if bias is None else nn.Parameter(torch.empty_like(bias))

    def forward(self, x):
        y = self.B(self.A(x))
        if self.bias is None:
            return y
        channels_last = isinstance(self.B, nn.Linear)
        return y + (self.bias if channels_last else self.bias.view(-1, *[1] * (y.dim() - 2)))


def factored_layer(layer, facts):
    rank, weight = facts["rank"], layer.weight
    kind = {"dtype": weight.dtype, "device": weight.device, "bias": False}
    if not facts["unfolding"]:
        outputs, inputs = weight.shape[::-1] if facts["transposed"] else weight.shape
        return Factored(nn.Linear(inputs, rank, **kind), nn.Linear(rank, outputs, **kind), layer.bias)
    if layer.groups != 1:
        raise ValueError("convolutions in groups are not factored")
    make = type(layer)
    if facts["unfolding"] == "spatial":  # a column of the kernel, then a row
        (kh, kw), (sh, sw) = layer.kernel_size, layer.stride
        (ph, pw), (dh, dw) = layer.padding, layer.dilation
        A = make(layer.in_channels, rank, (kh, 1), (sh, 1), (ph, 0), (dh, 1), **kind)
        B = make(rank, layer.out_channels, (1, kw), (1, sw), (0, pw), (1, dw), **kind)
    else:
        A = make(layer.in_channels, rank, layer.kernel_size, layer.stride, layer.padding,
                 layer.dilation, padding_mode=layer.padding_mode, **kind)
        B = make(rank, layer.out_channels, 1, **kind)
    return Factored(A, B, layer.bias)


def main(path):
    with safe_open(path, framework="pt") as file:
        factored = json.loads((file.metadata() or {}).get("eckart.low_rank", "{}"))
        for name, facts in factored.items():
            if facts["unfolding"]:
                continue
            A = file.get_tensor(name + ".A.weight").double()
            B = file.get_tensor(name + ".B.weight").double()
            has_bias = name + ".bias" in file.keys()
            b = file.get_tensor(name + ".bias").double() if has_bias else torch.zeros(len(B)).double()
            x = torch.randn(A.shape[1], 8, dtype=torch.float64)
            W = B @ A
            difference = (W @ x + b[:, None]) - (B @ (A @ x) + b[:, None])
            print(f"{name}: rank {facts['rank']}, largest difference {difference.abs().max():.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
