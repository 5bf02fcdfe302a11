"""Transformer: layers of attention and two linear maps, stacks of them, and the model of encoder and decoder.

Source: Vaswani et al., Attention is all you need, 2017.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from typing import Any

from minitorch.autograd.modes import is_grad_enabled
from minitorch.dtypes import bool_ as bool_dtype
from minitorch.nn import functional, init
from minitorch.nn.activation import GELU, ReLU
from minitorch.nn.container import ModuleList
from minitorch.nn.dropout import Dropout
from minitorch.nn.linear import Linear
from minitorch.nn.module import Module
from minitorch.nn.multihead import MultiheadAttention
from minitorch.nn.normalization import LayerNorm
from minitorch.ops.comparison import eq, equal
from minitorch.ops.creation import arange, full
from minitorch.ops.masks import masked_fill
from minitorch.ops.shape import unsqueeze
from minitorch.tensor import Tensor

Activation = str | Callable[[Tensor], Tensor]


def _activation(name: Activation) -> Callable[[Tensor], Tensor]:
    if callable(name):
        return name
    if name not in ("relu", "gelu"):
        raise RuntimeError(f"activation should be relu/gelu, not {name}")
    return functional.relu if name == "relu" else functional.gelu


def _causal_mask(size: int, device: Any = None, dtype: Any = None) -> Tensor:
    """Minus infinity above the diagonal, else 0: nobody looks ahead."""
    return full((size, size), -math.inf, dtype=dtype, device=device).triu(diagonal=1)  # type: ignore[no-any-return]  # bound from a table


def _is_causal(mask: Tensor | None, given: bool | None, size: int) -> bool:
    """Whether a mask says no more than that nobody looks ahead: `given`, or found out."""
    if given is not None or mask is None:
        return bool(given)
    causal = _causal_mask(size, mask.device, mask.dtype)
    return bool(mask.size() == causal.size() and eq(mask, causal).all())


def _length(x: Tensor, batch_first: bool) -> int:
    """The length of the sequences."""
    return int(x.size(1 if batch_first and x.dim() == 3 else 0))


def _copies(layer: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


class _Layer(Module):
    """What encoder and decoder layer share: attention from one sequence to another, and two linear maps."""

    __constants__ = ["norm_first"]
    _attentions: tuple[str, ...]
    """The names of the attentions. A norm and a dropout belong to each of them, and to the linear maps."""
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    norm3: LayerNorm
    dropout1: Dropout
    dropout2: Dropout
    dropout3: Dropout

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = functional.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        super().__init__()
        for name in self._attentions:
            attention = MultiheadAttention(d_model, nhead, dropout=dropout, batch_first=batch_first, **options)
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        parts = range(1, len(self._attentions) + 2)
        for k in parts:
            setattr(self, f"norm{k}", LayerNorm(d_model, eps=layer_norm_eps, **options))
        for k in parts:
            setattr(self, f"dropout{k}", Dropout(dropout))
        self.activation = _activation(activation)

    def _attend(
        self,
        attention: MultiheadAttention,
        dropout: Dropout,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None,
        padding: Tensor | None,
        is_causal: bool,
    ) -> Tensor:
        out, _ = attention(
            x, memory, memory, attn_mask=mask, key_padding_mask=padding, need_weights=False, is_causal=is_causal
        )
        dropped: Tensor = dropout(out)
        return dropped

    def _feed_forward(self, x: Tensor, dropout: Dropout) -> Tensor:
        out: Tensor = dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))
        return out

    def _add(self, x: Tensor, norm: LayerNorm, part: Callable[[Tensor], Tensor]) -> Tensor:
        """`x` and what `part` makes of it, normalised before or after."""
        out: Tensor = x + part(norm(x)) if self.norm_first else norm(x + part(x))
        return out


class TransformerEncoderLayer(_Layer):
    """Self-attention and two linear maps, each added to its input and normalised: (L, N, d_model) to the same.

    `norm_first` normalises before. With `batch_first` N comes first.
    """

    _attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Of the shape of `src`; masks as in MultiheadAttention."""
        x = self._add(
            src,
            self.norm1,
            lambda x: self._attend(self.self_attn, self.dropout1, x, x, src_mask, src_key_padding_mask, is_causal),
        )
        return self._add(x, self.norm2, lambda x: self._feed_forward(x, self.dropout2))


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the memory (S, N, d_model), and two linear maps: (T, N, d_model) to the same."""

    _attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Of the shape of `tgt`; masks as in MultiheadAttention."""
        x = self._add(
            tgt,
            self.norm1,
            lambda x: self._attend(self.self_attn, self.dropout1, x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal),
        )
        x = self._add(
            x,
            self.norm2,
            lambda x: self._attend(
                self.multihead_attn, self.dropout2, x, memory, memory_mask, memory_key_padding_mask, memory_is_causal
            ),
        )
        return self._add(x, self.norm3, lambda x: self._feed_forward(x, self.dropout3))


class TransformerEncoder(Module):
    """`num_layers` copies of an encoder layer, one after the other, and perhaps a norm.

    In evaluation without gradients, and where `use_nested_tensor`, padded places get zeros in front of the norm, as in
    torch, which leaves them out there; with `mask_check` only where each sequence is padded at its end alone.
    """

    __constants__ = ["norm"]

    def __init__(
        self,
        encoder_layer: TransformerEncoderLayer,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        why = _why_not_nested(encoder_layer)
        self.use_nested_tensor = enable_nested_tensor and not why
        if enable_nested_tensor and why:
            warnings.warn(
                f"enable_nested_tensor is True, but self.use_nested_tensor is False because {why}", stacklevel=2
            )

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Of the shape of `src`; masks as in MultiheadAttention, `is_causal` None finds out by itself.

        Raises IndexError when there are no layers, AssertionError for masks of integers.
        """
        for name, given in (("src_key_padding_mask", src_key_padding_mask), ("mask", mask)):
            if given is not None and given.dtype is not bool_dtype and not given.is_floating_point():
                raise AssertionError(f"only bool and floating types of {name} are supported")
        out = src
        batch_first = getattr(getattr(self.layers[0], "self_attn", None), "batch_first", False)
        causal = _is_causal(mask, is_causal, _length(src, batch_first))
        left_out = None if mask is not None else self._left_out(src, src_key_padding_mask)
        if left_out is not None:
            src_key_padding_mask = left_out
        for layer in self.layers:
            out = layer(out, src_mask=mask, is_causal=causal, src_key_padding_mask=src_key_padding_mask)
        if left_out is not None:
            out = masked_fill(out, unsqueeze(left_out, 2), 0.0)
        return out if self.norm is None else self.norm(out)

    def _left_out(self, src: Tensor, padding: Tensor | None) -> Tensor | None:
        """The places (N, L) that torch's nested tensors would leave out; None where torch would not use them."""
        first = self.layers[0]
        if padding is None or not self.use_nested_tensor or first.training or src.dim() != 3:
            return None
        if is_grad_enabled() and any(each.requires_grad for each in (src, *first.parameters())):
            return None
        absent = padding.bool()
        left_out: Tensor = arange(src.size(1), device=src.device) >= (~absent).sum(1, keepdim=True)
        return None if self.mask_check and not equal(absent, left_out) else left_out


def _why_not_nested(layer: Module) -> str:
    """Why torch would not use nested tensors for this layer; "" if it would."""
    attention = getattr(layer, "self_attn", None)
    if not isinstance(layer, TransformerEncoderLayer) or not isinstance(attention, MultiheadAttention):
        return "encoder_layer was not TransformerEncoderLayer"
    if layer.norm_first:
        return "encoder_layer.norm_first was True"
    if not attention.batch_first:
        return "encoder_layer.self_attn.batch_first was not True(use batch_first for better inference performance)"
    if attention.in_proj_bias is None:
        return "encoder_layer.self_attn was passed bias=False"
    if layer.activation not in (functional.relu, functional.gelu) and not isinstance(layer.activation, (ReLU, GELU)):
        return "encoder_layer.activation_relu_or_gelu was not True"
    if layer.norm1.eps != layer.norm2.eps:
        return "encoder_layer.norm1.eps was not equal to encoder_layer.norm2.eps"
    return "encoder_layer.self_attn.num_heads is odd" if attention.num_heads % 2 else ""


class TransformerDecoder(Module):
    """`num_layers` copies of a decoder layer, one after the other, and perhaps a norm."""

    __constants__ = ["norm"]

    def __init__(self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Of the shape of `tgt`; masks as in MultiheadAttention, `tgt_is_causal` None finds out by itself.

        Raises IndexError when there are no layers.
        """
        out = tgt
        batch_first = getattr(getattr(self.layers[0], "self_attn", None), "batch_first", False)
        causal = _is_causal(tgt_mask, tgt_is_causal, _length(tgt, batch_first))
        for layer in self.layers:
            out = layer(
                out,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return out if self.norm is None else self.norm(out)


class Transformer(Module):
    """An encoder of the source and a decoder of the target: (S, N, d_model) and (T, N, d_model) to (T, N, d_model).

    With `batch_first` N comes first; it may be absent. Raises RuntimeError for other sizes.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = functional.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        if custom_encoder is None:
            first = TransformerEncoderLayer(*layer, device, dtype)
            norm = LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)
            self.encoder = TransformerEncoder(first, num_encoder_layers, norm)
        else:
            self.encoder = custom_encoder
        if custom_decoder is None:
            second = TransformerDecoderLayer(*layer, device, dtype)
            norm = LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)
            self.decoder = TransformerDecoder(second, num_decoder_layers, norm)
        else:
            self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Of the shape of `tgt`; masks as in MultiheadAttention."""
        items = 0 if self.batch_first else 1
        if src.dim() == 3 and src.size(items) != tgt.size(items):
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.size(-1) != self.d_model or tgt.size(-1) != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        out: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return out

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """A mask (sz, sz) of minus infinity above the diagonal, else 0: nobody looks ahead."""
        return _causal_mask(sz, device, dtype)

    def _reset_parameters(self) -> None:
        """Draws every weight anew."""
        for parameter in self.parameters():
            if parameter.dim() > 1:
                init.xavier_uniform_(parameter)
