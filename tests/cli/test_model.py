"""Weights of models: spectra, adapters, compression, embeddings, from the shell."""
import json
import struct
from pathlib import Path

import numpy as np
import pytest

SILERO = Path(__file__).parents[2] / "examples/data/silero_vad/silero_vad_16k.safetensors"
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}


def bf16(x):
    """x rounded to bfloat16, as float32."""
    bits = np.ascontiguousarray(x, "<f4").view("<u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype("<u4").view("<f4")


def save(path, tensors, metadata=None):
    """Writes a safetensors file; tensors are arrays, or (type, array) for BF16."""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, value in tensors.items():
        kind, array = value if isinstance(value, tuple) else (None, np.asarray(value))
        if kind == "BF16":
            raw = (np.ascontiguousarray(array, "<f4").view("<u4") >> 16).astype("<u2")
        else:
            raw = np.ascontiguousarray(array)
            kind = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64"}[raw.dtype.str[1:]]
        header[name] = {"dtype": kind, "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + raw.nbytes]}
        data += raw.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def load(path):
    """Returns the tensors of a safetensors file as float64 arrays, and its metadata."""
    raw = Path(path).read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(raw[8 + size + begin:8 + size + end], TYPES[entry["dtype"]])
        if entry["dtype"] == "BF16":
            array = (array.astype("<u4") << 16).view("<f4")
        tensors[name] = array.astype(float).reshape(entry["shape"])
    return tensors, metadata


def delta(tensors, module, alpha=None, prefix="base_model.model."):
    """scale B A of a module of an adapter, PEFT's keys or kohya's."""
    peft = prefix + module + ".lora_A.weight"
    down = tensors[peft if peft in tensors else module + ".lora_down.weight"]
    up = tensors[(prefix + module + ".lora_B.weight") if peft in tensors
                 else module + ".lora_up.weight"]
    r = down.shape[0]
    if alpha is None:
        alpha = tensors[module + ".alpha"]
    return alpha / r * up.reshape(len(up), r) @ down.reshape(r, -1)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


# Spectra


def test_spectrum_agrees_with_numpy(eckart):
    run = eckart("model", "spectrum", SILERO, "--json", "--values", "--energy", "0.999")
    assert run.code == 0
    found = {t["name"]: t for t in run.json["tensors"]}
    tensors, _ = load(SILERO)
    assert set(found) == {n for n, t in tensors.items() if t.ndim > 1}
    assert set(run.json["no_matrix"]) == {n for n, t in tensors.items() if t.ndim == 1}
    for name, tensor in found.items():
        sigma = np.linalg.svd(tensors[name].reshape(len(tensors[name]), -1), compute_uv=False)
        m = tensor["matrices"][0]
        assert np.allclose(m["sigma"], sigma, atol=3e-6 * sigma[0], rtol=0)
        energy = np.cumsum(sigma**2) / np.sum(sigma**2)
        for share, k in m["energy_ranks"].items():
            assert abs(k - (np.searchsorted(energy, float(share)) + 1)) <= 1
        p = sigma**2 / np.sum(sigma**2)
        assert np.isclose(m["effective_rank"], np.exp(-np.sum(p[p > 0] * np.log(p[p > 0]))), rtol=1e-4)
        assert np.isclose(m["stable_rank"], np.sum(sigma**2) / sigma[0]**2, rtol=1e-4)
        W = tensors[name].reshape(len(tensors[name]), -1)
        edge = np.linalg.norm(W, axis=0).max() + np.linalg.norm(W, axis=1).max()
        assert np.isclose(m["noise_edge"], edge, rtol=1e-5)
        rows, cols = np.sqrt(W.shape)
        margin = np.sqrt(1 + 3.27 * np.cbrt(1 / rows + 1 / cols) / (rows + cols))
        assert m["spikes"] == np.sum(sigma > margin * edge)
    assert found["lstm_cell.weight_hh"]["matrices"][0]["energy_ranks"]["0.999"] > 117


def test_the_spectra_as_a_picture(eckart, tmp_path):
    plain = eckart("model", "spectrum", SILERO, "--json")
    run = eckart("model", "spectrum", SILERO, "--plot", "spectra.svg", "--json")
    assert run.code == 0 and run.json["tensors"] == plain.json["tensors"]
    assert (tmp_path / "spectra.svg").read_text().startswith("<?xml")
    again = eckart("model", "spectrum", SILERO, "--plot", "spectra.svg")
    assert again.code == 2 and "spectra.svg" in again.err
    again = eckart("model", "spectrum", SILERO, "--plot", "spectra.svg", "--force")
    assert again.code == 0 and "picture  spectra.svg" in again.out


def test_spectrum_prints_a_table_and_selects(eckart):
    run = eckart("model", "spectrum", SILERO, "--only", "lstm*")
    assert run.code == 0 and "lstm_cell.weight_hh" in run.out and "conv1" not in run.out
    run = eckart("model", "spectrum", SILERO, "--only", "nothing*")
    assert run.code == 2 and "no tensor" in run.err


def test_spectrum_knows_fused_tied_and_convolutional_layers(eckart, tmp_path, rng):
    wte = rng.standard_normal((30, 8)).astype("f4")
    qkv = rng.standard_normal((8, 24)).astype("f4")
    kernel = rng.standard_normal((6, 4, 3, 3)).astype("f4")
    save(tmp_path / "m.safetensors", {"wte.weight": wte, "lm_head.weight": wte, "conv.weight": kernel,
                                      "h.0.attn.c_attn.weight": qkv, "h.0.mlp.c_fc.weight": qkv})
    run = eckart("model", "spectrum", "m.safetensors", "--json", "--values")
    found = {t["name"]: t for t in run.json["tensors"]}
    assert found["wte.weight"]["same_as"] == "lm_head.weight"
    assert found["h.0.mlp.c_fc.weight"]["kind"] == "transposed" or "same_as" in found["h.0.mlp.c_fc.weight"]
    parts = {m["part"]: m for m in found["h.0.attn.c_attn.weight"]["matrices"]}
    assert set(parts) == {"", "q", "k", "v"}
    assert np.allclose(parts["k"]["sigma"], np.linalg.svd(qkv[:, 8:16], compute_uv=False), rtol=1e-4)
    parts = {m["part"]: m for m in found["conv.weight"]["matrices"]}
    spatial = kernel.transpose(1, 2, 0, 3).reshape(12, 18)
    assert np.allclose(parts["spatial"]["sigma"], np.linalg.svd(spatial, compute_uv=False), rtol=1e-4)


def test_spectrum_goes_on_where_it_was_stopped(eckart, tmp_path, rng):
    tensors = {f"l{i}.weight": rng.standard_normal((40, 30)).astype("f4") for i in range(4)}
    bad = dict(tensors, **{"l3.weight": np.full((40, 30), np.nan, "f4")})
    save(tmp_path / "m.safetensors", bad)
    run = eckart("model", "spectrum", "m.safetensors", "-o", "s.json")
    assert run.code == 3 and "m.safetensors#l3.weight" in run.err and "row 1, column 1" in run.err
    assert not (tmp_path / "s.json").exists()
    assert len(list((tmp_path / "s.json.partial").glob("*.step"))) == 3
    save(tmp_path / "m.safetensors", tensors)  # another file: nothing of it is taken over
    run = eckart("model", "spectrum", "m.safetensors", "-o", "s.json", "--json")
    assert run.code == 0 and json.loads((tmp_path / "s.json").read_text()) == run.json
    assert not (tmp_path / "s.json.partial").exists()
    assert eckart("model", "spectrum", "m.safetensors", "-o", "s.json").code == 2
    assert eckart("model", "spectrum", "m.safetensors", "-o", "s.json", "--force").code == 0


def test_a_memory_cap_is_kept_or_refused(eckart):
    run = eckart("model", "spectrum", SILERO, "--max-memory", "100K")
    assert run.code == 4 and "tensor" in run.err


def test_a_tensor_is_a_matrix_for_other_commands(eckart):
    run = eckart("svd", f"{SILERO}#lstm_cell.weight_hh", "-k", "3", "--json")
    assert run.code == 0 and abs(run.json["sigma"][0] - 27.2726044) < 1e-4
    run = eckart("info", SILERO)
    assert run.code == 3 and "15 tensors; name one as FILE#TENSOR" in run.err


# Adapters


def planted(rng, m, n, rank, size):
    return size * rng.standard_normal((m, rank)) @ rng.standard_normal((rank, n)) / np.sqrt(rank)


@pytest.fixture
def pair(tmp_path, rng):
    """A base and a tuned model in bfloat16; the differences have rank 6 and 3."""
    shapes = {"model.layers.0.mlp.up_proj.weight": (160, 120, 6),
              "model.layers.0.attn.q_proj.weight": (120, 120, 3)}
    base, tuned, exact = {}, {}, {}
    for name, (m, n, r) in shapes.items():
        W = bf16(0.02 * rng.standard_normal((m, n)))
        D = planted(rng, m, n, r, 0.004)
        base[name], tuned[name] = ("BF16", W), ("BF16", bf16(W + D))
        exact[name] = tuned[name][1].astype(float) - W
    norm = rng.standard_normal(120).astype("f4")
    base["model.layers.0.norm.weight"] = norm
    tuned["model.layers.0.norm.weight"] = norm + 1
    base["model.same.weight"] = tuned["model.same.weight"] = norm.reshape(10, 12)
    save(tmp_path / "base.safetensors", base)
    save(tmp_path / "tuned.safetensors", tuned)
    return exact


EXTRACT = ["model", "lora", "extract", "base.safetensors", "tuned.safetensors"]


def test_extract_is_nearly_the_best_of_its_rank(eckart, tmp_path, pair):
    run = eckart(*EXTRACT, "--rank", "4", "-o", "adapter", "--json")
    assert run.code == 0, run.err
    tensors, metadata = load(tmp_path / "adapter/adapter_model.safetensors")
    config = json.loads((tmp_path / "adapter/adapter_config.json").read_text())
    assert metadata["format"] == "pt" and config["peft_type"] == "LORA"
    for name, D in pair.items():
        module = name[:-7]
        escaped = module.replace(".", "\\.")
        assert config["rank_pattern"][escaped] == config["alpha_pattern"][escaped] == 4
        found = delta(tensors, module, 4)
        best = np.linalg.svd(D, compute_uv=False)[4:]
        assert np.linalg.norm(D - found) <= 1.003 * np.linalg.norm(best)
    assert "base_model.model.model.layers.0.norm.weight" in tensors
    assert config["modules_to_save"] == ["norm"]
    assert run.json["unchanged"] == ["model.same.weight"]


def test_extract_by_noise_floor_finds_the_planted_rank(eckart, tmp_path, pair):
    run = eckart(*EXTRACT, "--noise-floor", "-o", "a", "--json")
    ranks = {m["name"]: m["rank"] for m in run.json["modules"]}
    assert ranks == {"model.layers.0.mlp.up_proj.weight": 6, "model.layers.0.attn.q_proj.weight": 3}
    run = eckart(*EXTRACT, "--noise-floor", "--max-rank", "2", "-o", "b", "--json")
    assert {m["rank"] for m in run.json["modules"]} == {2}


def test_extract_by_energy_keeps_the_share_asked_for(eckart, pair):
    run = eckart(*EXTRACT, "--energy", "60%", "-o", "a", "--json")
    for m in run.json["modules"]:
        sigma = np.linalg.svd(pair[m["name"]], compute_uv=False)
        energy = np.cumsum(sigma**2) / np.sum(sigma**2)
        assert m["rank"] == np.searchsorted(energy, 0.6) + 1
        assert np.isclose(m["energy"], np.sum(sigma**2), rtol=1e-5)


def test_extract_writes_kohya_keys_with_an_alpha_for_every_module(eckart, tmp_path, pair):
    run = eckart(*EXTRACT, "--rank", "4", "--style", "kohya", "--prefix", "lora_te", "--type", "bf16",
                 "-o", "lora.safetensors")
    assert run.code == 0, run.err
    tensors, _ = load(tmp_path / "lora.safetensors")
    name = "lora_te_model_layers_0_mlp_up_proj"
    assert tensors[name + ".alpha"] == 4 and tensors[name + ".alpha"].shape == ()
    assert tensors[name + ".lora_up.weight"].shape == (160, 4)
    assert "lora_te_model_layers_0_norm.diff" in tensors
    D = pair["model.layers.0.mlp.up_proj.weight"]
    best = np.linalg.norm(np.linalg.svd(D, compute_uv=False)[4:])
    assert np.linalg.norm(delta(tensors, name) - D) <= 1.02 * best


def test_extract_lists_what_it_cannot_carry(eckart, tmp_path, rng):
    W = rng.standard_normal((20, 10)).astype("f4")
    b = rng.standard_normal(20).astype("f4")
    save(tmp_path / "base.safetensors", {"fc.weight": W, "fc.bias": b})
    save(tmp_path / "tuned.safetensors", {"fc.weight": W + planted(rng, 20, 10, 2, 1).astype("f4"),
                                          "fc.bias": b + 1})
    run = eckart(*EXTRACT, "--rank", "2", "-o", "a", "--json")
    assert run.code == 1 and run.json["left_out"] == ["fc.bias"]
    run = eckart(*EXTRACT, "--rank", "2", "-o", "b.safetensors", "--style", "kohya")
    assert run.code == 0
    assert np.allclose(load(tmp_path / "b.safetensors")[0]["lora_unet_fc.diff_b"], 1, atol=1e-6)
    run = eckart(*EXTRACT, "--rank", "2", "--others", "skip", "--style", "kohya", "-o", "c.safetensors")
    assert run.code == 1 and "lora_unet_fc.diff_b" not in load(tmp_path / "c.safetensors")[0]


def test_extract_saves_every_tensor_of_a_module_that_is_saved_whole(eckart, tmp_path, rng):
    base = {"norm.weight": rng.standard_normal(8), "norm.bias": np.ones(8),
            "other.bias": np.zeros(8)}
    save(tmp_path / "base.safetensors", base)
    save(tmp_path / "tuned.safetensors", base | {"norm.weight": base["norm.weight"] + 1})
    run = eckart("model", "lora", "extract", "base.safetensors", "tuned.safetensors", "--rank", "2",
                 "-o", "a", "--json")
    assert run.code == 0 and run.json["in_full"] == ["norm.weight"], run.err
    tensors, _ = load(tmp_path / "a/adapter_model.safetensors")
    assert sorted(tensors) == ["base_model.model.norm.bias", "base_model.model.norm.weight"]
    assert np.array_equal(tensors["base_model.model.norm.bias"], base["norm.bias"])


def test_extract_of_equal_models_is_no_adapter(eckart, tmp_path, pair):
    run = eckart("model", "lora", "extract", "base.safetensors", "base.safetensors", "--rank", "4",
                 "-o", "a")
    assert run.code == 0 and "nothing" in run.out and not (tmp_path / "a").exists()


def test_extract_refuses_models_that_do_not_fit(eckart, tmp_path, pair, rng):
    save(tmp_path / "other.safetensors", {"x.weight": rng.standard_normal((3, 4))})
    run = eckart("model", "lora", "extract", "base.safetensors", "other.safetensors", "--rank", "1",
                 "-o", "a")
    assert run.code == 3 and "--partial" in run.err and not (tmp_path / "a").exists()
    run = eckart(*EXTRACT, "-o", "a")
    assert run.code == 2 and "--noise-floor" in run.err
    save(tmp_path / "fp8.safetensors", {"x.weight": np.ones((2, 2)), "x.weight_scale_inv": np.ones(1)})
    run = eckart("model", "lora", "extract", "fp8.safetensors", "fp8.safetensors", "--rank", "1", "-o", "a")
    assert run.code == 3 and "quantised" in run.err


def test_extract_and_apply_carry_convolutions_conv1d_and_embeddings(eckart, tmp_path, rng):
    base = {"conv.weight": rng.standard_normal((12, 5, 3, 3)),
            "h.0.mlp.c_fc.weight": rng.standard_normal((10, 16)),
            "wte.weight": rng.standard_normal((30, 10))}
    tuned = {n: W + planted(rng, len(W), W[0].size, 2, 0.1).reshape(W.shape) for n, W in base.items()}
    save(tmp_path / "base.safetensors", {n: W.astype("f4") for n, W in base.items()})
    save(tmp_path / "tuned.safetensors", {n: W.astype("f4") for n, W in tuned.items()})
    for style, target in (("peft", "a"), ("kohya", "a.safetensors")):
        # One flag of PEFT says for all linear layers whether inputs come first.
        run = eckart(*EXTRACT, "--rank", "2", "--embeddings", "lora", "--style", style, "-o", target)
        assert run.code == 0, run.err
    kohya, _ = load(tmp_path / "a.safetensors")
    assert kohya["lora_unet_conv.lora_down.weight"].shape == (2, 5, 3, 3)
    assert kohya["lora_unet_conv.lora_up.weight"].shape == (12, 2, 1, 1)
    D = (tuned["conv.weight"] - base["conv.weight"]).reshape(12, 45)
    assert np.allclose(delta(kohya, "lora_unet_conv"), D, atol=1e-5)
    peft, _ = load(tmp_path / "a/adapter_model.safetensors")
    A = peft["base_model.model.h.0.mlp.c_fc.lora_A.weight"]
    B = peft["base_model.model.h.0.mlp.c_fc.lora_B.weight"]
    assert A.shape == (2, 10) and B.shape == (16, 2)
    assert np.allclose((B @ A).T, tuned["h.0.mlp.c_fc.weight"] - base["h.0.mlp.c_fc.weight"], atol=1e-5)
    E = peft["base_model.model.wte.lora_embedding_B"] @ peft["base_model.model.wte.lora_embedding_A"]
    assert np.allclose(E.T, tuned["wte.weight"] - base["wte.weight"], atol=1e-5)
    assert json.loads((tmp_path / "a/adapter_config.json").read_text())["fan_in_fan_out"] is True


def peft_adapter(folder, modules, alpha, **config):
    folder.mkdir()
    save(folder / "adapter_model.safetensors",
         {f"base_model.model.{n}.lora_{h}.weight": X for n, (A, B) in modules.items()
          for h, X in (("A", A), ("B", B))})
    (folder / "adapter_config.json").write_text(json.dumps(
        {"peft_type": "LORA", "r": 8, "lora_alpha": alpha, **config}))


def test_resize_is_the_best_of_its_rank_to_rounding(eckart, tmp_path, rng):
    modules = {f"l{i}": (rng.standard_normal((8, 50)), rng.standard_normal((70, 8))) for i in range(3)}
    peft_adapter(tmp_path / "a", modules, 16, alpha_pattern={"l1": 4}, extra="kept")
    run = eckart("model", "lora", "resize", "a", "--rank", "3", "-o", "b", "--json")
    assert run.code == 0, run.err
    tensors, _ = load(tmp_path / "b/adapter_model.safetensors")
    config = json.loads((tmp_path / "b/adapter_config.json").read_text())
    assert config["extra"] == "kept" and config["r"] == 3
    for name, (A, B) in modules.items():
        scale = (4 if name == "l1" else 16) / 8
        U, s, Vt = np.linalg.svd(scale * B @ A)
        assert np.isclose(config["alpha_pattern"][name], 3 * scale)
        best = (U[:, :3] * s[:3]) @ Vt[:3]
        found = delta(tensors, name, config["alpha_pattern"][name])
        assert np.linalg.norm(found - best) <= 1e-12 * s[0]
        report = next(m for m in run.json["modules"] if m["name"] == name)
        assert np.allclose(report["sigma"], s[:3], rtol=1e-12)
        assert np.isclose(report["relative_error"], np.linalg.norm(s[3:8]) / np.linalg.norm(s), rtol=1e-9)


def test_resize_obeys_energy_and_rank_stabilised_scales(eckart, tmp_path, rng):
    A, B = rng.standard_normal((8, 50)), rng.standard_normal((70, 8)) * 2.0 ** -np.arange(8)
    peft_adapter(tmp_path / "a", {"l": (A, B)}, 16, use_rslora=True)
    run = eckart("model", "lora", "resize", "a", "--energy", "0.9", "-o", "b", "--json")
    s = np.linalg.svd(B @ A, compute_uv=False)
    k = int(np.searchsorted(np.cumsum(s**2) / np.sum(s**2), 0.9)) + 1
    assert run.json["modules"][0]["rank"] == k
    config = json.loads((tmp_path / "b/adapter_config.json").read_text())
    assert config["use_rslora"] is True
    assert np.isclose(config["alpha_pattern"]["l"] / np.sqrt(k), 16 / np.sqrt(8))


def test_resize_knows_kohya_files_and_drops_zero_modules(eckart, tmp_path, rng):
    save(tmp_path / "a.safetensors",
         {"lora_unet_x.lora_down.weight": rng.standard_normal((4, 3, 3, 3)).astype("f2"),
          "lora_unet_x.lora_up.weight": rng.standard_normal((6, 4, 1, 1)).astype("f2"),
          "lora_unet_x.alpha": np.array(2.0, "f4"),
          "lora_unet_y.lora_down.weight": np.ones((2, 5), "f4"),
          "lora_unet_y.lora_up.weight": np.zeros((5, 2), "f4")},
         {"ss_base_model_version": "sd", "sshs_model_hash": "old"})
    run = eckart("model", "lora", "resize", "a.safetensors", "--rank", "2", "-o", "b.safetensors", "--json")
    assert run.code == 0 and run.json["zero"] == ["lora_unet_y"] and "alpha = rank" in run.err
    old, _ = load(tmp_path / "a.safetensors")
    new, metadata = load(tmp_path / "b.safetensors")
    assert metadata["ss_base_model_version"] == "sd" and "sshs_model_hash" not in metadata
    assert new["lora_unet_x.alpha"] == 1 and new["lora_unet_x.lora_down.weight"].shape == (2, 3, 3, 3)
    U, s, Vt = np.linalg.svd(delta(old, "lora_unet_x"), full_matrices=False)
    best = (U[:, :2] * s[:2]) @ Vt[:2]
    assert np.linalg.norm(delta(new, "lora_unet_x") - best) <= 3e-3 * s[0]


def test_resize_refuses_what_is_no_pair_of_factors(eckart, tmp_path):
    save(tmp_path / "a.safetensors", {"x.hada_w1_a": np.ones((2, 2))})
    run = eckart("model", "lora", "resize", "a.safetensors", "--rank", "1", "-o", "b.safetensors")
    assert run.code == 3 and "LoHa" in run.err
    save(tmp_path / "a.safetensors", {"x.lora_up.weight": np.ones((2, 2))})
    run = eckart("model", "lora", "resize", "a.safetensors", "--rank", "1", "-o", "b.safetensors")
    assert run.code == 3 and "has no lora_A or lora_down" in run.err
    save(tmp_path / "a.safetensors", {"x.lora_up.weight": np.ones((2, 3)), "x.lora_down.weight": np.ones((2, 2))})
    run = eckart("model", "lora", "resize", "a.safetensors", "--rank", "1", "-o", "b.safetensors")
    assert run.code == 3 and "expected outputs x r" in run.err


def test_merge_is_lossless_without_a_rank_and_best_with_one(eckart, tmp_path, rng):
    one = {"l": (rng.standard_normal((8, 50)), rng.standard_normal((70, 8)))}
    two = {"l": (rng.standard_normal((4, 50)), rng.standard_normal((70, 4))),
           "k": (rng.standard_normal((4, 20)), rng.standard_normal((20, 4)))}
    peft_adapter(tmp_path / "a", one, 16)
    peft_adapter(tmp_path / "b", two, 4)
    D = 0.7 * 2 * one["l"][1] @ one["l"][0] - 0.4 * two["l"][1] @ two["l"][0]
    run = eckart("model", "lora", "merge", "a", "b", "--weights", "0.7,-0.4", "-o", "c", "--json")
    assert run.code == 0 and run.json["partly"] == ["k"], run.err
    tensors, _ = load(tmp_path / "c/adapter_model.safetensors")
    assert np.linalg.norm(delta(tensors, "l", 12) - D) <= 1e-14 * np.linalg.norm(D) * 10
    run = eckart("model", "lora", "merge", "a", "b", "--weights", "0.7,-0.4", "--rank", "5", "-o", "d")
    tensors, _ = load(tmp_path / "d/adapter_model.safetensors")
    U, s, Vt = np.linalg.svd(D)
    assert np.linalg.norm(delta(tensors, "l", 5) - (U[:, :5] * s[:5]) @ Vt[:5]) <= 1e-12 * s[0]
    assert eckart("model", "lora", "merge", "a", "b", "--weights", "1", "-o", "e").code == 2


def test_apply_adds_the_adapter_and_leaves_the_rest_alone(eckart, tmp_path, pair):
    eckart(*EXTRACT, "--rank", "6", "-o", "adapter")
    run = eckart("model", "lora", "apply", "base.safetensors", "adapter", "--type", "f32", "-o",
                 "new.safetensors", "--json")
    assert run.code == 0, run.err
    base, _ = load(tmp_path / "base.safetensors")
    new, _ = load(tmp_path / "new.safetensors")
    tuned, _ = load(tmp_path / "tuned.safetensors")
    adapter, _ = load(tmp_path / "adapter/adapter_model.safetensors")
    for name in pair:
        assert np.allclose(new[name], base[name] + delta(adapter, name[:-7], 6), atol=1e-7)
    assert np.array_equal(new["model.layers.0.norm.weight"], tuned["model.layers.0.norm.weight"])
    assert np.array_equal(new["model.same.weight"], base["model.same.weight"])
    run = eckart("model", "lora", "apply", "base.safetensors", "adapter", "--weights", "-1", "-o",
                 "minus.safetensors")
    assert run.code == 1  # the norm of the adapter cannot be weighted
    run = eckart("model", "lora", "apply", "base.safetensors", "adapter", "-o", "base.safetensors", "--force")
    assert run.code == 2


def test_pissa_splits_the_weights_without_loss(eckart, tmp_path, rng):
    W = rng.standard_normal((40, 30)).astype("f4")
    save(tmp_path / "m.safetensors", {"fc.weight": W, "fc.bias": np.ones(40, "f4")})
    run = eckart("model", "pissa", "m.safetensors", "--rank", "3", "-o", "p")
    assert run.code == 0, run.err
    adapter, _ = load(tmp_path / "p/adapter_model.safetensors")
    residual, _ = load(tmp_path / "p/model.safetensors")
    D = delta(adapter, "fc", 3)
    assert np.allclose(residual["fc.weight"] + D, W, atol=1e-6)
    U, s, Vt = np.linalg.svd(W.astype(float))
    assert np.allclose(D, (U[:, :3] * s[:3]) @ Vt[:3], atol=2e-5 * s[0])
    assert np.array_equal(residual["fc.bias"], np.ones(40))


def test_the_same_bits_for_any_number_of_threads(eckart, tmp_path, pair):
    for threads in (1, 2, 3):
        eckart(*EXTRACT, "--rank", "4", "-o", f"a{threads}", "--threads", threads)
        eckart("model", "lora", "resize", f"a{threads}", "--rank", "2", "-o", f"r{threads}", "--threads",
               threads)
    for kind in "ar":
        files = {(tmp_path / f"{kind}{t}/adapter_model.safetensors").read_bytes() for t in (1, 2, 3)}
        assert len(files) == 1


# Compression


@pytest.fixture
def layers(tmp_path, rng):
    """Two linear layers and samples of their inputs, with directions that matter more."""
    W = {"a": rng.standard_normal((60, 80)), "b": rng.standard_normal((90, 40))}
    X = {n: rng.standard_normal((300, w.shape[1])) * np.logspace(0, -3, w.shape[1]) @
         np.linalg.qr(rng.standard_normal((w.shape[1], w.shape[1])))[0] for n, w in W.items()}
    save(tmp_path / "m.safetensors", {f"{n}.weight": w for n, w in W.items()} |
         {"a.bias": np.ones(60)}, {"format": "pt"})
    return W, X


def weighted(W, X, product):
    return np.linalg.norm((W - product) @ X.T) / np.linalg.norm(W @ X.T)


def optimum(W, X, k):
    s = np.linalg.svd(W @ X.T, compute_uv=False)
    return np.linalg.norm(s[k:]) / np.linalg.norm(s)


COMPRESS = ["model", "compress", "m.safetensors"]


@pytest.mark.parametrize("kind", ["samples", "gram"])
def test_compress_attains_the_optimum_for_the_inputs(eckart, tmp_path, layers, kind):
    W, X = layers
    arrays = {f"{n}.{kind}": x if kind == "samples" else x.T @ x for n, x in X.items()}
    np.savez(tmp_path / "x.npz", **arrays)
    run = eckart(*COMPRESS, "--rank", "10", "--activations", "x.npz", "-o", "small.safetensors", "--json")
    assert run.code == 0 and run.err == "", run.err
    new, metadata = load(tmp_path / "small.safetensors")
    assert metadata["format"] == "pt" and np.array_equal(new["a.bias"], np.ones(60))
    assert json.loads(metadata["eckart.low_rank"])["a"]["rank"] == 10
    for layer in run.json["layers"]:
        name = layer["name"][0]
        product = new[f"{name}.B.weight"] @ new[f"{name}.A.weight"]
        best = optimum(W[name], X[name], 10)
        assert np.isclose(weighted(W[name], X[name], product), best, rtol=1e-8)
        assert np.isclose(layer["relative_error"], best, rtol=1e-6)
        U, s, Vt = np.linalg.svd(W[name], full_matrices=False)
        plain = weighted(W[name], X[name], (U[:, :10] * s[:10]) @ Vt[:10])
        assert np.isclose(layer["unweighted_relative_error"], plain, rtol=1e-6) and plain > 2 * best
        assert np.array_equal(layer["rank"], 10) and layer["weighting"] == kind


def test_compress_is_within_a_hundredth_of_the_optimum_of_inputs_it_never_saw(eckart, tmp_path, rng):
    W = rng.standard_normal((120, 96))
    mix = np.logspace(0, -2, 96)[:, None] * np.linalg.qr(rng.standard_normal((96, 96)))[0]
    seen, held_out = (rng.standard_normal((20000, 96)) @ mix for _ in range(2))
    save(tmp_path / "m.safetensors", {"a.weight": W})
    np.savez(tmp_path / "x.npz", **{"a.gram": seen.T @ seen})
    run = eckart(*COMPRESS, "--rank", "20", "--activations", "x.npz", "-o", "small.safetensors")
    assert run.code == 0, run.err
    new, _ = load(tmp_path / "small.safetensors")
    best = optimum(W, held_out, 20)
    assert best <= weighted(W, held_out, new["a.B.weight"] @ new["a.A.weight"]) <= 1.01 * best
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    assert weighted(W, held_out, (U[:, :20] * s[:20]) @ Vt[:20]) > 1.5 * best


def test_compress_needs_no_inverse_of_the_second_moments(eckart, tmp_path, layers):
    W, X = layers
    X["a"] = X["a"][:30]   # fewer samples than inputs
    X["b"][:, 5:9] = 0     # dead inputs
    save(tmp_path / "x.safetensors", {f"{n}.samples": x for n, x in X.items()})
    run = eckart(*COMPRESS, "--rank", "8", "--activations", "x.safetensors", "-o", "s.safetensors")
    assert run.code == 0, run.err
    new, _ = load(tmp_path / "s.safetensors")
    for name in W:
        product = new[f"{name}.B.weight"] @ new[f"{name}.A.weight"]
        assert np.isclose(weighted(W[name], X[name], product), optimum(W[name], X[name], 8), rtol=1e-8)


def test_compress_diagonal_weighting_and_ridge_change_the_result(eckart, tmp_path, layers):
    W, X = layers
    save(tmp_path / "x.safetensors", {f"{n}.samples": x for n, x in X.items()})
    errors = {}
    for name, options in {"full": [], "diagonal": ["--weighting", "diagonal"],
                          "none": ["--weighting", "none"], "ridge": ["--ridge", "0.01"]}.items():
        run = eckart(*COMPRESS, "--rank", "8", "--activations", "x.safetensors", *options, "-o",
                     f"{name}.safetensors")
        assert run.code == 0 and ("ruins" in run.err) == (name == "none")
        new, _ = load(tmp_path / f"{name}.safetensors")
        errors[name] = weighted(W["a"], X["a"], new["a.B.weight"] @ new["a.A.weight"])
    # The diagonal: W diag(d) truncated, d the root of the mean modulus, then projected.
    d = np.sqrt(np.abs(X["a"]).mean(0))
    U = np.linalg.svd(W["a"] * d)[0][:, :8]
    assert np.isclose(errors["diagonal"], weighted(W["a"], X["a"], U @ U.T @ W["a"]), rtol=1e-8)
    assert errors["full"] < errors["ridge"] < errors["none"]


def test_compress_keeps_and_names_what_saves_nothing(eckart, tmp_path, layers):
    run = eckart(*COMPRESS, "--rank", "30", "-o", "s.safetensors", "--json")
    layers = {x["name"]: x for x in run.json["layers"]}
    # 60 x 80: at most 34; 90 x 40: at most 27.
    assert layers["a.weight"]["rank"] == 30 and layers["b.weight"]["rank"] == -1
    assert "at most 27" in run.json["kept"]["b.weight"] and "ruins language models" in run.err
    new, _ = load(tmp_path / "s.safetensors")
    old, _ = load(tmp_path / "m.safetensors")
    assert np.array_equal(new["b.weight"], old["b.weight"])
    assert run.json["new_parameters"] == 60 + 90 * 40 + 30 * 140
    assert eckart(*COMPRESS, "--rank", "50", "-o", "t.safetensors").code == 1


def test_compress_by_ratio_and_energy(eckart, tmp_path, layers):
    W, _ = layers
    run = eckart(*COMPRESS, "--ratio", "0.5", "-o", "s.safetensors", "--json", "-q")
    assert {x["name"]: x["rank"] for x in run.json["layers"]} == {"a.weight": 17, "b.weight": 13}
    run = eckart(*COMPRESS, "--energy", "0.5", "-o", "t.safetensors", "--json", "-q")
    for x in run.json["layers"]:
        s = np.linalg.svd(W[x["name"][0]], compute_uv=False)
        assert x["rank"] == np.searchsorted(np.cumsum(s**2) / np.sum(s**2), 0.5) + 1


def test_compress_shares_a_budget_out_by_error(eckart, tmp_path, layers, rng):
    W, X = layers
    save(tmp_path / "x.safetensors", {f"{n}.samples": x for n, x in X.items()})
    budget = 8 * (60 + 3000)
    run = eckart(*COMPRESS, "--budget", budget, "--activations", "x.safetensors", "-o", "s.safetensors", "--json")
    assert run.code == 0, run.err
    assert budget - 8 * 140 * 2 <= run.json["new_bytes"] <= budget
    # No other pair of ranks within the budget does better by more than one step.
    ranks = {x["name"][0]: x["rank"] for x in run.json["layers"]}
    def loss(ka, kb):
        return optimum(W["a"], X["a"], ka)**2 + optimum(W["b"], X["b"], kb)**2
    best = min(loss(ka, kb) for ka in range(1, 35) for kb in range(1, 28)
               if 8 * (60 + 140 * ka + 130 * kb) <= budget)
    assert loss(ranks["a"], ranks["b"]) <= best + max(loss(ranks["a"], ranks["b"]) - loss(ranks["a"] + 1, ranks["b"]), 1e-12)
    run = eckart(*COMPRESS, "--budget", "2K", "-o", "t.safetensors")
    assert run.code == 2 and "rank 1 in every layer" in run.err


def conv2d(x, K, stride=1):
    """Valid cross-correlation of one image, plainly."""
    o, i, h, w = K.shape
    H, V = x.shape[1] - h + 1, x.shape[2] - w + 1
    y = np.zeros((o, H, V))
    for a in range(h):
        for b in range(w):
            y += np.einsum("oi,ihw->ohw", K[:, :, a, b], x[:, a:a + H, b:b + V])
    return y


@pytest.mark.parametrize("unfolding", ["channel", "spatial"])
def test_compress_factors_convolutions_into_two(eckart, tmp_path, rng, unfolding):
    K = rng.standard_normal((12, 8, 3, 3))
    save(tmp_path / "m.safetensors", {"conv.weight": K, "dw.weight": rng.standard_normal((12, 1, 3, 3))})
    run = eckart(*COMPRESS, "--rank", "7", "--unfolding", unfolding, "-o", "s.safetensors", "--json", "-q")
    assert run.code == 0 and "depthwise" in run.json["kept"]["dw.weight"], run.err
    new, _ = load(tmp_path / "s.safetensors")
    A, B = new["conv.A.weight"], new["conv.B.weight"]
    assert A.shape == ((7, 8, 3, 3) if unfolding == "channel" else (7, 8, 3, 1))
    assert B.shape == ((12, 7, 1, 1) if unfolding == "channel" else (12, 7, 1, 3))
    run = eckart(*COMPRESS, "--rank", "7", "--unfolding", unfolding, "--dense", "-o", "d.safetensors", "-q")
    dense = load(tmp_path / "d.safetensors")[0]["conv.weight"]
    x = rng.standard_normal((8, 9, 10))
    assert np.allclose(conv2d(conv2d(x, A), B), conv2d(x, dense), atol=1e-10)
    M = K.reshape(12, 72) if unfolding == "channel" else K.transpose(1, 2, 0, 3).reshape(24, 36)
    s = np.linalg.svd(M, compute_uv=False)
    assert np.isclose(np.linalg.norm(K - dense), np.linalg.norm(s[7:]), rtol=1e-9)


def test_compress_refuses_activations_that_do_not_fit(eckart, tmp_path, layers):
    _, X = layers
    save(tmp_path / "x.safetensors", {"a.samples": X["a"]})
    run = eckart(*COMPRESS, "--rank", "5", "--activations", "x.safetensors", "-o", "s.safetensors")
    assert run.code == 3 and "no activations of module 'b'" in run.err
    assert not (tmp_path / "s.safetensors").exists()
    run = eckart(*COMPRESS, "--rank", "5", "--activations", "x.safetensors", "--only", "a.*", "-o",
                 "s.safetensors")
    assert run.code == 0
    save(tmp_path / "x.safetensors", {"a.samples": X["a"][:, :7], "b.samples": X["b"]})
    run = eckart(*COMPRESS, "--rank", "5", "--activations", "x.safetensors", "-o", "t.safetensors")
    assert run.code == 3 and "expected N x 80" in run.err
    assert eckart(*COMPRESS, "-o", "t.safetensors").code == 2
    assert eckart(*COMPRESS, "--rank", "5", "--ridge", "1", "-o", "t.safetensors").code == 2


def test_transposed_layers_are_factored_as_outputs_by_inputs(eckart, tmp_path, rng):
    W = rng.standard_normal((20, 50))  # inputs x outputs
    X = rng.standard_normal((60, 20))
    save(tmp_path / "m.safetensors", {"h.0.mlp.c_fc.weight": W})
    save(tmp_path / "x.safetensors", {"h.0.mlp.c_fc.samples": X})
    run = eckart(*COMPRESS, "--rank", "4", "--activations", "x.safetensors", "-o", "s.safetensors")
    assert run.code == 0, run.err
    new, _ = load(tmp_path / "s.safetensors")
    product = new["h.0.mlp.c_fc.B.weight"] @ new["h.0.mlp.c_fc.A.weight"]
    assert product.shape == (50, 20)
    assert np.isclose(weighted(W.T, X, product), optimum(W.T, X, 4), rtol=1e-8)


# Word vectors


@pytest.fixture
def words(tmp_path, rng):
    """Vectors of 12 dimensions near 4, with tokens that hold blanks and bytes of no UTF-8."""
    X = (rng.standard_normal((50, 4)) @ rng.standard_normal((4, 12)) + 0.01 * rng.standard_normal((50, 12)) + 1)
    X = np.round(X, 5).astype("f4")
    tokens = [b"w%d" % i for i in range(50)]
    tokens[3], tokens[4], tokens[5] = b"at name@x.org", b"\xff\xfe", b"7"
    return tokens, X


def text_of(tokens, X, header):
    lines = [b"%d %d" % X.shape] if header else []
    lines += [t + b" " + b" ".join(b"%.5f" % v for v in x) for t, x in zip(tokens, X)]
    return b"\n".join(lines) + b"\n"


def read_text(raw, k):
    tokens, rows = [], []
    for line in raw.split(b"\n")[:-1]:
        fields = line.rsplit(b" ", k)
        tokens.append(fields[0])
        rows.append([float(v) for v in fields[1:]])
    return tokens, np.array(rows)


@pytest.mark.parametrize("header", [True, False])
def test_embed_reduces_text_and_keeps_every_token(eckart, tmp_path, words, header):
    tokens, X = words
    (tmp_path / "v.vec").write_bytes(text_of(tokens, X, header))
    run = eckart("model", "embed", "v.vec", "-k", "4", "-o", "r.vec", "--json")
    assert run.code == 0, run.err
    raw = (tmp_path / "r.vec").read_bytes()
    if header:
        assert raw.startswith(b"50 4\n")
        raw = raw[5:]
    found, Y = read_text(raw, 4)
    assert found == tokens
    U, s, Vt = np.linalg.svd(X.astype(float), full_matrices=False)
    assert np.allclose(Y @ Y.T, (U[:, :4] * s[:4]**2) @ U[:, :4].T, atol=1e-3)
    assert np.isclose(run.json["energy"], np.sum(s[:4]**2) / np.sum(s**2), rtol=1e-6)
    assert np.allclose(run.json["sigma"], s, rtol=1e-6)
    # Neighbours by cosine, plainly.
    def nearest(Z):
        Z = Z / np.linalg.norm(Z, axis=1, keepdims=True)
        C = Z @ Z.T - 9 * np.eye(50)
        return [set(np.argsort(-c)[:10]) for c in C]
    kept = np.mean([len(a & b) / 10 for a, b in zip(nearest(X.astype(float)), nearest(Y))])
    assert abs(run.json["neighbours_kept"] - kept) <= 0.01 and run.json["sampled"] == 50


def test_embed_reads_binary_and_npy(eckart, tmp_path, words):
    tokens, X = words
    tokens = [t.replace(b" ", b"_") for t in tokens]
    records = [t + b" " + x.tobytes() for t, x in zip(tokens, X)]
    np.save(tmp_path / "v.npy", X)
    eckart("model", "embed", "v.npy", "-k", "4", "-o", "r.npy")
    Y = np.load(tmp_path / "r.npy")
    for end in (b"\n", b""):
        (tmp_path / "v.bin").write_bytes(b"50 12\n" + end.join(records))
        run = eckart("model", "embed", "v.bin", "-k", "4", "-o", "r.bin", "--force")
        assert run.code == 0, run.err
        raw = (tmp_path / "r.bin").read_bytes()
        assert raw.startswith(b"50 4\n")
        rest = raw[5:]
        for t, y in zip(tokens, Y):
            assert rest.startswith(t + b" ")
            rest = rest[len(t) + 1:]
            assert np.allclose(np.frombuffer(rest[:16], "<f4"), y, atol=1e-5)
            rest = rest[17:]
        assert rest == b""


def test_embed_removes_the_top_components(eckart, tmp_path, words):
    tokens, X = words
    np.save(tmp_path / "v.npy", X)
    run = eckart("model", "embed", "v.npy", "-k", "3", "--remove-top", "2", "-o", "r.npy", "--json")
    centred = X.astype(float) - X.astype(float).mean(0)
    U, s, Vt = np.linalg.svd(centred, full_matrices=False)
    Y = np.load(tmp_path / "r.npy")
    expected = centred @ Vt[2:5].T
    assert np.allclose(np.abs(Y), np.abs(expected), atol=1e-4)
    assert np.allclose(run.json["sigma"], s[2:], rtol=1e-6)
    assert eckart("model", "embed", "v.npy", "-k", "11", "--remove-top", "2", "-o", "x.npy").code == 2


def test_embed_says_what_is_wrong_with_a_file(eckart, tmp_path, words):
    tokens, X = words
    def refused(name, raw):
        (tmp_path / name).write_bytes(raw)
        run = eckart("model", "embed", name, "-k", "2", "-o", "r")
        assert run.code == 3 and not (tmp_path / "r").exists()
        return run.err
    good = text_of(tokens, X, True)
    assert "line 4" in refused("a.vec", b"\n".join(good.split(b"\n")[:3] + [b"x 1 2 oops 4 5 6 7 8 9 10 11 12"]))
    assert "line 3: number" in refused("b.vec", b"9 3\na 1 2 3\nb 1 2\n")
    assert "the file ends in vector 2" in refused("c.bin", b"2 3\na " + b"\0" * 12 + b"b " + b"\0" * 11 + b"")
    assert "as many vectors" in refused("d.bin", b"99999999 300\nx")
    assert "fastText" in refused("e.bin", struct.pack("<ii", 793712314, 12))
    assert "row 1, column 2" in refused("f.vec", b"a 1 nan 3\nb 1 2 3\n")
