"""Attention and the transformer."""

from __future__ import annotations

from collections.abc import Callable

from parity.layer import Drawn, Layer
from parity.strategies import DIFFERENTIABLE, Call, Draw, Input, Made, Name, between
from parity.tolerance import Looser

SMALL = between(-1.0, 1.0, "scores of a few units: exp of larger ones magnifies the rounding of the projections")
DEEP = Looser(100, "products, softmax and normalisations one after the other, each of what the one before has rounded")
# A decoder layer's copies take relu in torch where the activation is a module: the copy is made without knowing of it.
FUNCTIONS = ("relu", "gelu", Name("nn.functional.gelu"), Name("tanh"))


def allowed(d: Draw, shape: tuple[int, ...]) -> Input:
    """A mask of bools or of numbers to add; the first key is never shut out, or a row would be nan."""
    if d.fault():
        shape = (*shape[:-1], shape[-1] + 1)
    if d.flag():
        return d.given(d.rng.standard_normal(shape), False, d.dtype if d.dtype in DIFFERENTIABLE else "float32")
    shut = d.rng.random(shape) < 0.3
    shut[..., 0] = False
    return d.given(shut, False)


def lead(batch: int | None, steps: int, batch_first: bool) -> tuple[int, ...]:
    """The dimensions before the features."""
    return (steps,) if batch is None else (batch, steps) if batch_first else (steps, batch)


def attention(d: Draw) -> Drawn:
    """Queries, keys and values, of sizes of their own perhaps, with masks of every kind."""
    heads, batch_first = d.integer(1, 2), d.flag()
    size = heads * d.integer(1, 2)
    batch = None if d.chance(4) else d.integer(1, 2)
    target, source = d.integer(1, 3), d.integer(1, 3)
    widths = {"kdim": d.integer(1, 3), "vdim": d.integer(1, 3)} if d.chance(3) else {}
    made = Call(size + 1 if heads > 1 and d.fault() else size, heads, **widths)
    made += d.some(dropout=0.3, bias=(True, False), add_bias_kv=(True, False), add_zero_attn=(True, False))
    made += Call(batch_first=True) if batch_first else Call()
    query = d.tensor((*lead(batch, target, batch_first), size))
    key = d.tensor((*lead(batch, source, batch_first), widths.get("kdim", size)))
    value = d.tensor((*lead(batch, source + (1 if d.fault() else 0), batch_first), widths.get("vdim", size)))
    if not widths and batch is None and target == source and d.flag():
        key = value = query
    called = Call(query, key, value) + d.some(need_weights=(True, False), average_attn_weights=(True, False))
    if d.chance(3):
        called += Call(key_padding_mask=allowed(d, (source,) if batch is None else (batch, source)))
    if d.chance(3):
        many = heads if batch is None else batch * heads
        called += Call(attn_mask=allowed(d, d.pick((target, source), (many, target, source))))
    return made, called


def options(d: Draw, activations: tuple[object, ...]) -> Call:
    """What the layers and the whole have in common, but for `batch_first`; the width of the layer within is small."""
    return Call(dim_feedforward=d.pick(3, 1)) + d.some(
        dropout=(0.0, 0.2),
        activation=activations,
        layer_norm_eps=1e-3,
        norm_first=(True, False),
        bias=(True, False),
    )


class Sizes:
    """The sizes of one example: heads, width, items (None for a single sequence), steps of both sequences."""

    def __init__(self, d: Draw) -> None:
        self.d = d
        self.heads = d.integer(1, 2)
        self.width = self.heads * d.integer(3, 4)  # of two numbers a layer norm leaves only signs
        self.batch = None if d.chance(4) else d.integer(1, 2)
        self.batch_first = d.flag()
        self.source, self.target = d.integer(1, 3), d.integer(1, 3)

    def sequence(self, steps: int) -> Input:
        """A sequence of as many steps."""
        width = self.width + (1 if self.d.fault() else 0)
        return self.d.tensor((*lead(self.batch, steps, self.batch_first), width))

    def made(self, activations: tuple[object, ...] = (*FUNCTIONS, Made("nn.SiLU", Call()))) -> Call:
        """The arguments that begin every constructor here, and the options."""
        return Call(self.width, self.heads) + options(self.d, activations) + Call(batch_first=self.batch_first)

    def mask(self, name: str, target: int, source: int) -> Call:
        """Perhaps a mask of which positions look at which."""
        return Call(**{name: allowed(self.d, (target, source))}) if self.d.chance(3) else Call()

    def padding(self, name: str, source: int) -> Call:
        """Perhaps a mask of the positions that only fill up."""
        shape = (source,) if self.batch is None else (self.batch, source)
        return Call(**{name: allowed(self.d, shape)}) if self.d.chance(3) else Call()


def encoded(sizes: Sizes, name: str) -> Call:
    """What an encoder and its layer are called with; `name` is what they call the mask."""
    called = Call(sizes.sequence(sizes.source)) + sizes.mask(name, sizes.source, sizes.source)
    return called + sizes.padding("src_key_padding_mask", sizes.source)


def decoded(sizes: Sizes) -> Call:
    """What a decoder and its layer are called with."""
    called = Call(sizes.sequence(sizes.target), sizes.sequence(sizes.source))
    called += sizes.mask("tgt_mask", sizes.target, sizes.target) + sizes.mask("memory_mask", sizes.target, sizes.source)
    called += sizes.padding("tgt_key_padding_mask", sizes.target)
    return called + sizes.padding("memory_key_padding_mask", sizes.source)


def layer(kind: str) -> Callable[[Draw], Drawn]:
    """One layer of the encoder or the decoder."""

    def draw(d: Draw) -> Drawn:
        sizes = Sizes(d)
        return sizes.made(), encoded(sizes, "src_mask") if kind == "Encoder" else decoded(sizes)

    return draw


def stack(kind: str) -> Callable[[Draw], Drawn]:
    """Copies of one layer, perhaps with a norm at the end."""

    def draw(d: Draw) -> Drawn:
        sizes = Sizes(d)
        one = sizes.made(FUNCTIONS) if kind == "Decoder" else sizes.made()
        made = Call(Made(f"nn.Transformer{kind}Layer", one), 0 if d.fault() else d.integer(1, 2))
        made += Call(norm=Made("nn.LayerNorm", Call(sizes.width))) if d.flag() else Call()
        if kind == "Decoder":
            return made, decoded(sizes)
        # torch warns where its nested tensors cannot be had; nothing else tells them apart.
        return made + Call(enable_nested_tensor=False), encoded(sizes, "mask")

    return draw


def whole(d: Draw) -> Drawn:
    """Encoder and decoder."""
    sizes = Sizes(d)
    made = sizes.made(FUNCTIONS) + Call(num_encoder_layers=d.integer(1, 2), num_decoder_layers=1)
    called = Call(sizes.sequence(sizes.source), sizes.sequence(sizes.target))
    called += sizes.mask("src_mask", sizes.source, sizes.source) + sizes.mask("tgt_mask", sizes.target, sizes.target)
    called += sizes.mask("memory_mask", sizes.target, sizes.source)
    if not sizes.batch_first or sizes.heads % 2:
        # Of others torch makes nested tensors in evaluation, which minitorch has none of.
        called += sizes.padding("src_key_padding_mask", sizes.source)
    called += sizes.padding("tgt_key_padding_mask", sizes.target)
    return made, called + sizes.padding("memory_key_padding_mask", sizes.source)


LAYERS = [
    Layer("MultiheadAttention", draw=attention, domain=SMALL, looser=DEEP),
    Layer("TransformerEncoderLayer", draw=layer("Encoder"), domain=SMALL, looser=DEEP),
    Layer("TransformerDecoderLayer", draw=layer("Decoder"), domain=SMALL, looser=DEEP),
    Layer("TransformerEncoder", draw=stack("Encoder"), domain=SMALL, looser=DEEP),
    Layer("TransformerDecoder", draw=stack("Decoder"), domain=SMALL, looser=DEEP),
    Layer("Transformer", draw=whole, domain=SMALL, looser=DEEP),
]
