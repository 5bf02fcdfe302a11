"""torch.utils.tensorboard: the same calls on both engines, read back with TensorBoard's own loaders."""

from __future__ import annotations

import inspect
import io
import os
import re
import subprocess
import sys
import textwrap
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib
import numpy as np
import pytest
import torch
import torch.utils.tensorboard
import torch.utils.tensorboard.summary
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.step_stats_pb2 import StepStats
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.util import tensor_util

import minitorch
import minitorch.utils.tensorboard
from minitorch.errors import NotSupportedError
from minitorch.utils.tensorboard import FileWriter, SummaryWriter, summary

ROOT = Path(__file__).parent.parent
ENGINES: dict[str, Any] = {"torch": torch, "minitorch": minitorch}

matplotlib.use("agg")


# --- what is written, read back ------------------------------------------------------------------------------------


def events(folder: Path) -> list[tuple[str, Any]]:
    """All events of the files below a folder, each with its directory; times of now are 0."""
    found = []
    for path in sorted(folder.rglob("*tfevents*")):
        for event in LegacyEventFileLoader(str(path)).Load():
            if abs(event.wall_time - time.time()) < 600:
                event.wall_time = 0
            # What is named after the time, add_hparams' directory, has the same name whenever it is.
            place = re.sub(r"^\d+\.\d+$", "<now>", str(path.parent.relative_to(folder)))
            found.append((place, event))
    return sorted(found, key=lambda pair: pair[0])


def plain(event: Any) -> list[Any]:
    """An event so that two are equal if they mean the same: pictures as pixels, hyperparameters as messages."""
    parts: list[Any] = []
    for value in event.summary.value:
        if value.HasField("image"):
            parts.append(pixels(value.image.encoded_image_string))
            value.image.encoded_image_string = b""
        about = value.metadata.plugin_data
        if about.plugin_name == "hparams":
            parts.append(HParamsPluginData.FromString(about.content))
            about.content = b""
    return [str(event), *parts]


def pixels(encoded: bytes) -> Any:
    picture = Image.open(io.BytesIO(encoded))
    return picture.format, picture.mode, np.asarray(picture).tolist()


def others(folder: Path) -> dict[str, Any]:
    """The files that are no event files."""
    return {
        str(path.relative_to(folder)): pixels(path.read_bytes()) if path.suffix == ".png" else path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file() and "tfevents" not in path.name
    }


Call = Callable[[Any, Callable[..., Any]], object]


def outcome(engine: str, folder: Path, call: Call, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a call writes, prints and raises; `call` gets a writer and what makes a tensor of an array."""
    folder.mkdir(parents=True)
    error: Any = None
    np.random.seed(0)
    with ENGINES[engine].utils.tensorboard.SummaryWriter(str(folder)) as writer:
        try:
            call(writer, lambda array, **named: ENGINES[engine].tensor(array, **named))
        except Exception as raised:
            error = raised
    printed = capsys.readouterr().out
    return [(place, plain(event)) for place, event in events(folder)], others(folder), printed, error


def rand(*shape: int) -> Any:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def normal(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


BOXES = [[2.0, 13, 20, 30], [10, 10, 45, 35]]

SAME: dict[str, Call] = {
    # scalars
    "scalar": lambda w, t: w.add_scalar("loss/train", 1.5, 3),
    "scalar, tensor and tensor step": lambda w, t: w.add_scalar("a", t(2.5, requires_grad=True), t(4)),
    "scalar, one element": lambda w, t: w.add_scalar("a", t([[2.5]])),
    "scalar, int tensor": lambda w, t: w.add_scalar("a", t(2), np.int64(3)),
    "scalar, numpy": lambda w, t: w.add_scalar("a", np.float64(0.1), np.int64(3), walltime=12.5),
    "scalar, array": lambda w, t: w.add_scalar("a", np.array([[3.0]]), "7"),
    "scalar, bool": lambda w, t: w.add_scalar("a", True, 1.7),
    "scalar, nan": lambda w, t: w.add_scalar("a", float("nan"), -3),
    "scalar, new style": lambda w, t: w.add_scalar("a", 0.1, 1, new_style=True),
    "scalar, double precision": lambda w, t: w.add_scalar("a", 0.1, 1, new_style=True, double_precision=True),
    "scalar, double precision of the old style": lambda w, t: w.add_scalar("a", 0.1, 1, double_precision=True),
    "scalar, name": lambda w, t: w.add_scalar("/损失 a:b[1]#é", 1, 1),
    "scalars": lambda w, t: [w.add_scalars("m/n", {"x/y": 1.0, "a b": t(2.0 + k)}, k) for k in range(3)],
    "scalars, walltime": lambda w, t: w.add_scalars("m", {"x": 1, "y": 2}, walltime=5.0),
    # tensors
    **{
        f"tensor, {dtype}": lambda w, t, dtype=dtype: w.add_tensor("t", t(np.array([[0, 1], [1, 0]], dtype)), 1)
        for dtype in ("float32", "float64", "int8", "int16", "int32", "int64", "bool")
    },
    "tensor, 0-d": lambda w, t: w.add_tensor("t", t(3), 1),
    "tensor, empty": lambda w, t: w.add_tensor("t", t(np.ones((2, 0), np.float32)), 1),
    # histograms
    "histogram": lambda w, t: w.add_histogram("h", t(normal(300)), 1),
    "histogram, gradient": lambda w, t: w.add_histogram("h", t(normal(3, 40), requires_grad=True), 1),
    "histogram, number": lambda w, t: w.add_histogram("h", 3, 1),
    "histogram, zeros": lambda w, t: w.add_histogram("h", np.zeros(4), 1),
    "histogram, ints": lambda w, t: w.add_histogram("h", t([0, 1, 2, 3, 4]), 1),
    "histogram, bools": lambda w, t: w.add_histogram("h", t([True, False]), 1),
    "histogram, uint8": lambda w, t: w.add_histogram("h", t(np.full(3, 200, np.uint8)), 1),
    "histogram, float16": lambda w, t: w.add_histogram("h", t(np.full(3, 300, np.float16)), 1),
    "histogram, inf": lambda w, t: w.add_histogram("h", np.array([float("inf"), 1.0]), 1),
    "histogram, tiny": lambda w, t: w.add_histogram("h", np.array([1e-30, -1e-30]), 1),
    "histogram, huge": lambda w, t: w.add_histogram("h", np.array([1e30, 1.0]), 1),
    **{
        f"histogram, bins {bins}": lambda w, t, bins=bins: w.add_histogram("h", t(normal(50)), bins=bins)
        for bins in ("auto", "fd", 1, 7)
    },
    "histogram, edges": lambda w, t: w.add_histogram("h", np.array([1.0, 2, 2, 9, 10]), bins=[5, 6, 7, 20]),
    **{
        f"histogram, max_bins {most}": lambda w, t, most=most: w.add_histogram("h", normal(50), bins=10, max_bins=most)
        for most in (1, 2, 3, 4, 7, 9, 10, 11)
    },
    "histogram, max_bins of default": lambda w, t: w.add_histogram("h", t(normal(300)), max_bins=5),
    "histogram, raw": lambda w, t: w.add_histogram_raw(
        "h", 0.0, 2.0, 3, 4.0, 5.0, np.array([0.0, 1, 2]), t([1, 1, 1]), 2
    ),
    "histogram, empty": lambda w, t: w.add_histogram("h", np.array([])),
    "histogram, no value in a bin": lambda w, t: w.add_histogram("h", np.array([1.0]), bins=[20, 30, 40]),
    "histogram, all nan": lambda w, t: w.add_histogram("h", t([float("nan")] * 3)),
    "histogram, list": lambda w, t: w.add_histogram("h", [1.0, 2.0]),
    "histogram, unknown bins": lambda w, t: w.add_histogram("h", t([1.0]), bins="foo"),
    # texts and sounds
    "text": lambda w, t: w.add_text("t/b", "# hello\n中文 |a|b|", 1),
    "audio": lambda w, t: w.add_audio("a", t(np.linspace(-1, 1, 20, dtype=np.float32).reshape(1, 20)), 1),
    "audio, clipped": lambda w, t: w.add_audio("a", t(np.linspace(-2, 2, 20, dtype=np.float32)), 1, sample_rate=8000),
    "audio, ints": lambda w, t: w.add_audio("a", np.ones((5, 1), np.int16)),
    "audio, stereo": lambda w, t: w.add_audio("a", t(rand(2, 5))),
    # pictures
    **{
        f"image, {c} channels": lambda w, t, c=c: w.add_image("i", t(rand(c, 4, 5)), 1)
        for c in (1, 2, 3, 4)
    },
    **{
        f"image, {dataformats}": lambda w, t, dataformats=dataformats: w.add_image(
            "i", t(rand(*[{"H": 4, "W": 5, "C": 3, "N": 2}[axis] for axis in dataformats.upper()])), 1,
            dataformats=dataformats,
        )
        for dataformats in ("HW", "WH", "HWC", "hwc", "WCH", "NCHW", "NHWC", "CNHW")
    },
    "image, uint8": lambda w, t: w.add_image("i", (rand(4, 5, 3) * 255).astype(np.uint8), dataformats="HWC"),
    "image, float64": lambda w, t: w.add_image("i", np.full((1, 2, 2), 139.99999999 / 255)),
    "image, ints": lambda w, t: w.add_image("i", t(np.array([[[0, 1], [-1, 200]]]))),
    "image, bools": lambda w, t: w.add_image("i", t([[[True, False]]])),
    "image, float16": lambda w, t: w.add_image("i", t(rand(3, 4, 5).astype(np.float16))),
    "image, outside": lambda w, t: w.add_image("i", t(rand(3, 4, 5) * 3 - 1)),
    "image, axes": lambda w, t: w.add_image("i", t(rand(4, 5))),
    "image, axis twice": lambda w, t: w.add_image("i", t(rand(3, 4, 5)), dataformats="CCH"),
    "image, five channels": lambda w, t: w.add_image("i", t(rand(5, 4, 5))),
    "image, list": lambda w, t: w.add_image("i", [[1, 2]]),
    **{f"images, {n}": lambda w, t, n=n: w.add_images("i", t(rand(n, 3, 4, 5)), 1) for n in (1, 3, 8, 9, 17)},
    "images, grey": lambda w, t: w.add_images("i", t(rand(5, 1, 4, 5)), 1),
    "images, NHWC": lambda w, t: w.add_images("i", rand(5, 4, 5, 3), 1, dataformats="NHWC"),
    "images, two channels": lambda w, t: w.add_images("i", t(rand(5, 2, 4, 5))),
    "images, one of them": lambda w, t: w.add_images("i", t(rand(3, 4, 5))),
    "images, NHW": lambda w, t: w.add_images("i", rand(3, 4, 5), dataformats="NHW"),
    "boxes": lambda w, t: w.add_image_with_boxes("i", t(rand(3, 40, 50)), t(BOXES), 1),
    "boxes, labels": lambda w, t: w.add_image_with_boxes("i", t(rand(3, 40, 50)), t(BOXES), labels=["gy", "bc.\n"]),
    "boxes, label": lambda w, t: w.add_image_with_boxes("i", t(rand(3, 40, 50)), t(BOXES[:1]), labels="ab"),
    "boxes, no label": lambda w, t: w.add_image_with_boxes("i", t(rand(3, 40, 50)), t(BOXES), labels=["", "I"]),
    "boxes, half size": lambda w, t: w.add_image_with_boxes("i", t(rand(3, 40, 50)), t(BOXES), rescale=0.37),
    "boxes, twice the size": lambda w, t: w.add_image_with_boxes(
        "i", np.full((40, 50, 3), 99, np.uint8), np.array(BOXES), rescale=2, dataformats="HWC", labels=["中", "x"]
    ),
    "boxes, grey": lambda w, t: w.add_image_with_boxes("i", t(rand(1, 40, 50)), t([[20.5, 3.5, 2, 30]])),
    "boxes, too few labels": lambda w, t: w.add_image_with_boxes("i", t(rand(3, 40, 50)), t(BOXES), labels=["a"]),
    "boxes, too many labels": lambda w, t: w.add_image_with_boxes("i", t(rand(3, 40, 50)), t(BOXES), labels="abc"),
    "boxes, labels of no length": lambda w, t: w.add_image_with_boxes("i", t(rand(3, 40, 50)), t(BOXES), labels=5),
    "figure": lambda w, t: w.add_figure("f", figure(), 1),
    "figures": lambda w, t: w.add_figure("f", [figure(), figure()], 1),
    "figure of pyplot": lambda w, t: (w.add_figure("f", drawn()), print(pyplot.get_fignums())),
    "figure that stays": lambda w, t: (w.add_figure("f", drawn(), close=False), print(len(pyplot.get_fignums()))),
    "figure, none": lambda w, t: w.add_figure("f", 5),
    # hyperparameters
    "hparams": lambda w, t: w.add_hparams({"lr": 0.1, "bs": 32, "opt": "adam", "b": True}, {"acc": 0.5, "loss": 1}),
    "hparams, run": lambda w, t: w.add_hparams({"lr": 0.1}, {"m/acc": t(0.5)}, run_name="x/y", global_step=7),
    "hparams, domains": lambda w, t: w.add_hparams(
        {"lr": 0.1, "x": "a", "b": True, "n": 1},
        {"acc": 0.5},
        {"lr": [0.1, 0.2], "x": ["a", "b"], "b": [True, False], "n": [1, 2]},
        run_name="r",
    ),
    "hparams, tensor": lambda w, t: w.add_hparams({"lr": t([0.5, 1])}, {"acc": t([0.5])}, run_name="r"),
    "hparams, None": lambda w, t: w.add_hparams({"lr": None, "a": 1}, {}, run_name="r"),
    "hparams, foreign domain": lambda w, t: w.add_hparams({"lr": 0.1}, {}, {"y": [1]}, run_name="r"),
    "hparams, domain of another type": lambda w, t: w.add_hparams({"lr": 0.1}, {}, {"lr": ["a"]}, run_name="r"),
    "hparams, domain that is no dict": lambda w, t: w.add_hparams({"lr": 0.1}, {}, [1], run_name="r"),
    "hparams, list": lambda w, t: w.add_hparams({"lr": [1, 2]}, {}, run_name="r"),
    "hparams, no dict": lambda w, t: w.add_hparams([1], {}, run_name="r"),
    "metrics, no dict": lambda w, t: w.add_hparams({"a": 1}, [1], run_name="r"),
    # embeddings
    "embedding": lambda w, t: w.add_embedding(t(normal(3, 2) * 1e-5, requires_grad=True)),
    "embedding, ints": lambda w, t: w.add_embedding(np.arange(4).reshape(2, 2), ["b\tc", 3], None, 5, "my tag/%\\"),
    "embedding, columns": lambda w, t: w.add_embedding(t(rand(2, 3)), [["a", 1], ["中", 2]], metadata_header=["", "v"]),
    "embedding, rows": lambda w, t: w.add_embedding(t(rand(2, 3)), [["a", 1], ["b", 2]]),
    "embedding, array of labels": lambda w, t: w.add_embedding(t(rand(2, 3)), np.array([1, 2])),
    **{
        f"embedding, pictures {shape}": lambda w, t, shape=shape: w.add_embedding(
            t(rand(shape[0], 2)), label_img=t(rand(*shape)), global_step=12345678
        )
        for shape in ((1, 3, 4, 4), (3, 3, 4, 4), (5, 1, 4, 4), (10, 3, 3, 4), (5, 3, 5, 4))
    },
    "embedding, again": lambda w, t: [w.add_embedding(t(rand(2, 3)), global_step=step) for step in (0, 1, 1)],
    "embedding, header": lambda w, t: w.add_embedding(t(rand(2, 3)), [["a", 1], ["b", 2]], metadata_header=["n"]),
    "embedding, too few labels": lambda w, t: w.add_embedding(t(rand(3, 3)), ["a"]),
    "embedding, too few pictures": lambda w, t: w.add_embedding(t(rand(3, 3)), label_img=t(rand(2, 3, 4, 4))),
    "embedding, vector": lambda w, t: w.add_embedding(t(rand(3))),
    # charts
    "precision": lambda w, t: w.add_pr_curve("p", t((rand(60) > 0.6) * 1), t(rand(61)[1:]), 1),
    "precision, few": lambda w, t: w.add_pr_curve("p", t([True, False, True]), t([0.1, 0.9, 1.0]), num_thresholds=5),
    "precision, many": lambda w, t: w.add_pr_curve("p", np.array([0, 1]), np.array([0.0, 0.5]), num_thresholds=500),
    "precision, one threshold": lambda w, t: w.add_pr_curve("p", t([0, 1]), t([0.0, 1.0]), num_thresholds=1),
    "precision, outside": lambda w, t: w.add_pr_curve("p", t([0, 1]), t([-0.1, 1.9]), num_thresholds=3),
    "precision, matrix": lambda w, t: w.add_pr_curve("p", t([[0, 1], [1, 0]]), t([[0.2, 1], [0.5, 0.6]])),
    "precision, weights": lambda w, t: w.add_pr_curve("p", t([0, 1]), t([0.0, 1]), 1, 9, np.array([2.0, 3])),
    "precision, no positive": lambda w, t: w.add_pr_curve("p", t([0, 0]), t([0.0, 1.0]), num_thresholds=3),
    "precision, empty": lambda w, t: w.add_pr_curve("p", t([]), t([]), num_thresholds=3),
    "precision, list": lambda w, t: w.add_pr_curve("p", [0, 1], [0.2, 0.3]),
    "precision, too few": lambda w, t: w.add_pr_curve("p", t([0, 1, 1]), t([0.2, 0.3])),
    "precision, raw": lambda w, t: w.add_pr_curve_raw(
        "p", t([1, 2]), [3, 4], np.array([5, 6]), [7, 8], [0.1, 0.2], [0.3, 0.4], 1, num_thresholds=200
    ),
    "custom scalars": lambda w, t: w.add_custom_scalars(
        {"A": {"x": ["Multiline", ["a/1", "a/2"]]}, "B": {"y": ["Margin", ["b", "c", "d"]], "z": ["Other", ["e"]]}}
    ),
    "multiline": lambda w, t: w.add_custom_scalars_multilinechart(["a", "b"], "category", "title"),
    "multiline, defaults": lambda w, t: w.add_custom_scalars_multilinechart(["a", "b"]),
    "margin": lambda w, t: w.add_custom_scalars_marginchart(["a", "b", "c"], title="title"),
    "margin, two": lambda w, t: w.add_custom_scalars_marginchart(["a", "b"]),
    "mesh": lambda w, t: w.add_mesh(
        "m", t(rand(1, 4, 3)), t(np.full((1, 4, 3), 99)), t([[[0, 1, 2]]]), {"material": {"cls": "X"}}, 3
    ),
    "mesh, points": lambda w, t: w.add_mesh("m", rand(2, 4, 3)),
    "mesh, faces": lambda w, t: w.add_mesh("m", t(rand(1, 4, 3)), faces=t([[[0, 1, 2]]])),
    "mesh, matrix": lambda w, t: w.add_mesh("m", t(rand(4, 3))),
    # errors
    "scalar of two": lambda w, t: w.add_scalar("a", t([2.5, 1])),
    "scalar of text": lambda w, t: w.add_scalar("a", "b"),
    "scalar of None": lambda w, t: w.add_scalar("a", None),
    "scalar of a list": lambda w, t: w.add_scalar("a", [1.0]),
    "scalar of complex": lambda w, t: w.add_scalar("a", 1 + 2j),
    "scalar, no name": lambda w, t: w.add_scalar(5, 1),
    "scalars of a list": lambda w, t: w.add_scalars("a", [1]),
    "text of a number": lambda w, t: w.add_text("a", 1),
    "raw histogram, lengths": lambda w, t: w.add_histogram_raw("h", 0.0, 2.0, 3, 4.0, 5.0, [0.0, 1.0], [1, 1, 1]),
}  # fmt: skip


def figure() -> Figure:
    made = Figure(figsize=(1.5, 1))
    made.subplots().plot([1, 3, 2])
    return made


def drawn() -> Any:
    pyplot.close("all")
    made = pyplot.figure(figsize=(1.5, 1))
    pyplot.plot([1, 3, 2])
    return made


@pytest.mark.parametrize("case", SAME)
def test_both_engines_write_the_same(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = outcome("torch", tmp_path / "torch", SAME[case], capsys)
    got = outcome("minitorch", tmp_path / "minitorch", SAME[case], capsys)
    pyplot.close("all")
    assert got[:3] == expected[:3]
    assert type(got[3]) is type(expected[3]), got[3]
    if expected[3] is None:
        assert len(got[0]) > 1 or got[1], "nothing was written"


ERRORS: dict[str, tuple[type[Exception], str, Call]] = {
    "dtype": (TypeError, "TensorBoard reads tensors of float16, .*, got one of complex64",
              lambda w, t: w.add_tensor("t", np.ones(2, np.complex64))),
    "letters": (ValueError, "dataformats must be made of H, W, perhaps C and perhaps N with C, got 'CHX'",
                lambda w, t: w.add_image("i", t(rand(3, 4, 5)), dataformats="CHX")),
    "repeated letters": (AssertionError, "can not use the same dimension shorthand twice. input_format: HH",
                         lambda w, t: w.add_image("i", t(rand(4, 5)), dataformats="HH")),
    "axes": (AssertionError, r"tensor shape: \(4, 5\), input_format: CHW",
             lambda w, t: w.add_image("i", t(rand(4, 5)))),
    "channels of a grid": (AssertionError, "4D numpy array with 3 channels, got 2 channels",
                           lambda w, t: w.add_images("i", t(rand(3, 2, 4, 5)))),
    "channels": (TypeError, "Cannot handle this data type: a picture has 1 to 4 channels, got 5",
                 lambda w, t: w.add_image("i", t(rand(5, 4, 5)))),
    "no picture": (ValueError, "expected at least one picture, got none",
                   lambda w, t: w.add_images("i", t(rand(0, 3, 4, 5)))),
    "boxes": (ValueError, r"expected boxes of shape \(N, 4\), got \(4,\)",
              lambda w, t: w.add_image_with_boxes("i", t(rand(3, 4, 5)), t([1.0, 1, 2, 2]))),
    "video": (ValueError, r"expected a tensor of shape \(N, T, C, H, W\), C being 1 or 3, got \(2, 3, 8, 9\)",
              lambda w, t: w.add_video("v", t(rand(2, 3, 8, 9)))),
    "empty histogram": (ValueError, "The input has no element.", lambda w, t: w.add_histogram("h", t([]))),
    "no value in a bin": (ValueError, "The histogram is empty: none of the 2 values lies in a bin",
                          lambda w, t: w.add_histogram("h", t([1.0, 2.0]), bins=[20, 30])),
    "raw histogram": (ValueError, r"len\(bucket_limits\) != len\(bucket_counts\).* got 1 and 2",
                      lambda w, t: w.add_histogram_raw("h", 0, 1, 2, 3, 4, [1], [1, 2])),
    "sound": (AssertionError, "input tensor should be 1 dimensional", lambda w, t: w.add_audio("a", t(rand(2, 3)))),
    "scalar": (AssertionError, "Tensor should contain one element .* given size: 2 and 1 dim",
               lambda w, t: w.add_scalar("a", t([1, 2]))),
    "what is no number": (NotImplementedError, "Got <class 'list'>, but numpy array or torch tensor are expected",
                          lambda w, t: w.add_scalar("a", [1])),
    "hyperparameters": (TypeError, "hparam_dict and metric_dict should be dictionary",
                        lambda w, t: w.add_hparams([], {})),
    "hyperparameter": (ValueError, "should be one of int, float, str, bool, or torch.Tensor",
                       lambda w, t: w.add_hparams({"a": [1]}, {})),
    "domains": (TypeError, "hparam_domain_discrete should be a dictionary", lambda w, t: w.add_hparams({}, {}, [1])),
    "domain": (TypeError, r"hparam_domain_discrete\[a\] should be a list of same type as hparam_dict\[a\]",
               lambda w, t: w.add_hparams({"a": 1}, {}, {"a": ["b"]})),
    "points": (AssertionError, "mat should be 2D.* got 1D", lambda w, t: w.add_embedding(t([1.0]))),
    "labels": (AssertionError, "#labels should equal with #data points, got 1 and 2",
               lambda w, t: w.add_embedding(t(rand(2, 2)), ["a"])),
    "pictures": (AssertionError, "#images should equal with #data points, got 3 and 2",
                 lambda w, t: w.add_embedding(t(rand(2, 2)), label_img=t(rand(3, 3, 2, 2)))),
    "header": (AssertionError, "len of header must be equal to the number of columns",
               lambda w, t: w.add_embedding(t(rand(1, 2)), [["a"]], metadata_header=["n", "m"])),
    "predictions": (ValueError, "expected a label for each prediction, got 3 and 2",
                    lambda w, t: w.add_pr_curve("p", t([0, 1, 1]), t([0.2, 0.3]))),
    "margin": (AssertionError, "Expected 3 tags, got 2", lambda w, t: w.add_custom_scalars_marginchart(["a", "b"])),
    "mesh": (ValueError, r"should be of shape BxNx3, but got \[4, 3\]", lambda w, t: w.add_mesh("m", t(rand(4, 3)))),
    "onnx": (NotSupportedError, "minitorch reads no ONNX files", lambda w, t: w.add_onnx_graph("net.onnx")),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case: str, tmp_path: Path) -> None:
    kind, message, call = ERRORS[case]
    with SummaryWriter(tmp_path) as writer, pytest.raises(kind, match=message):
        call(writer, minitorch.tensor)
    assert len(events(tmp_path)) == 1, "it wrote something all the same"


# --- what torch cannot do, or does otherwise -------------------------------------------------------------------------


def values(folder: Path) -> list[Any]:
    return [value for _, event in events(folder) for value in event.summary.value]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int16", "uint8", "uint16", "bool"])
def test_tensorboard_reads_a_tensor_as_it_was(dtype: str, tmp_path: Path) -> None:
    array = np.array([[0, 1, 2], [0.5, 3, 100]]).astype(dtype)
    with SummaryWriter(tmp_path) as writer:
        writer.add_tensor("t", array)
    read = tensor_util.make_ndarray(values(tmp_path)[0].tensor)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


def test_hyperparameters_may_be_numpys_numbers(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams({"lr": np.float32(0.5), "n": np.int64(3), "t": minitorch.tensor(2)}, {}, run_name="r")
    start = HParamsPluginData.FromString(values(tmp_path)[1].metadata.plugin_data.content).session_start_info
    assert {name: value.number_value for name, value in start.hparams.items()} == {"lr": 0.5, "n": 3, "t": 2}


def test_weights_of_a_curve_may_be_a_tensor(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        for weights in (np.array([2.0, 3.0]), minitorch.tensor([2.0, 3.0])):
            writer.add_pr_curve("p", minitorch.tensor([0, 1]), minitorch.tensor([0.2, 0.8]), weights=weights)
    first, second = values(tmp_path)
    assert first == second


def test_nan_in_a_picture_is_black(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("i", np.array([[[float("nan"), 1.0]]]))
    assert pixels(values(tmp_path)[0].image.encoded_image_string)[2] == [[[0] * 3, [255] * 3]]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_sprites_of_high_pictures(dtype: str, tmp_path: Path) -> None:
    pictures = np.full((3, 3, 6, 2), 1, np.float32)
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(rand(3, 2), label_img=(pictures * (255 if dtype == "uint8" else 1)).astype(dtype))
    sprite = np.asarray(Image.open(tmp_path / "00000/default/sprite.png"))
    expected = np.zeros((12, 12, 3), np.uint8)
    expected[:6, :4] = expected[6:, :2] = 255
    np.testing.assert_array_equal(sprite, expected)


@pytest.mark.parametrize("count", range(1, 18))
def test_videos_lie_as_in_torch(count: int, tmp_path: Path) -> None:
    videos = (rand(count, 2, 3, 4, 5) > 0.5).astype(np.float32)
    expected = torch.utils.tensorboard.summary._prepare_video(videos) * 255
    with SummaryWriter(tmp_path) as writer:
        writer.add_video("v", minitorch.tensor(videos), 3, fps=10)
    (value,) = values(tmp_path)
    assert (value.image.height, value.image.width, value.image.colorspace) == (*expected.shape[1:3], 3)
    gif = Image.open(io.BytesIO(value.image.encoded_image_string))
    assert (gif.format, gif.n_frames, gif.info["duration"]) == ("GIF", 2, 100)
    for number in range(2):
        gif.seek(number)
        np.testing.assert_array_equal(np.asarray(gif.convert("RGB")), expected[number])


def test_grey_videos(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_video("v", np.arange(12, dtype=np.uint8).reshape(1, 2, 1, 2, 3))
    gif = Image.open(io.BytesIO(values(tmp_path)[0].image.encoded_image_string))
    assert np.asarray(gif.convert("L")).tolist() == [[0, 1, 2], [3, 4, 5]]
    gif.seek(1)
    assert np.asarray(gif.convert("L")).tolist() == [[6, 7, 8], [9, 10, 11]]


# --- writers and their files -----------------------------------------------------------------------------------------


def _signatures(owner: Any) -> dict[str, list[tuple[str, Any]]]:
    return {
        name: [(each.name, each.default) for each in inspect.signature(value).parameters.values()]
        for name, value in vars(owner).items()
        if inspect.isfunction(value) and (not name.startswith("_") or name == "__init__")
    }


@pytest.mark.parametrize("name", ["SummaryWriter", "FileWriter"])
def test_methods_have_torchs_arguments(name: str) -> None:
    ours = _signatures(getattr(minitorch.utils.tensorboard, name))
    assert ours == _signatures(getattr(torch.utils.tensorboard, name))


def test_functions_of_summary_have_torchs_arguments() -> None:
    theirs = _signatures(torch.utils.tensorboard.summary)
    for name, value in vars(summary).items():
        if inspect.isfunction(value) and name != "compute_curve":
            assert [(p.name, p.default) for p in inspect.signature(value).parameters.values()] == theirs[name], name


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ((), {}),
        ((), {"comment": "_LR_0.1"}),
        (("",), {}),
        (("a/b c",), {"comment": "_ignored"}),
        ((Path("日志"),), {"filename_suffix": ".suffix"}),
    ],
)
def test_names_of_directories_and_files(args: Any, named: Any, tmp_path: Path) -> None:
    found = []
    for engine, module in ENGINES.items():
        (tmp_path / engine).mkdir()
        with inside(tmp_path / engine):
            writer = module.utils.tensorboard.SummaryWriter(*args, **named)
            writer.add_scalars("m", {"x": 1})
            writer.close()
            paths = [str(path) for path in sorted(Path().rglob("*"))]
            assert writer.get_logdir() == writer.log_dir
            # The time, the process, and the number of the file in this process differ.
            found.append(re.sub(r"\d+", "9", f"{writer.log_dir} {paths}"))
    assert found[0] == found[1]


def test_the_directory_is_named_after_the_time(tmp_path: Path) -> None:
    with inside(tmp_path), SummaryWriter(comment="_x") as writer:
        assert re.fullmatch(r"runs/[A-Z]\w\w\d\d_\d\d-\d\d-\d\d_.+_x", writer.log_dir.replace(os.sep, "/"))


@pytest.mark.parametrize("purge_step", [0, 5])
def test_purge_step(purge_step: int, tmp_path: Path) -> None:
    for engine, module in ENGINES.items():
        writer = module.utils.tensorboard.SummaryWriter(tmp_path / engine, purge_step=purge_step)
        writer.add_scalar("a", 1, 6)
        writer.close()
        writer.add_scalar("a", 1, 7)  # in a new file, which purges nothing more
        writer.close()
    ours, theirs = ([plain(event) for _, event in events(tmp_path / engine)] for engine in ("minitorch", "torch"))
    assert ours == theirs and len(ours) == 6


def test_a_closed_writer_begins_anew(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1, 0)
    assert writer.file_writer is None and writer.all_writers is None
    writer.close()
    writer.flush()
    writer.add_scalar("a", 2, 1)
    writer.close()
    assert len(list(tmp_path.iterdir())) == 2
    assert [value.simple_value for value in values(tmp_path)] == [1, 2]


def test_the_context_ends_with_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(KeyError), SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1, 0)
        raise KeyError
    assert writer.file_writer is None
    assert len(values(tmp_path)) == 1


def test_flush_writes_to_the_disk(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1, 0)
        writer.add_scalars("m", {"x": 1, "y": 2}, 0)
        writer.flush()
        assert len(values(tmp_path)) == 3


def test_a_file_writer(tmp_path: Path) -> None:
    writer = FileWriter(tmp_path, filename_suffix=".x")
    assert writer.get_logdir() == str(tmp_path)
    writer.add_summary(summary.scalar("a", 1.5), global_step=minitorch.tensor(4), walltime=2.5)
    writer.add_event(Event(file_version="v"), step=3)
    writer.add_onnx_graph(GraphDef())
    writer.flush()
    writer.close()
    with pytest.raises(OSError, match="closed"):
        writer.add_event(Event())
    writer.reopen()
    writer.add_event(Event(), walltime=7.0)
    writer.close()
    assert len(list(tmp_path.glob("*.x"))) == 2
    found = sorted((event.step, event.wall_time, event.file_version) for _, event in events(tmp_path))
    assert found == sorted([(0, 0, "brain.Event:2")] * 2 + [(4, 2.5, ""), (3, 0, "v"), (0, 0, ""), (0, 7.0, "")])


def test_the_event_accumulator_sees_the_same(tmp_path: Path) -> None:
    """What TensorBoard itself reads: its own loader, which turns old events into new ones."""
    seen = []
    for engine, module in ENGINES.items():
        with module.utils.tensorboard.SummaryWriter(tmp_path / engine) as writer:
            for step in range(5):
                writer.add_scalar("loss", module.tensor(1 / (step + 1)), step)
                writer.add_histogram("weights", module.tensor(normal(30) * (step + 1)), step)
            writer.add_image("image", module.tensor(rand(3, 4, 5)))
            writer.add_text("text", "hello")
            writer.add_audio("sound", module.tensor(rand(9)))
            writer.add_pr_curve("curve", module.tensor([0, 1]), module.tensor([0.2, 0.7]))
        accumulator = EventAccumulator(str(tmp_path / engine), size_guidance={"scalars": 0, "histograms": 0}).Reload()
        tags = accumulator.Tags()
        scalars = [(event.step, event.value) for event in accumulator.Scalars("loss")]
        histograms = [(event.step, event.histogram_value) for event in accumulator.Histograms("weights")]
        images = [pixels(event.encoded_image_string) for event in accumulator.Images("image")]
        seen.append((tags, scalars, histograms, images, accumulator.Audio("sound")[0].encoded_audio_string))
    assert seen[0] == seen[1]
    assert seen[1][1][:2] == [(0, 1.0), (1, 0.5)]


# --- graphs ----------------------------------------------------------------------------------------------------------


class Net(minitorch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = minitorch.nn.Sequential(minitorch.nn.Linear(4, 3), minitorch.nn.ReLU())
        self.drop = minitorch.nn.Dropout()
        self.scale = minitorch.nn.Parameter(minitorch.ones(3))

    def forward(self, x: Any) -> Any:
        x.exp()  # used by nothing
        hidden = self.drop(self.features(x.view(-1, 4)))
        return hidden * self.scale + hidden, minitorch.log_softmax(hidden, 1)


def drawing(folder: Path, model: Any, args: Any, **named: Any) -> dict[str, Any]:
    with SummaryWriter(folder) as writer:
        writer.add_graph(model, args, **named)
    drawn = [event.graph_def for _, event in events(folder) if event.graph_def]
    nodes = GraphDef.FromString(drawn[-1]).node
    by_name = {node.name: node for node in nodes}
    assert len(by_name) == len(nodes)
    assert all(source in by_name for node in nodes for source in node.input)
    return by_name


def sources(nodes: dict[str, Any]) -> dict[str, list[str]]:
    return {name: list(node.input) for name, node in nodes.items()}


def test_a_graph(tmp_path: Path) -> None:
    nodes = drawing(tmp_path, Net(), minitorch.ones(2, 2, 2))
    assert sources(nodes) == {
        "input/x": [],
        "Net/view": ["input/x"],
        "Net/Sequential[features]/Linear[0]/weight": [],
        "Net/Sequential[features]/Linear[0]/bias": [],
        "Net/Sequential[features]/Linear[0]/linear": [
            "Net/view",
            "Net/Sequential[features]/Linear[0]/weight",
            "Net/Sequential[features]/Linear[0]/bias",
        ],
        "Net/Sequential[features]/ReLU[1]/relu": ["Net/Sequential[features]/Linear[0]/linear"],
        "Net/Dropout[drop]/dropout": ["Net/Sequential[features]/ReLU[1]/relu"],
        "Net/scale": [],
        "Net/mul": ["Net/Dropout[drop]/dropout", "Net/scale"],
        "Net/add": ["Net/mul", "Net/Dropout[drop]/dropout"],
        "Net/log_softmax": ["Net/Dropout[drop]/dropout"],
        "output/output.1": ["Net/add"],
        "output/output.2": ["Net/log_softmax"],
    }
    kinds = {name: node.op for name, node in nodes.items()}
    assert kinds["input/x"] == kinds["output/output.2"] == "IO Node"
    assert kinds["Net/scale"] == "Parameter" and kinds["Net/Dropout[drop]/dropout"] == "Dropout"
    assert nodes["Net/log_softmax"].attr["attr"].s == b"{dim: 1}"
    shapes = nodes["Net/view"].attr["_output_shapes"].list.shape
    assert [[size.size for size in shape.dim] for shape in shapes] == [[2, 4]]


def test_tensorboard_reads_the_graph(tmp_path: Path) -> None:
    drawing(tmp_path, Net(), minitorch.ones(1, 4))
    accumulator = EventAccumulator(str(tmp_path)).Reload()
    assert accumulator.Tags()["graph"] is True
    assert len(accumulator.Graph().node) == 13
    run = accumulator.RunMetadata("step1")
    assert run.step_stats == StepStats(dev_stats=[{"device": "/device:CPU:0"}])


def test_graph_boxes_are_torchs(tmp_path: Path) -> None:
    """The layers have the names of torch's boxes; what is in them are minitorch's operations."""

    def boxes(nodes: Any) -> set[str]:
        return {node.name.rpartition("/")[0] for node in nodes if "linear" in node.op or "relu" in node.op}

    def net(nn: Any) -> Any:
        return nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 1)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of torch.jit, which torch's own add_graph uses
        with torch.utils.tensorboard.SummaryWriter(str(tmp_path / "torch")) as writer:
            writer.add_graph(net(torch.nn), torch.ones(1, 2))
    (graph,) = [event.graph_def for _, event in events(tmp_path / "torch") if event.graph_def]
    ours = drawing(tmp_path / "minitorch", net(minitorch.nn), minitorch.ones(1, 2))
    assert boxes(ours.values()) == boxes(GraphDef.FromString(graph).node)
    assert len(boxes(ours.values())) == 3


def test_a_graph_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    net = Net()
    net.norm = minitorch.nn.BatchNorm1d(3)
    net.norm.eval()
    calls = []
    net.register_forward_hook(lambda *of: calls.append(net.training))
    drawing(tmp_path, net, minitorch.ones(1, 4))
    assert calls == [False] and net.training and net.drop.training and not net.norm.training
    net(minitorch.ones(1, 4))
    assert calls == [False, True]
    assert all(not module._forward_pre_hooks for module in net.modules())
    assert len([hook for module in net.modules() for hook in module._forward_hooks]) == 1
    assert not minitorch.autograd.observer.observers


class Written(minitorch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = minitorch.nn.Linear(2, 2)

    def forward(self, x: Any) -> Any:
        out = minitorch.zeros(3, 2)
        out[0] = self.layer(x)
        out += 1
        return {"out": out.detach(), "list": [self.layer.weight.data * 2]}


def test_writes_in_place_and_nests_of_results(tmp_path: Path) -> None:
    nodes = sources(drawing(tmp_path, Written(), (minitorch.ones(2),)))
    assert nodes["output/output.1"] != nodes["output/output.2"]
    copied = nodes["Written/copy_slices"]
    assert copied[0] == "Written/constant" and nodes["Written/add"] == ["Written/copy_slices"]
    assert nodes["Written/mul"][0].endswith("weight")
    reached, waiting = set(), ["output/output.1"]
    while waiting:
        reached.add(name := waiting.pop())
        waiting += nodes[name]
    assert {"input/x", "Written/Linear[layer]/linear", "Written/add"} <= reached


class Doubled(minitorch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.exp() * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class Many(minitorch.nn.Module):
    def forward(self, x: Any, options: Any, *rest: Any) -> Any:
        return Doubled.apply(minitorch.cat([x, options["k"], *rest], dim=0))


def test_arguments_and_functions_of_the_user(tmp_path: Path) -> None:
    one = minitorch.ones(1, requires_grad=True)
    nodes = sources(drawing(tmp_path, Many(), [one, {"k": minitorch.ones(2)}, minitorch.ones(3)]))
    assert nodes == {
        "input/x": [],
        "input/options.k": [],
        "input/args.2": [],
        "Many/cat": ["input/x", "input/options.k", "input/args.2"],
        "Many/Doubled": ["Many/cat"],
        "output/output.1": ["Many/Doubled"],
    }


class Named(minitorch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.add_1 = minitorch.nn.Parameter(minitorch.ones(1))

    def forward(self, x: Any) -> Any:
        return x + self.add_1 + x + x


def test_names_of_nodes_are_unique(tmp_path: Path) -> None:
    nodes = sources(drawing(tmp_path, Named(), minitorch.ones(1)))
    assert nodes["output/output.1"] == ["Named/add_3"] and nodes["Named/add_3"] == ["Named/add_2", "input/x"]
    assert nodes["Named/add_2"] == ["Named/add", "input/x"] and nodes["Named/add"] == ["input/x", "Named/add_1"]


def test_the_graph_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawing(tmp_path, minitorch.nn.ReLU(), minitorch.ones(2), verbose=True)
    assert capsys.readouterr().out == (
        "input/input = IO Node()\nReLU/relu = relu(input/input)\noutput/output.1 = IO Node(ReLU/relu)\n"
    )


@pytest.mark.parametrize("model", ["recurrent", "attention", "convolution"])
def test_graphs_of_layers(model: str, tmp_path: Path) -> None:
    nn = minitorch.nn
    made, shape = {
        "recurrent": (nn.LSTM(3, 4, 2, bidirectional=True), (5, 2, 3)),
        "attention": (nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), (1, 3, 4)),
        "convolution": (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.MaxPool2d(2)), (1, 1, 6, 6)),
    }[model]  # fmt: skip
    nodes = drawing(tmp_path, made, minitorch.ones(*shape))
    parameters = {name for name, node in nodes.items() if node.op == "Parameter"}
    assert len(parameters) == len(list(made.parameters()))
    used = {source for node in nodes.values() for source in node.input}
    assert all(name in used or name.startswith("output/") for name in nodes)


def test_no_graph(tmp_path: Path) -> None:
    class NoTensor(minitorch.nn.Module):
        def forward(self, x: Any) -> Any:
            return 5

    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(RuntimeError, match="input_to_model is missing.* `minitorch trace`"):
            writer.add_graph(Net())
        with pytest.raises(RuntimeError, match="add_graph: NoTensor gave no tensor"):
            writer.add_graph(NoTensor(), minitorch.ones(1))
        with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
            writer.add_graph(minitorch.nn.Linear(2, 3), minitorch.ones(1, 5))
        with pytest.raises(TypeError, match="not iterable"):
            writer.add_graph(minitorch.nn.Linear(2, 3), 5)
        with pytest.raises(AttributeError, match="has no attribute 'modules'"):
            writer.add_graph(lambda x: x, minitorch.ones(1, 5))
    assert len(events(tmp_path)) == 1
    assert not minitorch.autograd.observer.observers


# --- scripts ---------------------------------------------------------------------------------------------------------


def run(script: str, folder: Path, *program: str) -> SimpleNamespace:
    (folder / "script.py").write_text(textwrap.dedent(script), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", *program, "script.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return SimpleNamespace(code=done.returncode, out=done.stdout, error=done.stderr)


MINITORCH = ("-m", "minitorch", "run", "--engine", "numpy")

COURSE = """
    import torch
    from torch import nn
    from torch.nn import functional as F
    from torch.utils.data import DataLoader, TensorDataset
    from torch.utils.tensorboard import SummaryWriter

    torch.manual_seed(0)
    images, targets = torch.rand(64, 1, 8, 8), torch.randint(0, 3, (64,))
    loader = DataLoader(TensorDataset(images, targets), batch_size=16)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(64, 16)
            self.fc2 = nn.Linear(16, 3)

        def forward(self, x):
            return self.fc2(F.relu(self.fc1(x.flatten(1))))

    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    writer = SummaryWriter("runs/course", comment="x", flush_secs=30)
    for epoch in range(3):
        total = correct = 0
        for x, y in loader:
            optimizer.zero_grad()
            out = net(x)
            loss = F.cross_entropy(out, y)
            loss.backward()
            optimizer.step()
            total += loss.item()
            correct += (out.argmax(1) == y).sum()
        writer.add_scalar("Loss/train", total / len(loader), epoch)
        writer.add_scalar("Accuracy/train", correct / 64, epoch)
        writer.add_scalars("both", {"loss": loss, "accuracy": correct / 64}, epoch)
        for name, parameter in net.named_parameters():
            writer.add_histogram(name, parameter, epoch)
            writer.add_histogram(name + ".grad", parameter.grad.data, epoch)
    writer.add_text("note", "done", 3)
    writer.add_images("batch", images[:10], 0)
    writer.add_embedding(net.fc1(images.flatten(1)), metadata=targets.tolist(), label_img=images)
    probabilities = F.softmax(net(images), dim=1)
    writer.add_pr_curve("class 0", targets == 0, probabilities[:, 0], 0)
    writer.add_hparams({"lr": 0.1, "bsize": 16}, {"hparam/loss": loss.item()}, run_name="hparams")
    writer.close()
    print("done")
"""


def test_a_course_script_writes_the_same_on_both_engines(tmp_path: Path) -> None:
    written = []
    for engine in ENGINES:
        (tmp_path / engine).mkdir()
        if engine == "torch":
            with inside(tmp_path / engine):
                exec(textwrap.dedent(COURSE), {"__name__": "__main__"})
        else:
            done = run(COURSE, tmp_path / engine, *MINITORCH)
            assert (done.code, done.out, done.error) == (0, "done\n", "")
        written.append(events(tmp_path / engine))
    assert len(written[0]) == len(written[1]) > 40
    for (place, event), (other, expected) in zip(written[1], written[0], strict=True):
        assert (place, event.step) == (other, expected.step)
        for ours, theirs in zip(event.summary.value, expected.summary.value, strict=True):
            assert ours.tag == theirs.tag and ours.WhichOneof("value") == theirs.WhichOneof("value")
            if ours.HasField("simple_value"):
                assert ours.simple_value == pytest.approx(theirs.simple_value, rel=1e-4)
            if ours.HasField("histo"):
                assert ours.histo.num == theirs.histo.num
                assert ours.histo.sum_squares == pytest.approx(theirs.histo.sum_squares, rel=1e-3)


BEGINNERS = """
    import numpy as np
    import torch
    import torchvision
    from PIL import Image
    from torch import nn
    from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, Sequential
    from torch.utils.tensorboard import SummaryWriter
    from torchvision import transforms

    writer = SummaryWriter("logs")
    # 一张图片
    img = Image.fromarray((np.arange(48).reshape(4, 4, 3) * 5).astype(np.uint8))
    writer.add_image("蚂蚁", np.array(img), 1, dataformats="HWC")
    trans_totensor = transforms.ToTensor()
    img_tensor = trans_totensor(img)
    writer.add_image("ToTensor", img_tensor)
    for i in range(100):
        writer.add_scalar("y=2x", 3 * i, i)

    class Tudui(nn.Module):
        def __init__(self):
            super(Tudui, self).__init__()
            self.model1 = Sequential(
                Conv2d(3, 4, 5, padding=2), MaxPool2d(2), Flatten(), Linear(64, 10)
            )

        def forward(self, x):
            x = self.model1(x)
            return x

    tudui = Tudui()
    print(tudui)
    imgs = torch.ones((6, 3, 8, 8))
    writer.add_images("input", imgs, 0)
    writer.add_image("网格", torchvision.utils.make_grid(imgs, nrow=3), 0)
    output = Conv2d(3, 6, 3)(imgs)
    output = torch.reshape(output, (-1, 3, 6, 6))
    writer.add_images("output", output, 0)
    writer.add_graph(tudui, imgs)
    for name, param in tudui.named_parameters():
        writer.add_histogram(tag=name, values=param.clone().cpu().data.numpy(), global_step=1)
    writer.close()
"""


def test_a_beginners_script(tmp_path: Path) -> None:
    done = run(BEGINNERS, tmp_path, *MINITORCH)
    assert (done.code, done.error) == (0, "")
    accumulator = EventAccumulator(str(tmp_path / "logs"), size_guidance={"scalars": 0}).Reload()
    tags = accumulator.Tags()
    assert tags["images"] == ["蚂蚁", "ToTensor", "input", "网格", "output"]
    assert tags["histograms"] == [f"model1.{layer}.{name}" for layer in (0, 3) for name in ("weight", "bias")]
    assert tags["graph"] and len(accumulator.Scalars("y=2x")) == 100
    first, second = (pixels(accumulator.Images(tag)[0].encoded_image_string) for tag in ("蚂蚁", "ToTensor"))
    assert first == second
    assert accumulator.Images("网格")[0].width == 3 * 10 + 2
    assert {node.op for node in accumulator.Graph().node} >= {"IO Node", "Parameter", "linear"}


@pytest.mark.parametrize(
    "lines",
    [
        "from torch.utils.tensorboard import SummaryWriter",
        "from torch.utils.tensorboard.writer import FileWriter; from torch.utils.tensorboard import SummaryWriter",
        "from torch.utils import tensorboard; from torch.utils.tensorboard.summary import hparams; "
        "import torch.utils.tensorboard as tb; SummaryWriter = tb.SummaryWriter",
    ],
)
def test_ways_to_import_it(lines: str, tmp_path: Path) -> None:
    script = f"import torch\n{lines}\nSummaryWriter('x').add_scalar('a', 1)\nprint(SummaryWriter.__module__)"
    done = run(script, tmp_path, *MINITORCH)
    assert (done.code, done.out, done.error) == (0, "torch.utils.tensorboard.writer\n", "")
    assert len(values(tmp_path)) == 1


def test_what_is_never_closed_is_written_at_the_end(tmp_path: Path) -> None:
    script = """
        from torch.utils.tensorboard import SummaryWriter
        writer = SummaryWriter("x")
        for step in range(50):
            writer.add_scalars("m", {"a": step, "b": step}, step)
        raise SystemExit(3)
    """
    done = run(script, tmp_path, *MINITORCH)
    assert (done.code, done.error) == (3, "")
    assert len(values(tmp_path)) == 100


def test_a_forked_child_closes_nothing(tmp_path: Path) -> None:
    """The thread that writes what waits is not forked along: the child would wait for it for ever."""
    writer = SimpleNamespace(close=lambda: pytest.fail("closed in the child"))
    minitorch.utils.tensorboard.writer._close_in(os.getpid() + 1, writer)


def test_minitorch_does_not_import_it(tmp_path: Path) -> None:
    done = run("import sys, minitorch; print(sorted({'tensorboard', 'PIL', 'google'} & set(sys.modules)))", tmp_path)
    assert (done.out, done.error) == ("[]\n", "")


def test_without_tensorboard(tmp_path: Path) -> None:
    script = """
        import sys
        sys.modules["tensorboard"] = None
        import torch
        try:
            import torch.utils.tensorboard
        except ImportError as error:
            print(repr(error))
        print(hasattr(torch.utils, "tensorboard"))
        from torch.utils.tensorboard import SummaryWriter
    """
    done = run(script, tmp_path, *MINITORCH)
    message = (
        "torch.utils.tensorboard needs the package tensorboard, which is not installed: "
        "pip install 'minitorch[tensorboard]'"
    )
    assert done.code == 1
    assert done.out == f'ModuleNotFoundError("{message}")\nFalse\n'
    assert done.error.splitlines()[-1] == f"ModuleNotFoundError: {message}"
    assert done.error.count("File ") == 2, "the line of the script, and one of the importer"
