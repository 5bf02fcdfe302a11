"""torch.utils.data against torch: the same batches in the same order, workers, and the errors of wrong options."""

from __future__ import annotations

import collections
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data

import minitorch
import minitorch.utils.data as data

ENGINES = {"minitorch": minitorch, "torch": torch}
Point = collections.namedtuple("Point", ["x", "y"])


def plain(value: Any) -> Any:
    if isinstance(value, (minitorch.Tensor, torch.Tensor)):
        return str(value.dtype), value.tolist()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(each) for each in value]
    return value


def both(run: Callable[[Any], Any]) -> None:
    """The same program on both engines, from the same seed; results and the next random number must agree."""
    results = []
    for engine in ENGINES.values():
        engine.manual_seed(3)
        results.append((plain(run(engine)), engine.rand(1).item()))
    assert results[0] == results[1]


class Squares(data.Dataset[Any]):
    def __len__(self) -> int:
        return 11

    def __getitem__(self, index: int) -> Any:
        return np.float32(index), index * index


class Stream(data.IterableDataset[Any]):
    def __init__(self, count: int = 10) -> None:
        self.count = count

    def __iter__(self) -> Iterator[int]:
        info = data.get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(first, self.count, step))


class Broken(data.Dataset[Any]):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> Any:
        if index == 5:
            raise self.error
        return index


class Dying(data.Dataset[Any]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        if index == 2:
            os._exit(7)
        return index


class Slow(data.Dataset[Any]):
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        time.sleep(20)
        return index


class Draws(data.Dataset[Any]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        return minitorch.rand(1).item(), random.random(), np.random.rand()


class TorchDraws(Draws, torch.utils.data.Dataset[Any]):
    def __getitem__(self, index: int) -> Any:
        return torch.rand(1).item(), random.random(), np.random.rand()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 4},
        {"batch_size": 4, "drop_last": True},
        {"batch_size": 4, "shuffle": True},
        {"batch_size": None},
        {"batch_size": None, "shuffle": True},
        {"batch_sampler": [[1, 2], [5], [0, 10, 3]]},
        {"sampler": [3, 1, 2], "batch_size": 2},
    ],
    ids=str,
)
def test_batches(options: dict[str, Any]) -> None:
    def run(t: Any) -> Any:
        loader = t.utils.data.DataLoader(Squares(), **options)
        return [list(loader), list(loader), len(loader)]

    both(run)


def test_a_generator_of_ones_own() -> None:
    def run(t: Any) -> Any:
        generator = t.Generator()
        generator.manual_seed(9)
        loader = t.utils.data.DataLoader(Squares(), batch_size=3, shuffle=True, generator=generator)
        return [list(loader), list(loader)]

    both(run)


@pytest.mark.parametrize(
    "make",
    [
        lambda d: d.RandomSampler(range(7)),
        lambda d: d.RandomSampler(range(7), replacement=True, num_samples=70),
        lambda d: d.RandomSampler(range(7), num_samples=17),
        lambda d: d.SequentialSampler(range(7)),
        lambda d: d.SubsetRandomSampler([9, 7, 5, 3]),
        lambda d: d.WeightedRandomSampler([0.1, 0.5, 0.0, 2.0], 20),
        lambda d: d.WeightedRandomSampler([0.1, 0.5, 1.0, 2.0], 3, replacement=False),
        lambda d: d.BatchSampler(d.RandomSampler(range(7)), 3, False),
        lambda d: d.BatchSampler(range(7), 3, True),
    ],
)
def test_samplers(make: Callable[[Any], Any]) -> None:
    both(lambda t: [list(make(t.utils.data)), len(make(t.utils.data))])


def test_random_split() -> None:
    both(lambda t: [part.indices for part in t.utils.data.random_split(range(20), [12, 8])])
    both(lambda t: [part.indices for part in t.utils.data.random_split(range(11), [0.5, 0.3, 0.2])])
    both(lambda t: [part.indices for part in t.utils.data.random_split(range(9), [3, 6], t.Generator().manual_seed(5))])


def test_datasets() -> None:
    def run(t: Any) -> Any:
        d = t.utils.data
        pairs = d.TensorDataset(t.arange(6), t.arange(12).view(6, 2))
        joined = d.ConcatDataset([pairs, pairs])
        stacked = d.StackDataset(a=pairs, b=joined.datasets[0])
        picked = [pairs[2], pairs[1:3], joined[7], joined[-1], d.Subset(pairs, [4, 0])[0], stacked[1]]
        return [*picked, len(joined), len(stacked)]

    both(run)


@pytest.mark.parametrize(
    "samples",
    [
        [1, 2],
        [1.5, 2.0],
        [True, False],
        ["a", "b"],
        [np.float32(1), np.float32(2)],
        [np.ones(2), np.zeros(2)],
        [(1, 2.0), (3, 4.0)],
        [[1, 2.0], [3, 4.0]],
        [{"a": 1, "b": [2.0]}, {"a": 3, "b": [4.0]}],
        [Point(1, 2.0), Point(3, 4.0)],
    ],
    ids=str,
)
def test_collation(samples: Any) -> None:
    both(lambda t: t.utils.data.default_collate(samples))
    both(lambda t: t.utils.data.default_convert(samples[0]))


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_give_the_same_batches(context: str) -> None:
    plain_loader = data.DataLoader(Squares(), batch_size=3, shuffle=True)
    workers = data.DataLoader(Squares(), batch_size=3, shuffle=True, num_workers=2, multiprocessing_context=context)
    passes = []
    for loader in (plain_loader, workers):
        minitorch.manual_seed(1)
        passes.append(plain([list(loader), list(loader)]))
    assert passes[0] == passes[1]


def test_persistent_workers_are_kept() -> None:
    loader = data.DataLoader(Squares(), batch_size=3, num_workers=2, persistent_workers=True)
    first = plain(list(loader))
    pids = [process.pid for process in loader._iterator._workers]
    for _ in zip(loader, range(2), strict=False):
        assert [process.pid for process in loader._iterator._workers] == pids
    assert plain(list(loader)) == first
    assert [process.pid for process in loader._iterator._workers] == pids


def test_workers_split_a_stream() -> None:
    loader = data.DataLoader(Stream(), batch_size=2, num_workers=2)
    assert sorted(number for batch in loader for number in batch.tolist()) == list(range(10))
    assert [batch.tolist() for batch in data.DataLoader(Stream(5), batch_size=2)] == [[0, 1], [2, 3], [4]]
    assert [batch.tolist() for batch in data.DataLoader(Stream(5), batch_size=2, drop_last=True)] == [[0, 1], [2, 3]]
    assert list(data.DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]


def test_out_of_order_loses_nothing() -> None:
    loader = data.DataLoader(Squares(), num_workers=2, in_order=False)
    assert sorted(int(batch[1]) for batch in loader) == [index * index for index in range(11)]


def test_workers_draw_as_torchs() -> None:
    minitorch.manual_seed(0)
    ours = list(data.DataLoader(Draws(), batch_size=None, num_workers=2))
    torch.manual_seed(0)
    theirs = list(torch.utils.data.DataLoader(TorchDraws(), batch_size=None, num_workers=2))
    assert ours == theirs


class EagerBatches:
    """Draws its order as soon as it is asked for an iterator, where a generator would wait for the first batch."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.engine.randperm(10).view(5, 2).tolist())

    def __len__(self) -> int:
        return 5


@pytest.mark.parametrize(
    "more", [{}, {"num_workers": 1}, {"num_workers": 2, "persistent_workers": True}], ids=["none", "one", "persistent"]
)
def test_a_sampler_that_draws_at_once(more: dict[str, Any]) -> None:
    """Before the workers' seed is drawn; and twice where there are workers."""

    def passes(engine: Any) -> Any:
        loader = engine.utils.data.DataLoader(range(10), batch_sampler=EagerBatches(engine), **more)
        return [[[batch.tolist() for batch in loader], engine.rand(1).item()] for _ in range(3)]

    both(passes)


def test_worker_init_fn_and_worker_info(tmp_path: Path) -> None:
    def note(worker: int) -> None:
        info = data.get_worker_info()
        assert info is not None
        (tmp_path / str(worker)).write_text(f"{info.id} of {info.num_workers}")

    list(data.DataLoader(Squares(), num_workers=2, worker_init_fn=note))
    assert sorted(path.read_text() for path in tmp_path.iterdir()) == ["0 of 2", "1 of 2"]
    assert data.get_worker_info() is None


@pytest.mark.parametrize("error", [ValueError("bad sample"), KeyError("name"), IndexError("no such row")], ids=repr)
def test_an_error_in_a_worker_reaches_the_user(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        list(data.DataLoader(Broken(error), num_workers=2))
    text = str(raised.value)
    assert f"Caught {type(error).__name__} in DataLoader worker process 1" in text
    assert "in __getitem__" in text and "\n" in text


def test_an_error_that_takes_no_message_becomes_a_runtime_error() -> None:
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    with pytest.raises(RuntimeError, match="Caught UnicodeDecodeError"):
        list(data.DataLoader(Broken(error), num_workers=1))


def test_a_worker_that_dies_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"DataLoader worker \(pid\(s\) \d+\) exited unexpectedly with exit code 7"):
        list(data.DataLoader(Dying(), num_workers=1))


def test_a_worker_that_is_too_slow() -> None:
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.5 seconds"):
        list(data.DataLoader(Slow(), num_workers=1, timeout=0.5))


def test_leaving_early_ends_the_workers() -> None:
    iterator = iter(data.DataLoader(Squares(), num_workers=2))
    next(iterator)
    workers = list(iterator._workers)  # type: ignore[attr-defined]  # the private list is what is tested
    del iterator
    assert [process.is_alive() for process in workers] == [False, False]


def test_a_spawning_script_needs_its_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import minitorch.utils.data as data\n"
        "class D(data.Dataset):\n"
        "    def __len__(self): return 4\n"
        "    def __getitem__(self, i): return i\n"
        "if __name__ == '__main__':\n"
        "    print([b.tolist() for b in data.DataLoader(D(), 2, num_workers=2, multiprocessing_context='spawn')])\n"
    )
    root = str(Path(__file__).resolve().parent.parent)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": root}, timeout=120
    )
    assert done.stdout == "[[0, 1], [2, 3]]\n", done.stderr


WRONG: list[Callable[[Any], Any]] = [
    lambda d: d.DataLoader([1], batch_size=0),
    lambda d: d.DataLoader([1], num_workers=-1),
    lambda d: d.DataLoader([1], timeout=-1),
    lambda d: d.DataLoader([1], prefetch_factor=2),
    lambda d: d.DataLoader([1], persistent_workers=True),
    lambda d: d.DataLoader([1], shuffle=True, sampler=[0]),
    lambda d: d.DataLoader([1], batch_sampler=[[0]], batch_size=2),
    lambda d: d.DataLoader([1], batch_size=None, drop_last=True),
    lambda d: d.DataLoader([1], multiprocessing_context="spawn"),
    lambda d: d.DataLoader([1], num_workers=1, multiprocessing_context="foo"),
    lambda d: d.DataLoader([1], num_workers=1, multiprocessing_context=3),
    lambda d: d.DataLoader([], shuffle=True),
    lambda d: d.RandomSampler([1], replacement=1),
    lambda d: d.RandomSampler([1], num_samples=-1),
    lambda d: d.WeightedRandomSampler([1.0], 0),
    lambda d: d.WeightedRandomSampler([[1.0]], 1),
    lambda d: d.BatchSampler([1], True, False),
    lambda d: d.BatchSampler([1], 2, 1),
    lambda d: d.random_split([1, 2], [3]),
    lambda d: d.random_split([1, 2], [1.5, -0.5]),
    lambda d: d.ConcatDataset([]),
    lambda d: d.default_collate([object()]),
    lambda d: d.default_collate([[1, 2], [3]]),
    lambda d: d.default_collate([np.array(["a"])]),
    lambda d: setattr(d.DataLoader([1]), "batch_size", 2),
    lambda d: d.Dataset()[0],
    lambda d: d.IterableDataset(),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_options(wrong: Callable[[Any], Any]) -> None:
    raised = []
    for engine in ENGINES.values():
        with pytest.raises(Exception, match=".+") as error:
            wrong(engine.utils.data)
        raised.append((type(error.value), str(error.value)))
    assert raised[0][0] is raised[1][0]
    assert raised[0][1].split(" at 0x")[0] == raised[1][1].split(" at 0x")[0]


def test_wrong_options_of_a_stream() -> None:
    for options in ({"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}):
        with pytest.raises(ValueError, match="DataLoader with IterableDataset: expected unspecified"):
            data.DataLoader(Stream(), **options)
    with pytest.raises(TypeError, match="has no len"):
        len(data.DataLoader(Stream()))


def test_too_many_workers_warn() -> None:
    with pytest.warns(UserWarning, match="This DataLoader will create 999 worker processes"):
        data.DataLoader([1], num_workers=999)
