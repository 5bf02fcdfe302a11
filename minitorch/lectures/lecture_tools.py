"""What every lecture shares: its options, its data, its progress, its summary and its figure. Knows nothing of tensors.

A script's own folder is on `sys.path`, so the lectures say `import lecture_tools` whichever engine runs them.
"""

from __future__ import annotations

import argparse
import csv
import errno
import gzip
import importlib
import io
import math
import os
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

DATA_VARIABLE = "MINITORCH_DATA"
FIGURE_SUFFIXES = (".png", ".pdf", ".svg")


def stop(message: str) -> NoReturn:
    """End the script with one line on stderr and exit code 2."""
    print(f"{Path(sys.argv[0]).name}: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(2)


def optional(module: str, package: str, purpose: str) -> Any:
    """Import a module that the core does not depend on, or stop with the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        stop(f"{purpose} needs {package} ({error}): pip install {package}")


def ended(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """The excepthook of a lecture: no traceback when it is interrupted, or when nobody reads or can keep its output."""
    if issubclass(kind, KeyboardInterrupt):
        print(f"{Path(sys.argv[0]).name}: interrupted", file=sys.stderr)
    elif isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.ENOSPC):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python complains again, when it ends
        if error.errno == errno.ENOSPC:
            print(f"{Path(sys.argv[0]).name}: cannot write: {error.strerror}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = ended


# Options


class Options(argparse.ArgumentParser):
    """The options that every lecture takes; a lecture adds its own with `add_argument`.

    `lr` and `batch_size` appear only where the lecture gives them a default, `checkpoint` only where it keeps one.
    """

    def __init__(
        self,
        doc: str | None,
        *,
        epochs: int,
        lr: float | None = None,
        batch_size: int | None = None,
        checkpoint: bool = False,
    ) -> None:
        super().__init__(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
        self.add_argument("--seed", type=natural, default=0, help="seed of every random number (default: %(default)s)")
        self.add_argument("--epochs", type=positive, default=epochs, help="passes over the data (default: %(default)s)")
        self.add_argument("--data", type=Path, metavar="DIR", help=f"data directory (default: ${DATA_VARIABLE})")
        self.add_argument("--plot", type=figure_file, metavar="FILE", help="draw the lecture's figure into FILE")
        if lr is not None:
            self.add_argument("--lr", type=positive_real, default=lr, help="learning rate (default: %(default)s)")
        if batch_size is not None:
            self.add_argument(
                "--batch-size", type=positive, default=batch_size, help="samples a mini-batch (default: %(default)s)"
            )
        if checkpoint:
            self.add_argument(
                "--checkpoint",
                type=output_file,
                metavar="FILE",
                help="keep the training in FILE after each epoch; if FILE is there, go on from it",
            )

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong with the options, and where they are listed."""
        stop(f"{message} (see --help)")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and find out before the training, not after it, what cannot work."""
        options = super().parse_args(args, namespace)
        source = "--data"
        if options.data is None and os.environ.get(DATA_VARIABLE):
            options.data, source = Path(os.environ[DATA_VARIABLE]), DATA_VARIABLE
        if options.data is not None and not options.data.is_dir():
            stop(f"{source} is not a directory: {options.data}")
        if options.plot is not None:
            pyplot()
        return options


def natural(text: str) -> int:
    """An option's value from 0 up to what a 64-bit seed holds."""
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to 2**63 - 1, got {text!r}")
    return int(text)


def positive(text: str) -> int:
    """An option's value from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def positive_real(text: str) -> float:
    """An option's value: a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def fraction(text: str) -> float:
    """An option's value: at least 0 and below 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 0 and below 1, got {text!r}")
    return value


def output_file(text: str) -> Path:
    """An option's value: a file that can be written, because its directory is there."""
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"expected a file in a directory that exists, got {text!r}")
    return path


def figure_file(text: str) -> Path:
    """An option's value: a file that a figure can be written to."""
    path = output_file(text)
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        raise argparse.ArgumentTypeError(f"expected a name that ends in {', '.join(FIGURE_SUFFIXES)}, got {text!r}")
    return path


# What a lecture says. What engines are compared by goes to stdout, in fixed formats; the bar goes to stderr.


def progress(epochs: int, done: int = 0) -> Iterator[int]:
    """Count the epochs from `done` + 1, with a bar where a person watches and tqdm is installed."""
    counted = range(done + 1, epochs + 1)
    if sys.stderr.isatty():
        try:
            tqdm = importlib.import_module("tqdm")
        except ImportError:
            return iter(counted)
        return iter(tqdm.tqdm(counted, unit="epoch", leave=False, initial=done, total=epochs))
    return iter(counted)


def say(line: str) -> None:
    """Print a line at once, above the bar if there is one."""
    tqdm = sys.modules.get("tqdm")
    if tqdm is None:
        print(line, flush=True)
    else:
        tqdm.tqdm.write(line, file=sys.stdout)
        sys.stdout.flush()


def report(epoch: int, epochs: int, **figures: float) -> None:
    """Say the figures of this epoch, if it is the first, the last or one of ten between."""
    if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
        say(f"epoch {epoch:5d}  " + "  ".join(f"{name} {value:.6f}" for name, value in figures.items()))


def summary(first_loss: float | None = None, last_loss: float | None = None, accuracy: float | None = None) -> None:
    """Say the final figures, one a line: what the runner puts side by side."""
    if first_loss is not None:
        say(f"first loss: {first_loss:.6f}")
    if last_loss is not None:
        say(f"last loss: {last_loss:.6f}")
    if accuracy is not None:
        say(f"accuracy: {accuracy:.4f}")


# Data


def data_file(directory: Path, *names: str) -> Path:
    """The first of `names` that lies in the data directory."""
    for name in names:
        if (directory / name).is_file():
            return directory / name
    stop(f"{' or '.join(names)} not found in the data directory {directory}")


def read_table(path: Path, columns: int) -> NDArray[np.float32]:
    """Read a table of comma-separated numbers, plain or .gz, as float32 of shape (rows, columns)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy only warns of an empty file; it is refused below
            table = np.loadtxt(path, delimiter=",", dtype=np.float32, ndmin=2)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        stop(f"cannot read {path}: {error}")
    if table.size == 0:
        stop(f"cannot use {path}: it is empty: expected rows of {columns} numbers, got 0 rows")
    if table.shape[1] != columns:
        stop(f"cannot use {path}: expected rows of {columns} numbers, got {table.shape[0]} rows of {table.shape[1]}")
    if not np.isfinite(table).all():
        stop(f"cannot use {path}: row {int(np.argmin(np.isfinite(table).all(axis=1))) + 1} holds a number not finite")
    return table


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, plain, .gz or the one file in a .zip."""
    try:
        if path.suffix == ".gz":
            content = gzip.decompress(path.read_bytes())
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                if len(names) != 1:
                    raise ValueError(f"expected one file in the archive, got {len(names)}")
                content = archive.read(names[0])
        else:
            content = path.read_bytes()
        return content.decode("utf-8-sig")
    except (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        stop(f"cannot read {path}: {error}")


def read_records(
    path: Path, columns: Sequence[str], *, header: bool = True, delimiter: str = ","
) -> list[dict[str, str]]:
    """Read a table of words as one dict a row; the file may be plain, .gz or .zip.

    Every name of `columns` must be in its header line; without `header` they are the names of all columns. Between
    commas, fields may stand in quotation marks; between tabs, such marks are letters like others.
    """
    lines = io.StringIO(read_text(path), newline="")
    try:
        reader = csv.DictReader(
            lines,
            fieldnames=None if header else columns,
            delimiter=delimiter,
            quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL,
        )
        names = reader.fieldnames or []
        records = list(reader)
    except csv.Error as error:
        stop(f"cannot read {path}: {error}")
    missing = [name for name in columns if name not in names]
    if missing:
        stop(f"cannot use {path}: no column {', '.join(missing)}")
    if not records:
        stop(f"cannot use {path}: no rows{' below the header' if header else ''}")
    for line, record in enumerate(records, start=2 if header else 1):
        if None in record:  # where DictReader puts what there is no name for
            stop(f"cannot use {path}: row {line} has more fields than {'the header' if header else len(columns)}")
        for name in columns:
            if record[name] is None:  # where the row has fewer
                stop(f"cannot use {path}: row {line} has no {name}")
    return records


def load_diabetes(directory: Path | None) -> NDArray[np.float32]:
    """The diabetes table: 8 features, then the label 0 or 1, float32 of shape (rows, 9).

    Without a directory, scikit-learn's breast cancer set cut to that shape: 8 measurements, and whether it is benign.
    """
    if directory is None:
        datasets = optional("sklearn.datasets", "scikit-learn", f"without --data DIR or {DATA_VARIABLE} this lecture")
        features, labels = datasets.load_breast_cancer(return_X_y=True)
        features = features[:, :8]
        features = (features - features.mean(axis=0)) / features.std(axis=0)
        say(f"data: scikit-learn's breast cancer set, 8 of its features, standardised: {len(labels)} rows")
        return np.column_stack([features, labels]).astype(np.float32)
    path = data_file(directory, "diabetes.csv.gz", "diabetes.csv")
    table = read_table(path, columns=9)
    if not np.isin(table[:, -1], (0, 1)).all():
        stop(f"cannot use {path}: the last column must be 0 or 1")
    if len(table) < 10:
        stop(f"cannot use {path}: expected at least 10 rows, got {len(table)}")
    say(f"data: {path.name}: {len(table)} rows of 8 features and a label")
    return table


# Files


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a name to write to, which takes the place of `path` once it is whole: nobody ever sees half a file."""
    draft = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        stop(f"cannot write {path}: {error}")
    finally:
        draft.unlink(missing_ok=True)


def pyplot() -> Any:
    """matplotlib.pyplot, drawing into files."""
    optional("matplotlib", "matplotlib", "--plot").use("Agg")
    plt = importlib.import_module("matplotlib.pyplot")
    plt.rcParams.update(
        {"figure.constrained_layout.use": True, "axes.grid": True, "grid.alpha": 0.3, "savefig.dpi": 120}
    )
    return plt


def save_figure(figure: Any, path: Path) -> None:
    """Write a matplotlib figure, and say so on stderr: the path is no result."""
    with replacing(path) as draft:
        figure.savefig(draft)
    print(f"figure: {path}", file=sys.stderr)
