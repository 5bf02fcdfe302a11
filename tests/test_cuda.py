"""torch.cuda without a GPU against torch's, which has none either, and with one played by a stand-in for CuPy."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import backend
from minitorch.errors import CudaUnavailableError, NotSupportedError
from tests.same import check_same

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="the reference has to be without a GPU")


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No CuPy, on whatever machine."""
    monkeypatch.setitem(sys.modules, "cupy", None)


@pytest.mark.usefixtures("nothing")
class TestWithoutAGpu:
    @pytest.mark.parametrize(
        "question",
        [
            "is_available()",
            "device_count()",
            "is_initialized()",
            "is_bf16_supported()",
            "manual_seed(0)",
            "manual_seed_all(0)",
            "seed()",
            "seed_all()",
            "empty_cache()",
            "memory_allocated()",
            "memory_allocated(0)",
            "max_memory_allocated()",
            "memory_reserved()",
            "max_memory_reserved()",
            "memory_stats()",
            "get_rng_state_all()",
            "set_rng_state_all([])",
            "set_rng_state(torch.get_rng_state())",
            "get_arch_list()",
            "set_device(-1)",
            "device(-1).__enter__()",
            "device_of(torch.ones(1)).__enter__()",
            "stream(None).__enter__()",
            "FloatTensor",
        ],
    )
    def test_what_answers_as_torchs(self, question: str) -> None:
        check_same(f"torch.cuda.{question}")

    @pytest.mark.parametrize(
        "use",
        [
            "torch.ones(1).cuda()",
            "torch.ones(1).to('cuda')",
            "torch.ones(1, device='cuda')",
            "torch.nn.Linear(1, 1).cuda()",
            "torch.cuda.init()",
            "torch.cuda.current_device()",
            "torch.cuda.get_device_name()",
            "torch.cuda.get_device_name(0)",
            "torch.cuda.get_device_properties(0)",
            "torch.cuda.get_device_capability()",
            "torch.cuda.synchronize()",
            "torch.cuda.initial_seed()",
            "torch.cuda.get_rng_state()",
            "torch.cuda.mem_get_info()",
            "torch.cuda.current_stream()",
            "torch.cuda.default_stream()",
            "torch.cuda.can_device_access_peer(0, 1)",
            "torch.cuda.ipc_collect()",
            "torch.cuda.set_per_process_memory_fraction(0.5)",
        ],
    )
    def test_what_needs_a_gpu_raises_as_torch(self, use: str) -> None:
        for engine in (minitorch, torch):
            with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
                eval(use, {"torch": engine})
        with pytest.raises(CudaUnavailableError, match="CuPy is not installed .pip install 'minitorch.cuda12.'"):
            eval(use, {"torch": minitorch})

    @pytest.mark.parametrize("use", ["Event()", "Event(enable_timing=True)", "Stream()", "device(0).__enter__()"])
    def test_what_raises_a_runtime_error(self, use: str) -> None:
        for engine in (minitorch, torch):
            with pytest.raises(RuntimeError):
                eval(f"torch.cuda.{use}", {"torch": engine})

    @pytest.mark.parametrize("use", ["set_device('cpu')", "device('cpu')"])
    def test_a_device_that_is_no_gpu(self, use: str) -> None:
        for engine in (minitorch, torch):
            with pytest.raises(ValueError, match="Expected a cuda device, but got: cpu"):
                eval(f"torch.cuda.{use}.__enter__()", {"torch": engine})

    def test_fractions_are_checked_first(self) -> None:
        with pytest.raises(TypeError, match="must be `float`"):
            minitorch.cuda.set_per_process_memory_fraction(1)
        with pytest.raises(ValueError, match="Allowed range: 0~1"):
            minitorch.cuda.set_per_process_memory_fraction(2.0)

    def test_the_usual_choice_of_a_device(self) -> None:
        for choice in (
            "torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
            "torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
            "'cuda' if torch.cuda.is_available() else 'mps' if torch.backends.mps.is_available() else 'cpu'",
            "torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else 'cpu'",
            "torch.tensor([1.0]).to(torch.device('cuda' if torch.cuda.is_available() else 'cpu'))",
        ):
            check_same(choice)

    def test_a_seed_for_the_gpu_leaves_the_cpus_numbers(self) -> None:
        drawn = []
        for engine in (minitorch, torch):
            engine.manual_seed(5)
            engine.cuda.manual_seed_all(7)
            drawn.append(engine.rand(2).tolist())
        assert drawn[0] == drawn[1]

    @pytest.mark.parametrize("use", ["set_default_tensor_type(torch.cuda.DoubleTensor)", "cuda.FloatTensor([1.0])"])
    @pytest.mark.filterwarnings("ignore:torch.set_default_tensor_type")
    def test_the_old_types_of_the_gpu(self, use: str) -> None:
        for engine in (minitorch, torch):
            with pytest.raises(TypeError, match=r"type torch\.cuda\.\w+ not available.*not compiled with CUDA enabled"):
                eval(f"torch.{use}", {"torch": engine})
        assert minitorch.get_default_dtype() is minitorch.float32
        assert minitorch.get_default_device() == minitorch.device("cpu")

    def test_a_summary_of_no_memory(self) -> None:
        assert "allocated                 0 bytes" in minitorch.cuda.memory_summary()


def test_cupy_without_a_device_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", stand_in(devices=0))
    assert not minitorch.cuda.is_available() and minitorch.cuda.device_count() == 0
    with pytest.raises(RuntimeError, match="No CUDA GPUs are available"):
        minitorch.ones(1, device="cuda")


# --- with a stand-in for CuPy ----------------------------------------------------------------------------------------


class Array(np.ndarray):
    """Stands for cupy.ndarray."""


class Stream:
    def __init__(self, log: list[str], name: str = "s", **options: Any) -> None:
        self.log, self.name, self.ptr, self.done = log, name, hash(name), True
        log.append(f"{name} {options}")

    def __getattr__(self, call: str) -> Any:
        if call.startswith("__"):
            raise AttributeError(call)
        return lambda *args: self.log.append(f"{self.name}.{call}")

    def __enter__(self) -> None:
        self.log.append(f"enter {self.name}")

    def __exit__(self, *error: object) -> None:
        self.log.append(f"exit {self.name}")


def stand_in(devices: int = 2, log: list[str] | None = None) -> Any:
    """A module that says what CuPy would about two GPUs."""
    log = [] if log is None else log
    current = [0]

    class Device:
        def __init__(self, id: int | None = None) -> None:
            self.id = current[0] if id is None else id

        def use(self) -> None:
            current[0] = self.id

        def synchronize(self) -> None:
            log.append(f"synchronize {self.id}")

        def __enter__(self) -> None:
            self.before = current[0]
            self.use()

        def __exit__(self, *error: object) -> None:
            current[0] = self.before

    class Event:
        done = True

        def __init__(self, **options: Any) -> None:
            log.append(f"event {options}")

        def record(self, stream: Any) -> None:
            log.append(f"record in {stream.name}")

        def synchronize(self) -> None:
            log.append("wait for event")

    class Pool:
        def used_bytes(self) -> int:
            return 100 + current[0]

        def total_bytes(self) -> int:
            return 512

        def free_all_blocks(self) -> None:
            log.append("free")

        def set_limit(self, fraction: float) -> None:
            log.append(f"limit {fraction} of {current[0]}")

    runtime = types.SimpleNamespace(
        CUDARuntimeError=type("CUDARuntimeError", (Exception,), {}),
        getDeviceCount=lambda: devices,
        getDeviceProperties=lambda index: {
            "name": b"Stand-in %d" % index,
            "major": 9,
            "minor": 0,
            "totalGlobalMem": 1024,
            "multiProcessorCount": 7,
        },
        deviceCanAccessPeer=lambda a, b: a != b,
        memGetInfo=lambda: (1, 2),
    )
    null = Stream(log, "null")
    make_stream = lambda **options: Stream(log, "s", **options)  # noqa: E731  # takes an attribute
    make_stream.null = null  # type: ignore[attr-defined]  # as cupy.cuda.Stream has it
    cuda = types.SimpleNamespace(
        runtime=runtime,
        Device=Device,
        Event=Event,
        Stream=make_stream,
        get_current_stream=lambda index: null,
        get_elapsed_time=lambda start, end: 1.5,
    )
    pool = Pool()
    cupy = types.ModuleType("cupy")
    cupy.__dict__.update(ndarray=Array, cuda=cuda, random=np.random, get_default_memory_pool=lambda: pool)
    return cupy


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is asked of the stand-in."""
    asked: list[str] = []
    monkeypatch.setitem(sys.modules, "cupy", stand_in(log=asked))
    yield asked
    backend.modules.pop(Array, None)


@pytest.mark.usefixtures("log")
def test_the_gpus_are_told() -> None:
    cuda = minitorch.cuda
    assert cuda.is_available() and cuda.device_count() == 2 and cuda.is_initialized()
    assert cuda.get_device_name(1) == "Stand-in 1" and cuda.get_device_name("cuda:1") == "Stand-in 1"
    assert cuda.get_device_capability() == (9, 0)
    found = cuda.get_device_properties(minitorch.device("cuda"))
    assert (found.name, found.total_memory, found.multi_processor_count) == ("Stand-in 0", 1024, 7)
    assert cuda.can_device_access_peer(0, 1) and cuda.mem_get_info() == (1, 2)
    assert minitorch.accelerator.is_available()
    assert minitorch.accelerator.current_accelerator() == minitorch.device("cuda")
    assert minitorch.accelerator.device_count() == 2


def test_the_current_gpu(log: list[str]) -> None:
    cuda = minitorch.cuda
    with cuda.device(1):
        assert cuda.current_device() == 1
        with minitorch.accelerator.device_index(None):
            assert cuda.current_device() == 1
        with minitorch.accelerator.device_index(0):
            assert minitorch.accelerator.current_device_index() == 0
    assert cuda.current_device() == 0
    cuda.set_device("cuda:1")
    cuda.synchronize()
    minitorch.accelerator.synchronize(0)
    assert cuda.current_device() == 1 and log[-2:] == ["synchronize 1", "synchronize 0"]


def test_the_memory_of_the_pool(log: list[str]) -> None:
    cuda = minitorch.cuda
    assert (cuda.memory_allocated(), cuda.memory_allocated(1), cuda.max_memory_allocated()) == (100, 101, 512)
    assert cuda.memory_stats()["reserved_bytes.all.current"] == minitorch.accelerator.memory_reserved() == 512
    cuda.empty_cache()
    cuda.set_per_process_memory_fraction(0.5, 1)
    assert log[-2:] == ["free", "limit 0.5 of 1"]


def test_events_and_streams(log: list[str]) -> None:
    start, end = (minitorch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    end.record()
    end.synchronize()
    assert start.elapsed_time(end) == 1.5 and end.query()
    assert log[-3:] == ["record in null", "record in null", "wait for event"]
    own = minitorch.cuda.Stream()
    with minitorch.cuda.stream(own):
        own.wait_stream(minitorch.cuda.current_stream())
    own.synchronize()
    assert [each for each in log if not each.startswith("event")][-5:] == [
        "enter s",
        "record in null",
        "s.wait_event",
        "exit s",
        "s.synchronize",
    ]
    assert own == own and own != minitorch.cuda.default_stream() and own.query()


@pytest.mark.usefixtures("log")
def test_the_seed_of_the_gpu() -> None:
    minitorch.cuda.manual_seed(5)
    assert minitorch.cuda.initial_seed() == 5
    with pytest.raises(NotSupportedError, match="the state of a CUDA generator"):
        minitorch.cuda.get_rng_state()


@pytest.mark.usefixtures("log")
def test_mixed_precision_on_a_gpu_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="autocast to torch.float16 on cuda"):
        minitorch.autocast("cuda")
    assert minitorch.amp.GradScaler().is_enabled()
    with minitorch.autocast("cuda", enabled=False):
        assert minitorch.ones(1).dtype is minitorch.float32


@pytest.mark.usefixtures("log")
def test_a_model_on_one_gpu() -> None:
    model = minitorch.nn.DataParallel(minitorch.nn.Linear(1, 1), device_ids=[1, 0])
    assert model.device_ids == [1]
    with pytest.raises(RuntimeError, match="parameters and buffers on device cuda:1 .* on device: cpu"):
        model(minitorch.ones(1, 1))
    out = minitorch.nn.parallel.data_parallel(minitorch.nn.Identity(), minitorch.ones(2), range(2))
    assert out.tolist() == [1, 1]
