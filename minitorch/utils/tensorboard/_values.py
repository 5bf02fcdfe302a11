"""Summaries of numbers and words: scalars, tensors, histograms, texts, sounds."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from minitorch.tensor import Tensor
from minitorch.utils.tensorboard._arrays import Array, make_np

_FIELDS = {
    "float16": ("DT_HALF", "half_val"),
    "float32": ("DT_FLOAT", "float_val"),
    "float64": ("DT_DOUBLE", "double_val"),
    "bool": ("DT_BOOL", "bool_val"),
    "uint8": ("DT_UINT8", "int_val"),
    "uint16": ("DT_UINT16", "int_val"),
    "int8": ("DT_INT8", "int_val"),
    "int16": ("DT_INT16", "int_val"),
    "int32": ("DT_INT32", "int_val"),
    "int64": ("DT_INT64", "int64_val"),
}
"""By dtype: what TensorBoard calls it, and the field of a TensorProto that holds its elements."""


def plugin(name: str, content: bytes = b"") -> Any:
    """What says which of TensorBoard's plugins shows a value."""
    return SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=name, content=content))


def shape_proto(shape: Any) -> Any:
    """A shape as TensorBoard keeps it."""
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=int(size)) for size in shape])


def scalar(
    name: str, tensor: Any, collections: Any = None, new_style: bool = False, double_precision: bool = False
) -> Any:
    """A number; of `new_style`, which alone has `double_precision`, as a tensor for the scalars plugin.

    Raises AssertionError for more than one element. `collections` is ignored, as in torch.
    """
    array = make_np(tensor).squeeze()
    if array.ndim != 0:
        raise AssertionError(
            f"Tensor should contain one element (0 dimensions). Was given size: {array.size} "
            f"and {array.ndim} dimensions."
        )
    value = float(array.item())
    if not new_style:
        return Summary(value=[Summary.Value(tag=name, simple_value=value)])
    proto = (
        TensorProto(double_val=[value], dtype="DT_DOUBLE")
        if double_precision
        else TensorProto(float_val=[value], dtype="DT_FLOAT")
    )
    return Summary(value=[Summary.Value(tag=name, tensor=proto, metadata=plugin("scalars"))])


def tensor_proto(tag: str, tensor: Any) -> Any:
    """A whole tensor, of any shape. Raises TypeError for a dtype that TensorBoard does not read.

    Differs from torch: arrays are taken too; float16 and uint8 are written as TensorBoard reads them.
    """
    array = make_np(tensor)
    if array.dtype.name not in _FIELDS:
        raise TypeError(f"add_tensor: TensorBoard reads tensors of {', '.join(_FIELDS)}, got one of {array.dtype.name}")
    kind, field = _FIELDS[array.dtype.name]
    flat = (array.view(np.uint16) if array.dtype == np.float16 else array).reshape(-1)
    proto = TensorProto(dtype=kind, tensor_shape=shape_proto(array.shape), **{field: flat.tolist()})
    return Summary(value=[Summary.Value(tag=tag, tensor=proto, metadata=plugin("tensor"))])


def text(tag: str, text: str) -> Any:
    """A text, which TensorBoard reads as Markdown."""
    proto = TensorProto(dtype="DT_STRING", string_val=[text.encode("utf-8")], tensor_shape=shape_proto([1]))
    return Summary(value=[Summary.Value(tag=f"{tag}/text_summary", tensor=proto, metadata=plugin("text"))])


def histogram_raw(
    name: str, min: Any, max: Any, num: Any, sum: Any, sum_squares: Any, bucket_limits: Any, bucket_counts: Any
) -> Any:
    """A histogram that was counted elsewhere: `bucket_limits` are the right edges of the buckets."""
    proto = HistogramProto(
        min=min,
        max=max,
        num=num,
        sum=sum,
        sum_squares=sum_squares,
        bucket_limit=make_numbers(bucket_limits),
        bucket=make_numbers(bucket_counts),
    )
    return Summary(value=[Summary.Value(tag=name, histo=proto)])


def make_numbers(values: Any) -> list[float]:
    """A sequence, an array or a tensor as Python's floats."""
    flat = make_np(values).reshape(-1) if isinstance(values, (Tensor, np.ndarray)) else values
    return [float(each) for each in flat]


def histogram(name: str, values: Any, bins: Any, max_bins: int | None = None) -> Any:
    """The histogram of all elements; `bins` are edges, a number of them, or the name of NumPy's way to choose them."""
    return Summary(value=[Summary.Value(tag=name, histo=make_histogram(make_np(values).astype(float), bins, max_bins))])


def make_histogram(values: Array, bins: Any, max_bins: int | None = None) -> Any:
    """Counts the elements of an array: without the empty buckets at both ends, except one on the left.

    More than `max_bins` buckets are joined, several into one. Raises ValueError where there is nothing to count.
    """
    if values.size == 0:
        raise ValueError("The input has no element.")
    values = values.reshape(-1)
    counts, edges = np.histogram(values, bins=bins)
    if max_bins is not None and len(counts) > max_bins:
        together = len(counts) // max_bins
        counts = np.add.reduceat(counts, np.arange(0, len(counts), together))
        edges = np.append(edges[:-1:together], edges[-1])
    filled = np.flatnonzero(counts)
    if not len(filled):
        raise ValueError(f"The histogram is empty: none of the {values.size} values lies in a bin")
    first, last = filled[0], filled[-1]
    return HistogramProto(
        min=values.min(),
        max=values.max(),
        num=len(values),
        sum=values.sum(),
        sum_squares=values.dot(values),
        bucket_limit=edges[first : last + 2].tolist(),
        bucket=[0, *counts[first : last + 1].tolist()],
    )


def audio(tag: str, tensor: Any, sample_rate: int = 44100) -> Any:
    """A sound of one channel, of numbers from -1 to 1, as a WAV of 16 bits. Raises AssertionError for another shape."""
    array = make_np(tensor)
    if abs(array).max() > 1:
        print("warning: audio amplitude out of range, auto clipped.")
        array = array.clip(-1, 1)
    array = array.squeeze()
    if array.ndim != 1:
        raise AssertionError("input tensor should be 1 dimensional.")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(sample_rate)
        sound.writeframes((array * np.iinfo(np.int16).max).astype("<i2").tobytes())
    proto = Summary.Audio(
        sample_rate=sample_rate,
        num_channels=1,
        length_frames=len(array),
        encoded_audio_string=file.getvalue(),
        content_type="audio/wav",
    )
    return Summary(value=[Summary.Value(tag=tag, audio=proto)])
