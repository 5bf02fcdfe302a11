"""Attention and Transformer layers against torch's."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from transcript import Scene, check_scene

import minitorch

ATTENTION = [
    "MultiheadAttention(4, 2)",
    "MultiheadAttention(4, 1, bias=False)",
    "MultiheadAttention(4, 2, dropout=0.3)",
    "MultiheadAttention(4, 2, add_bias_kv=True)",
    "MultiheadAttention(4, 2, add_zero_attn=True, add_bias_kv=True, bias=False)",
    "MultiheadAttention(4, 2, batch_first=True)",
    "MultiheadAttention(4, 2, kdim=3, vdim=5)",
]
CALLS = [
    {},
    {"need_weights": False},
    {"average_attn_weights": False},
    {"attn_mask": "causal"},
    {"attn_mask": "bool"},
    {"attn_mask": "each head"},
    {"key_padding_mask": "bool"},
    {"key_padding_mask": "bool", "attn_mask": "bool", "need_weights": False},
    {"attn_mask": "causal", "is_causal": True, "need_weights": False},
    {"attn_mask": "causal", "is_causal": True},
]
STACKS = [
    "TransformerEncoderLayer(4, 2, 8)",
    "TransformerEncoderLayer(4, 2, 8, dropout=0.0, activation='gelu', batch_first=True)",
    "TransformerEncoderLayer(4, 2, 8, norm_first=True, bias=False)",
    "TransformerDecoderLayer(4, 2, 8)",
    "TransformerDecoderLayer(4, 2, 8, 0.0, torch.tanh, 0.1, True, True)",
    "TransformerEncoder(torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2)",
    "TransformerEncoder(torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 1, torch.nn.LayerNorm(4))",
    "TransformerDecoder(torch.nn.TransformerDecoderLayer(4, 2, 8), 2, torch.nn.LayerNorm(4))",
    "Transformer(4, 2, 1, 2, 8, batch_first=True)",
    "Transformer(4, 2, 2, 1, 8, 0.0, 'gelu', batch_first=True, norm_first=False)",
]


def make(engine: Any, text: str) -> Any:
    """The layer that `text` says, made from seed 3."""
    engine.manual_seed(3)
    return eval(f"torch.nn.{text}", {"torch": engine})


def masks(engine: Any, wanted: dict[str, Any], length: int, source: int) -> dict[str, Any]:
    """The masks that are named in `wanted`, for a batch of 2 and 2 heads."""
    above = np.triu(np.ones((length, source), bool), 1)
    made = dict(wanted)
    for name, kind in wanted.items():
        if name == "key_padding_mask":
            made[name] = engine.tensor(np.arange(source) >= np.array([[source], [source - 1]]))
        elif kind == "causal":
            made[name] = engine.tensor(np.where(above, -np.inf, 0).astype(np.float32))
        elif kind == "bool":
            made[name] = engine.tensor(above)
        elif kind == "each head":
            made[name] = engine.tensor(np.random.default_rng(5).standard_normal((4, length, source)).astype("float32"))
    return made


def close(mine: Any, theirs: Any) -> None:
    assert (mine is None) == (theirs is None)
    if mine is not None:
        assert str(mine.dtype).removeprefix("mini") == str(theirs.dtype)
        np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("text", [*ATTENTION, *STACKS])
def test_repr_and_initial_state(text: str) -> None:
    mine, theirs = make(minitorch, text), make(torch, text)
    assert repr(mine) == repr(theirs)
    own, expected = mine.state_dict(), theirs.state_dict()
    assert list(own) == list(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(own[name].numpy(), value.numpy())


@pytest.mark.parametrize("call", CALLS, ids=str)
@pytest.mark.parametrize("text", ATTENTION)
def test_attention(text: str, call: dict[str, Any]) -> None:
    if call.get("attn_mask") == "each head" and "(4, 1" in text:
        call = {"attn_mask": "causal"}
    random = np.random.default_rng(0)
    wide = "kdim" in text
    arrays = [
        random.standard_normal((3, 2, size)).astype("float32") for size in (4, 3 if wide else 4, 5 if wide else 4)
    ]
    if "batch_first" in text:
        arrays = [each.transpose(1, 0, 2) for each in arrays]
    results = []
    for engine in (minitorch, torch):
        layer = make(engine, text)
        tensors = [engine.tensor(each, requires_grad=True) for each in arrays]
        engine.manual_seed(5)
        out, weights = layer(*tensors, **masks(engine, call, 3, 3))
        total = (out * engine.arange(24.0).view(out.shape)).sum()
        if weights is not None:
            total = total + (weights * weights).sum()
        total.backward()
        results.append([out, weights, *[each.grad for each in (*tensors, *layer.parameters())]])
    for mine, theirs in zip(*results, strict=True):
        close(mine, theirs)


PADDED = [[False] * 4 + [True], [False, False, True, True, True], [False] * 5]


@pytest.mark.parametrize(
    ("padding", "options", "masked", "zeros"),
    [
        (PADDED, {}, False, 4),
        (PADDED, {"mask_check": False}, False, 4),
        ([[True] * 5, *PADDED[1:]], {}, False, 8),
        ([[True, *PADDED[0][1:]], *PADDED[1:]], {}, False, 0),
        ([[True, *PADDED[0][1:]], *PADDED[1:]], {"mask_check": False}, False, 5),
        (PADDED, {"enable_nested_tensor": False}, False, 0),
        (PADDED, {}, True, 0),
    ],
)
def test_evaluation_without_gradients_leaves_padding_out(
    padding: list[list[bool]], options: dict[str, Any], masked: bool, zeros: int
) -> None:
    results = []
    for engine in (minitorch, torch):
        engine.manual_seed(0)
        layer = engine.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        encoder = engine.nn.TransformerEncoder(layer, 2, **options).eval()
        x, mask = engine.randn(3, 5, 4), engine.zeros(5, 5) if masked else None
        absent = engine.tensor(padding)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The PyTorch API of nested tensors|Support for mismatched")
            with engine.no_grad():
                numbers = engine.zeros(3, 5).masked_fill(absent, -math.inf)
                outputs = [encoder(x, mask, absent), encoder(x, mask, numbers)]
                encoder.norm = engine.nn.LayerNorm(4)
                engine.nn.init.ones_(encoder.norm.bias)
                outputs.append(encoder(x, mask, absent))
            if not any(map(all, padding)):
                outputs.append(encoder(x, mask, absent))
        results.append(outputs)
    assert int((results[0][0] == 0).all(2).sum()) == zeros
    for mine, theirs in zip(*results, strict=True):
        close(mine, theirs)


@pytest.mark.parametrize("same", ["all", "key and value"])
@pytest.mark.parametrize("batch_first", [True, False])
def test_attention_to_itself_and_without_batch(same: str, batch_first: bool) -> None:
    random = np.random.default_rng(1)
    for shape in ((3, 2, 4), (3, 4)):
        x, memory = (random.standard_normal(shape).astype("float32") for _ in range(2))
        results = []
        for engine in (minitorch, torch):
            layer = make(engine, f"MultiheadAttention(4, 2, batch_first={batch_first})")
            query, key = engine.tensor(x, requires_grad=True), engine.tensor(memory)
            out, weights = layer(query, query, query) if same == "all" else layer(query, key, key)
            (out * out).sum().backward()
            results.append([out, weights, query.grad, *[each.grad for each in layer.parameters()]])
        for mine, theirs in zip(*results, strict=True):
            close(mine, theirs)


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("text", STACKS)
def test_stacks(text: str, train: bool) -> None:
    """Outputs and gradients, dropout's draws included."""
    random = np.random.default_rng(2)
    first, second = (random.standard_normal((3, 3, 4)).astype("float32") for _ in range(2))
    results = []
    for engine in (minitorch, torch):
        layer = make(engine, text).train(train)
        inputs = [engine.tensor(each, requires_grad=True) for each in (first, second)]
        engine.manual_seed(5)
        out = layer(inputs[0]) if "Encoder" in text else layer(*inputs)
        (out * engine.arange(36.0).view(3, 3, 4)).sum().backward()
        results.append([out, *[each.grad for each in (*inputs, *layer.parameters())]])
    for mine, theirs in zip(*results, strict=True):
        close(mine, theirs)


def test_masks_of_a_transformer() -> None:
    random = np.random.default_rng(3)
    src, tgt = random.standard_normal((2, 5, 4)).astype("float32"), random.standard_normal((2, 3, 4)).astype("float32")
    padding = np.array([[False] * 5, [False] * 4 + [True]])
    results = []
    for engine in (minitorch, torch):
        model = make(engine, "Transformer(4, 2, 1, 1, 8, 0.0, batch_first=True)")
        causal = model.generate_square_subsequent_mask(3)
        hidden = engine.tensor(padding)
        options = {"src_key_padding_mask": hidden, "memory_key_padding_mask": hidden, "tgt_mask": causal}
        given = engine.tensor(tgt, requires_grad=True)
        out = model(engine.tensor(src), given, **options)
        out[:, 0].sum().backward()
        results.append([out, given.grad])
        later, exact = given.grad[:, 1:], model(engine.tensor(src), given, tgt_is_causal=True, **options)
        assert not later.any()
        np.testing.assert_allclose(exact.detach().numpy(), out.detach().numpy(), rtol=1e-5, atol=1e-6)
    for mine, theirs in zip(*results, strict=True):
        close(mine, theirs)


@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"scale": 0.3}, {"dropout_p": 0.4}, {"mask": True}])
def test_dot_products(options: dict[str, Any]) -> None:
    random = np.random.default_rng(4)
    arrays = [random.standard_normal((2, 2, 3, 4)).astype("float32") for _ in range(3)]
    results = []
    for engine in (minitorch, torch):
        tensors = [engine.tensor(each, requires_grad=True) for each in arrays]
        call = dict(options)
        if call.pop("mask", False):
            # The first query may look at nothing: its result is 0.
            call["attn_mask"] = engine.tensor([[False] * 3, [True, False, True], [True] * 3])
        engine.manual_seed(1)
        out = engine.nn.functional.scaled_dot_product_attention(*tensors, **call)
        (out * engine.arange(48.0).view(out.shape)).sum().backward()
        results.append([out, *[each.grad for each in tensors]])
    for mine, theirs in zip(*results, strict=True):
        close(mine, theirs)


def test_shared_heads() -> None:
    random = np.random.default_rng(4)
    arrays = [random.standard_normal((2, heads, 3, 4)).astype("float32") for heads in (4, 2, 2)]
    results = [
        engine.nn.functional.scaled_dot_product_attention(*[engine.tensor(each) for each in arrays], enable_gqa=True)
        for engine in (minitorch, torch)
    ]
    close(*results)


def test_derivatives_of_first_and_second_order() -> None:
    random = np.random.default_rng(6)
    tensors = [minitorch.tensor(random.standard_normal((3, 2)), requires_grad=True) for _ in range(3)]

    def function(*tensors: Any) -> Any:
        return minitorch.nn.functional.scaled_dot_product_attention(*tensors, is_causal=True)

    assert minitorch.autograd.gradcheck(function, tensors)
    assert minitorch.autograd.gradgradcheck(function, tensors)


def test_training_an_encoder_prints_torchs_losses() -> None:
    losses: dict[str, list[float]] = {}
    for engine in (minitorch, torch):
        engine.manual_seed(0)
        nn = engine.nn
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        model = nn.Sequential(nn.Embedding(10, 8), nn.TransformerEncoder(layer, 2), nn.Linear(8, 10))
        x = engine.randint(0, 10, (4, 6))
        for _ in range(20):
            loss = nn.functional.cross_entropy(model(x).transpose(1, 2), (x + 1) % 10)
            model.zero_grad()
            loss.backward()
            with engine.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.1 * parameter.grad
            losses.setdefault(engine.__name__, []).append(loss.item())
    np.testing.assert_allclose(losses["minitorch"], losses["torch"], rtol=1e-3)


@pytest.mark.parametrize(
    "name", sorted({text.partition("(")[0] for text in [*ATTENTION, *STACKS]} - {"TransformerEncoder"})
)
def test_signatures(name: str) -> None:
    for path in (name, f"{name}.forward"):
        own, expected = (inspect.signature(eval(f"nn.{path}", {"nn": engine.nn})) for engine in (minitorch, torch))
        assert [(p.name, None if callable(p.default) else p.default) for p in own.parameters.values()] == [
            (p.name, None if callable(p.default) else p.default) for p in expected.parameters.values()
        ]


def test_where_torch_keeps_it() -> None:
    assert minitorch.nn.modules.activation.MultiheadAttention is minitorch.nn.MultiheadAttention
    assert minitorch.nn.modules.transformer.Transformer is minitorch.nn.Transformer


SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@scene
def wrong_attention(torch, say):
    nn = torch.nn
    layer = nn.MultiheadAttention(4, 2)
    q, k = torch.ones(3, 2, 4), torch.ones(5, 2, 4)
    say.error(lambda: nn.MultiheadAttention(4, 3), exactly=False)
    say.error(lambda: nn.MultiheadAttention(4, 0))
    say.error(lambda: layer(q, k[:, 0], k))
    say.error(lambda: layer(q[:, 0], k, k))
    say.error(lambda: layer(q[None], k, k))
    say.error(lambda: layer(torch.ones(3, 2, 5), k, k))
    say.error(lambda: layer(q, k, k[:4]), exactly=False)
    say.error(lambda: layer(q, k[:, :1], k[:, :1]), exactly=False)
    say.error(lambda: layer(q, k, k, key_padding_mask=torch.zeros(2, 4).bool()))
    say.error(lambda: layer(q, k, k, key_padding_mask=torch.zeros(2, 5).long()))
    say.error(lambda: layer(q, k, k, key_padding_mask=torch.zeros(5).bool()))
    say.error(lambda: layer(q, k, k, attn_mask=torch.zeros(3, 4)), exactly=False)
    say.error(lambda: layer(q, k, k, attn_mask=torch.zeros(2, 3, 5)), exactly=False)
    say.error(lambda: layer(q, k, k, attn_mask=torch.zeros(1, 2, 3, 5)))
    say.error(lambda: layer(q, k, k, is_causal=True))
    layer(q, k, k, attn_mask=torch.zeros(3, 5).bool(), key_padding_mask=torch.zeros(2, 5))


@scene
def wrong_dot_products(torch, say):
    attention = torch.nn.functional.scaled_dot_product_attention
    q, k, v = torch.ones(2, 3, 4), torch.ones(2, 5, 4), torch.ones(2, 5, 4)
    say.error(lambda: attention(q[0, 0], k, v), exactly=False)
    say.error(lambda: attention(q, k.double(), v), exactly=False)
    say.error(lambda: attention(q.long(), k.long(), v.long()), exactly=False)
    say.error(lambda: attention(q, k[..., :3], v), exactly=False)
    say.error(lambda: attention(q, k, v, torch.zeros(3, 5).long()), exactly=False)
    say.error(lambda: attention(q, k, v, torch.zeros(3, 5), is_causal=True), exactly=False)
    say.error(lambda: attention(q, k, v, torch.zeros(3, 4)), exactly=False)
    say.error(lambda: attention(q, k, v, dropout_p=1.5))
    say.error(lambda: attention([1.0], k, v))


@scene
def wrong_transformers(torch, say):
    nn = torch.nn
    say.error(lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"))
    model = nn.Transformer(4, 2, 1, 1, 8, batch_first=True)
    say.error(lambda: model(torch.ones(3, 2, 4), torch.ones(2, 2, 4)))
    say.error(lambda: model(torch.ones(3, 2, 4), torch.ones(3, 2, 5)))
    say(nn.Transformer.generate_square_subsequent_mask(3))
    say(nn.Transformer.generate_square_subsequent_mask(2, dtype=torch.float64))


@scene
def encoders_without_nested_tensors(torch, say):
    nn = torch.nn
    for options in (
        {},
        {"batch_first": True},
        {"batch_first": True, "norm_first": True},
        {"batch_first": True, "activation": torch.tanh},
        {"batch_first": True, "activation": nn.ReLU()},
        {"batch_first": True, "activation": nn.GELU()},
        {"batch_first": True, "bias": False},
        {"batch_first": True, "nhead": 1},
    ):
        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, **{"nhead": 2, **options}), 2)
        say(encoder.use_nested_tensor, encoder.enable_nested_tensor)
    nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2), 1, enable_nested_tensor=False)


@scene
def stacks_of_none_and_masks_of_integers(torch, say):
    nn = torch.nn
    x, numbers = torch.ones(1, 1, 2), torch.zeros(1, 1, dtype=torch.int64)
    layer, other = nn.TransformerEncoderLayer(2, 1, 2), nn.TransformerDecoderLayer(2, 1, 2)
    say.error(lambda: nn.TransformerEncoder(layer, 0, enable_nested_tensor=False)(x))
    say.error(lambda: nn.TransformerDecoder(other, 0)(x, x))
    encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
    say.error(lambda: encoder(x, mask=numbers))
    say.error(lambda: encoder(x, src_key_padding_mask=numbers))
