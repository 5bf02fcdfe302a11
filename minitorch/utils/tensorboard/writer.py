"""torch.utils.tensorboard.writer: FileWriter, and SummaryWriter with a method for each thing that TensorBoard shows."""

from __future__ import annotations

import os
import socket
import time
import weakref
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog, TaggedRunMetadata
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from minitorch.errors import NotSupportedError
from minitorch.utils.tensorboard import _embedding, summary
from minitorch.utils.tensorboard._arrays import make_np
from minitorch.utils.tensorboard._graph import graph
from minitorch.utils.tensorboard._pictures import figure_to_image


def _close_in(process: int, writer: Any) -> None:
    if os.getpid() == process:  # a child that was forked has no thread that would write what waits
        writer.close()


class FileWriter:
    """Writes summaries, events and graphs to an event file in a directory, which is made.

    Differs from torch: what waits is written at the end of the program, too, where `close` was forgotten.
    """

    def __init__(self, log_dir: Any, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str = "") -> None:
        self._made_of = (str(log_dir), max_queue, flush_secs, filename_suffix)
        self.reopen()

    def get_logdir(self) -> str:
        """The directory."""
        return self._made_of[0]

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Writes an Event, of the time `walltime` in seconds since 1970, which is now if it is not said."""
        event.wall_time = time.time() if walltime is None else walltime
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Writes a Summary, what torch.utils.tensorboard.summary's functions give."""
        self.add_event(Event(summary=summary), global_step, walltime)

    def add_graph(self, graph_profile: tuple[Any, Any], walltime: float | None = None) -> None:
        """Writes a GraphDef and the RunMetadata of the run that it was seen in."""
        drawn, metadata = graph_profile
        self.add_event(Event(graph_def=drawn.SerializeToString()), None, walltime)
        tagged = TaggedRunMetadata(tag="step1", run_metadata=metadata.SerializeToString())
        self.add_event(Event(tagged_run_metadata=tagged), None, walltime)

    def add_onnx_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Writes a GraphDef without a run."""
        self.add_event(Event(graph_def=graph.SerializeToString()), None, walltime)

    def flush(self) -> None:
        """Writes what waits in the queue to the disk."""
        self.event_writer.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        self.event_writer.close()

    def reopen(self) -> None:
        """Begins a new file in the same directory."""
        self.event_writer = EventFileWriter(*self._made_of)
        weakref.finalize(self, _close_in, os.getpid(), self.event_writer)


def _default_bins() -> list[float]:
    """The edges of TensorFlow's buckets: each a tenth further from zero than the one before."""
    edges, edge = [], 1e-12
    while edge < 1e20:
        edges.append(edge)
        edge *= 1.1
    return [-edge for edge in reversed(edges)] + [0.0] + edges


class SummaryWriter:
    """Writes what TensorBoard shows to event files in `log_dir`: `tensorboard --logdir runs` opens the page.

    Without `log_dir` it is runs/<date>_<time>_<host><comment>. Events from `purge_step` on that an earlier writer left
    there are hidden. At most `max_queue` events wait to be written, and `flush_secs` seconds. `filename_suffix` ends
    the names of the files. Every method takes `global_step`, the x-axis, and most take `walltime`, seconds since 1970.
    Tensors, NumPy arrays and numbers are taken alike.
    """

    def __init__(
        self,
        log_dir: Any = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        if not log_dir:
            now = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir = log_dir
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self.file_writer: FileWriter | None = None
        self.all_writers: dict[str, FileWriter] | None = None
        self._projector = ProjectorConfig()
        self._get_file_writer()
        self.default_bins = _default_bins()

    def _get_file_writer(self) -> FileWriter:
        """The writer of this directory; a new one after `close`."""
        if self.file_writer is None or self.all_writers is None:
            self.file_writer = self._writer_at(self.log_dir)
            self.all_writers = {self.file_writer.get_logdir(): self.file_writer}
            if self.purge_step is not None:
                self.file_writer.add_event(Event(file_version="brain.Event:2"), self.purge_step)
                session = SessionLog(status=SessionLog.START)
                self.file_writer.add_event(Event(session_log=session), self.purge_step)
                self.purge_step = None
        return self.file_writer

    def _writer_at(self, log_dir: Any) -> FileWriter:
        return FileWriter(log_dir, self.max_queue, self.flush_secs, self.filename_suffix)

    def _add(self, written: Any, global_step: Any, walltime: float | None) -> None:
        self._get_file_writer().add_summary(written, global_step, walltime)

    def get_logdir(self) -> Any:
        """The directory of the event files."""
        return self.log_dir

    # --- numbers and words ------------------------------------------------------------------------------------------

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """A point of the curve `tag`. Raises AssertionError for more than one element; see summary.scalar."""
        written = summary.scalar(tag, scalar_value, new_style=new_style, double_precision=double_precision)
        self._add(written, global_step, walltime)

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: Any = None, walltime: float | None = None
    ) -> None:
        """A point of each of several curves in one chart: each is a run of its own, in a directory below this one."""
        walltime = time.time() if walltime is None else walltime
        folder = self._get_file_writer().get_logdir()
        assert self.all_writers is not None, "it was made together with the writer"
        for tag, value in tag_scalar_dict.items():
            place = f"{folder}/{main_tag.replace('/', '_')}_{tag}"
            if place not in self.all_writers:
                self.all_writers[place] = self._writer_at(place)
            self.all_writers[place].add_summary(summary.scalar(main_tag, value), global_step, walltime)

    def add_tensor(self, tag: str, tensor: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """A whole tensor. Raises TypeError for a dtype that TensorBoard does not have; see summary.tensor_proto."""
        self._add(summary.tensor_proto(tag, tensor), global_step, walltime)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """How the elements are spread. `bins` are TensorFlow's edges, or what numpy.histogram takes.

        Raises ValueError where there is no element, or none in a bin.
        """
        if isinstance(bins, str) and bins == "tensorflow":
            bins = self.default_bins
        self._add(summary.histogram(tag, values, bins, max_bins=max_bins), global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: Any,
        max: Any,
        num: Any,
        sum: Any,
        sum_squares: Any,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """A histogram that was counted elsewhere. Raises ValueError unless each count has its bucket's right edge."""
        if len(bucket_limits) != len(bucket_counts):
            raise ValueError(
                "len(bucket_limits) != len(bucket_counts): each bucket has a right edge and a count, "
                f"got {len(bucket_limits)} and {len(bucket_counts)}"
            )
        written = summary.histogram_raw(tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
        self._add(written, global_step, walltime)

    def add_text(self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None) -> None:
        """A text, which is read as Markdown."""
        self._add(summary.text(tag, text_string), global_step, walltime)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """A sound: `snd_tensor` (1, L) or (L), from -1 to 1. Raises AssertionError for another shape."""
        self._add(summary.audio(tag, snd_tensor, sample_rate=sample_rate), global_step, walltime)

    # --- pictures ---------------------------------------------------------------------------------------------------

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """A picture: of uint8 from 0 to 255, of any other dtype from 0 to 1; `dataformats` says what its axes are.

        Raises AssertionError where `dataformats` does not fit the shape.
        """
        self._add(summary.image(tag, img_tensor, dataformats=dataformats), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Pictures of 1 or 3 channels, in a grid of 8 columns; see `add_image`."""
        self._add(summary.image(tag, img_tensor, dataformats=dataformats), global_step, walltime)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: Sequence[str] | str | None = None,
    ) -> None:
        """A picture with boxes (N, 4), each (left, top, right, bottom) in pixels, and their labels.

        `labels` are drawn if there are N; a text is the label of a lone box. Raises ValueError for boxes of another
        shape.
        """
        if isinstance(labels, str):
            labels = [labels]
        boxes = make_np(box_tensor)
        if labels is not None and len(labels) != len(boxes):
            labels = None
        written = summary.image_boxes(tag, img_tensor, boxes, rescale=rescale, dataformats=dataformats, labels=labels)
        self._add(written, global_step, walltime)

    def add_figure(
        self, tag: str, figure: Any, global_step: Any = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """A matplotlib figure, or several of one size next to each other; `close` closes them."""
        several = isinstance(figure, (list, tuple))
        self.add_image(
            tag, figure_to_image(figure, close), global_step, walltime, dataformats="NCHW" if several else "CHW"
        )

    def add_video(
        self, tag: str, vid_tensor: Any, global_step: Any = None, fps: float = 4, walltime: float | None = None
    ) -> None:
        """Videos (N, T, C, H, W), next to each other, in colours as of `add_image`. Raises ValueError for other shapes.

        Differs from torch: Pillow makes the GIF, so that moviepy is not needed.
        """
        self._add(summary.video(tag, vid_tensor, fps), global_step, walltime)

    # --- models -----------------------------------------------------------------------------------------------------

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """The operations of `model(*input_to_model)`, in boxes of their modules; `verbose` prints them.

        Raises RuntimeError without an input. Differs from torch: forward runs once, and a dict as its result is taken,
        `use_strict_trace` or not; see _graph.graph.
        """
        self._get_file_writer().add_graph(graph(model, input_to_model, verbose))

    def add_onnx_graph(self, prototxt: Any) -> None:
        """Raises NotSupportedError: minitorch reads no ONNX files."""
        raise NotSupportedError("add_onnx_graph: minitorch reads no ONNX files; add_graph draws a model's own graph")

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """The hyperparameters and the results of a run, in the directory `run_name` below this one (the time now).

        Raises TypeError for what is no dict, ValueError for a hyperparameter that is no number, string, bool or tensor.
        """
        written = summary.hparams(hparam_dict, metric_dict, hparam_domain_discrete)
        results = {name: summary.scalar(name, value) for name, value in metric_dict.items()}
        folder = os.path.join(self._get_file_writer().get_logdir(), run_name or str(time.time()))
        with SummaryWriter(log_dir=folder) as run:
            for each in (*written, *results.values()):
                run._add(each, global_step, None)

    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> None:
        """Points (N, D) for the projector, with labels and pictures (N, C, H, W) of them.

        Raises AssertionError where `mat` is no matrix, and where the labels or the pictures are not N. Differs from
        torch: pictures may be higher than wide, and uint8 is taken as in `add_image`.
        """
        points = make_np(mat)
        if points.ndim != 2:
            raise AssertionError(
                f"mat should be 2D, where mat.size(0) is the number of data points, got {points.ndim}D"
            )
        pictures = None if label_img is None else make_np(label_img)
        if metadata is not None and len(metadata) != len(points):
            raise AssertionError(f"#labels should equal with #data points, got {len(metadata)} and {len(points)}")
        if pictures is not None and len(pictures) != len(points):
            raise AssertionError(f"#images should equal with #data points, got {len(pictures)} and {len(points)}")
        step = str(0 if global_step is None else global_step).zfill(5)
        subdir = f"{step}/{self._encode(tag)}"
        root = Path(self._get_file_writer().get_logdir())
        folder = root / subdir
        if folder.exists():
            print("warning: Embedding dir exists, did you set global_step for add_embedding()?")
        folder.mkdir(parents=True, exist_ok=True)
        if metadata is not None:
            _embedding.write_metadata(folder, metadata, metadata_header)
        if pictures is not None:
            _embedding.write_sprite(folder, pictures)
        _embedding.write_points(folder, points)
        self._projector.embeddings.append(_embedding.info(tag, step, subdir, metadata, pictures))
        (root / PROJECTOR_FILENAME).write_text(str(self._projector), encoding="utf-8")

    @staticmethod
    def _encode(rawstr: str) -> str:
        """A tag as the name of one directory."""
        return rawstr.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")

    # --- charts -----------------------------------------------------------------------------------------------------

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Precision and recall at thresholds between 0 and 1; see summary.pr_curve."""
        self._add(summary.pr_curve(tag, labels, predictions, num_thresholds, weights), global_step, walltime)

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """A curve of precision and recall that was computed elsewhere."""
        counts = (true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts)
        written = summary.pr_curve_raw(tag, *counts, precision, recall, num_thresholds, weights)
        self._add(written, global_step, walltime)

    def add_custom_scalars_multilinechart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """A chart of the scalars `tags` on the page Custom Scalars."""
        self.add_custom_scalars({category: {title: ["Multiline", tags]}})

    def add_custom_scalars_marginchart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """A chart of a scalar between two others. Raises AssertionError for other than three tags."""
        self.add_custom_scalars({category: {title: ["Margin", tags]}})

    def add_custom_scalars(self, layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        """The charts of the page Custom Scalars, all at once; see summary.custom_scalars."""
        self._add(summary.custom_scalars(layout), None, None)

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: Any = None,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """A cloud of points, or a surface, in three dimensions; see summary.mesh."""
        self._add(summary.mesh(tag, vertices, colors, faces, config_dict), global_step, walltime)

    # --- files ------------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Writes what waits in the queues to the disk."""
        for writer in (self.all_writers or {}).values():
            writer.flush()

    def close(self) -> None:
        """Flushes and closes the files; a later `add_` begins a new one."""
        for writer in (self.all_writers or {}).values():
            writer.close()
        self.file_writer = self.all_writers = None

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
