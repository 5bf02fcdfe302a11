"""Summaries for TensorBoard's plugins of charts: precision and recall, custom scalars, meshes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar.metadata import CONFIG_SUMMARY_TAG
from tensorboard.plugins.mesh import metadata as mesh_metadata
from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData
from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData

from minitorch.utils.tensorboard._arrays import Array, make_np
from minitorch.utils.tensorboard._values import plugin, shape_proto

_MOST = 127
"""Thresholds of a curve of precision and recall."""


def _floats(array: Array) -> Any:
    return TensorProto(dtype="DT_FLOAT", float_val=array.reshape(-1).tolist(), tensor_shape=shape_proto(array.shape))


# --- precision and recall --------------------------------------------------------------------------------------------


def pr_curve(tag: str, labels: Any, predictions: Any, num_thresholds: int = 127, weights: Any = None) -> Any:
    """Precision and recall at thresholds (at most 127) between 0 and 1: labels are 0 or 1, predictions in between."""
    num_thresholds = min(num_thresholds, _MOST)
    curve = compute_curve(make_np(labels), make_np(predictions), num_thresholds, weights)
    return _curve(tag, curve, num_thresholds)


def pr_curve_raw(
    tag: str,
    tp: Any,
    fp: Any,
    tn: Any,
    fn: Any,
    precision: Any,
    recall: Any,
    num_thresholds: int = 127,
    weights: Any = None,
) -> Any:
    """A curve that was computed elsewhere: six sequences with an element for each threshold. `weights` is ignored."""
    rows = [
        make_np(each) if hasattr(each, "shape") else np.asarray(each) for each in (tp, fp, tn, fn, precision, recall)
    ]
    return _curve(tag, np.stack(rows), min(num_thresholds, _MOST))


def compute_curve(labels: Array, predictions: Array, num_thresholds: int = 127, weights: Any = None) -> Array:
    """For each threshold (6, num_thresholds): true and false positives and negatives, precision, recall.

    Raises ValueError where there are not as many labels as predictions.
    """
    if labels.size != predictions.size:
        raise ValueError(f"expected a label for each prediction, got {labels.size} and {predictions.size}")
    weight = 1.0 if weights is None else make_np(weights).reshape(-1).astype(float)
    labels, predictions = labels.reshape(-1).astype(float), predictions.reshape(-1)
    place = np.floor(predictions * (num_thresholds - 1)).astype(np.int32)

    def at_least(weights: Array) -> Array:
        """How much lies at each threshold or above it."""
        found, _ = np.histogram(place, bins=num_thresholds, range=(0, num_thresholds - 1), weights=weights)
        return found[::-1].cumsum()[::-1]

    tp = at_least(labels * weight)
    fp = at_least((1 - labels) * weight)
    tn, fn = fp[0] - fp, tp[0] - tp
    tiny = 1e-7
    return np.stack((tp, fp, tn, fn, tp / np.maximum(tiny, tp + fp), tp / np.maximum(tiny, tp + fn)))


def _curve(tag: str, data: Array, num_thresholds: int) -> Any:
    content = PrCurvePluginData(version=0, num_thresholds=num_thresholds).SerializeToString()
    return Summary(value=[Summary.Value(tag=tag, tensor=_floats(data), metadata=plugin("pr_curves", content))])


# --- custom scalars --------------------------------------------------------------------------------------------------


def custom_scalars(layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> Any:
    """Charts of several scalars: {category: {title: ["Multiline", tags] or ["Margin", [value, lower, upper]]}}.

    Raises AssertionError for a margin chart without just three tags.
    """
    content = layout_pb2.Layout(
        category=[
            layout_pb2.Category(title=title, chart=[_chart(name, kind, tags) for name, (kind, tags) in charts.items()])
            for title, charts in layout.items()
        ]
    )
    proto = TensorProto(dtype="DT_STRING", string_val=[content.SerializeToString()], tensor_shape=shape_proto([]))
    value = Summary.Value(tag=CONFIG_SUMMARY_TAG, tensor=proto, metadata=plugin("custom_scalars"))
    return Summary(value=[value])


def _chart(title: str, kind: str, tags: Sequence[str]) -> Any:
    if kind != "Margin":
        return layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=tags))
    if len(tags) != 3:
        raise AssertionError(f"len(tags) != 3. Expected 3 tags, got {len(tags)}.")
    value, lower, upper = tags
    series = layout_pb2.MarginChartContent.Series(value=value, lower=lower, upper=upper)
    return layout_pb2.Chart(title=title, margin=layout_pb2.MarginChartContent(series=[series]))


# --- meshes ----------------------------------------------------------------------------------------------------------


def mesh(
    tag: str,
    vertices: Any,
    colors: Any,
    faces: Any,
    config_dict: Any,
    display_name: str | None = None,
    description: str | None = None,
) -> Any:
    """A cloud of points (N, points, 3), or a surface where `faces` says which three make a triangle.

    Raises ValueError for a shape of other than three dimensions.
    """
    parts = [
        (make_np(tensor), kind)
        for tensor, kind in (
            (vertices, MeshPluginData.VERTEX),
            (faces, MeshPluginData.FACE),
            (colors, MeshPluginData.COLOR),
        )
        if tensor is not None
    ]
    for array, _ in parts:
        if array.ndim != 3:
            raise ValueError(f"Tensor shape should be of shape BxNx3, but got {list(array.shape)}.")
    components = mesh_metadata.get_components_bitmask([kind for _, kind in parts])
    config = json.dumps({} if config_dict is None else config_dict, sort_keys=True)
    values = []
    for array, kind in parts:
        about = mesh_metadata.create_summary_metadata(
            tag, display_name, kind, components, array.shape, description, json_config=config
        )
        name = mesh_metadata.get_instance_name(tag, kind)
        values.append(Summary.Value(tag=name, tensor=_floats(array), metadata=about))
    return Summary(value=values)
