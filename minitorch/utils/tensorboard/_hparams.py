"""Summaries of hyperparameters, for TensorBoard's plugin of that name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from google.protobuf.struct_pb2 import ListValue, Value
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import DataType, Experiment, HParamInfo, MetricInfo, MetricName, Status
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

from minitorch.tensor import Tensor


def hparams(
    hparam_dict: Mapping[str, Any] | None = None,
    metric_dict: Mapping[str, Any] | None = None,
    hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
) -> tuple[Any, Any, Any]:
    """Three summaries: which hyperparameters and metrics there are, the values of this run, and that it is over.

    Values are numbers, strings, bools, tensors (of which the first element counts); None leaves one out. Raises
    TypeError for what is no dict, and for a domain that is no list of its hyperparameter's type, ValueError for others.
    """
    if not isinstance(hparam_dict, dict) or not isinstance(metric_dict, dict):
        raise TypeError("hparam_dict and metric_dict should be dictionary.")
    domains = {} if hparam_domain_discrete is None else hparam_domain_discrete
    if not isinstance(domains, dict):
        raise TypeError("parameter: hparam_domain_discrete should be a dictionary, nothing logged.")
    values = {name: _plain(value) for name, value in hparam_dict.items() if value is not None}
    for name, domain in domains.items():
        if (
            name not in values
            or not isinstance(domain, list)
            or not all(isinstance(_plain(each), type(values[name])) for each in domain)
        ):
            raise TypeError(
                f"parameter: hparam_domain_discrete[{name}] should be a list of same type as hparam_dict[{name}]."
            )
    infos = [
        HParamInfo(name=name, type=_kind(value), domain_discrete=_domain(domains.get(name)))
        for name, value in values.items()
    ]
    metrics = [MetricInfo(name=MetricName(tag=name)) for name in metric_dict]
    start = SessionStartInfo()
    for name, value in values.items():
        start.hparams[name].CopyFrom(_value(value))
    return (
        _summary(
            metadata.EXPERIMENT_TAG, HParamsPluginData(experiment=Experiment(hparam_infos=infos, metric_infos=metrics))
        ),
        _summary(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=start)),
        _summary(
            metadata.SESSION_END_INFO_TAG,
            HParamsPluginData(session_end_info=SessionEndInfo(status=Status.Value("STATUS_SUCCESS"))),
        ),
    )


def _plain(value: Any) -> Any:
    """A hyperparameter as a Python number, string or bool."""
    if isinstance(value, (Tensor, np.ndarray)):
        value = value.reshape(-1)[0].item()
    elif isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (int, float, str)):
        raise ValueError("value should be one of int, float, str, bool, or torch.Tensor")
    return value


def _kind(value: Any) -> Any:
    # Of a bool TensorBoard says it is a number, as torch does: the values are shown as 1 and 0.
    return DataType.Value("DATA_TYPE_STRING" if isinstance(value, str) else "DATA_TYPE_FLOAT64")


def _value(value: Any) -> Any:
    return Value(string_value=value) if isinstance(value, str) else Value(number_value=value)


def _domain(domain: Sequence[Any] | None) -> Any:
    return None if domain is None else ListValue(values=[_value(_plain(each)) for each in domain])


def _summary(tag: str, content: Any) -> Any:
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata.create_summary_metadata(content))])
