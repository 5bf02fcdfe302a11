"""The namespaces around the engine that a script's first lines touch: they answer as torch's do."""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.common_types
from torch.torch_version import TorchVersion

import minitorch
import minitorch.torch_version
from minitorch.errors import NotSupportedError
from minitorch.nn import common_types
from tests.same import check_same, check_same_error

ENGINES = {"minitorch": minitorch, "torch": torch}
BOTH = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the torch here, on whatever machine."""
    monkeypatch.setitem(sys.modules, "cupy", None)


# --- versions --------------------------------------------------------------------------------------------------------

VERSIONS = (
    "2.13.0 2.13 2.13.0+cpu 2.13.0+7 2.13.0+abc 2.13.0+minitorch parrot 2.13.0rc1 2.13.0a0 2.13.0a0+git123 "
    "2.13.0.dev20200101 2.13.0.post1 1.10 0.4.1 2.9.1 10.0 2"
).split()


@pytest.mark.parametrize("comparison", ["__lt__", "__le__", "__gt__", "__ge__", "__eq__"])
def test_versions_compare_as_torchs(comparison: str) -> None:
    others: list[Any] = [*VERSIONS, (2, 13), (2,), [2, 13], (1, 10, 0), 3, None]
    for own in VERSIONS:
        for other in others:
            expected = getattr(TorchVersion(own), comparison)(other)
            got = getattr(minitorch.torch_version.TorchVersion(own), comparison)(other)
            assert got is expected or got == expected, (own, other)


def test_the_version_is_that_of_the_reference() -> None:
    release = torch.__version__.partition("+")[0]
    assert str(minitorch.__version__) == f"{release}+minitorch"
    assert minitorch.__version__ >= release and minitorch.__version__ > "2.9" and minitorch.__version__ < "10.0"
    assert tuple(int(part) for part in minitorch.__version__.split("+")[0].split("."))[:2] == (2, 13)
    assert minitorch.__version__.split(".")[:2] == torch.__version__.split(".")[:2]
    assert minitorch.version.__version__ is minitorch.__version__
    assert hash(minitorch.__version__) == hash(str(minitorch.__version__))
    for name in ("cuda", "hip", "debug"):
        check_same(f"torch.version.{name}")


@pytest.mark.parametrize("name", ["e", "inf", "nan", "newaxis", "pi"])
def test_constants(name: str) -> None:
    assert repr(getattr(minitorch, name)) == repr(getattr(torch, name))


# --- switches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        ["torch.are_deterministic_algorithms_enabled()", "torch.get_deterministic_debug_mode()"],
        ["torch.use_deterministic_algorithms(True)", "torch.get_deterministic_debug_mode()"],
        [
            "torch.use_deterministic_algorithms(True, warn_only=True)",
            "torch.are_deterministic_algorithms_enabled()",
            "torch.is_deterministic_algorithms_warn_only_enabled()",
            "torch.get_deterministic_debug_mode()",
        ],
        ["torch.set_deterministic_debug_mode('error')", "torch.get_deterministic_debug_mode()"],
        ["torch.set_deterministic_debug_mode(1)", "torch.is_deterministic_algorithms_warn_only_enabled()"],
        ["torch.set_float32_matmul_precision('high')", "torch.get_float32_matmul_precision()"],
        ["torch.set_float32_matmul_precision('x')", "torch.get_float32_matmul_precision()"],
        ["torch.set_num_threads(3)", "torch.get_num_threads()"],
        ["torch.set_warn_always(True)", "torch.is_warn_always_enabled()"],
        ["torch.backends.cudnn.benchmark", "torch.backends.cudnn.deterministic", "torch.backends.cudnn.enabled"],
        ["torch.backends.cudnn.is_available()", "torch.backends.cudnn.version()"],
        ["setattr(torch.backends.cudnn, 'benchmark', True)", "torch.backends.cudnn.benchmark"],
        ["torch.backends.mps.is_available()", "torch.backends.mps.is_built()"],
        ["torch.backends.cuda.is_built()", "torch.backends.cuda.matmul.allow_tf32"],
        ["setattr(torch.backends.cuda.matmul, 'allow_tf32', True)", "torch.backends.cuda.matmul.allow_tf32"],
        ["torch.mps.is_available()", "torch.xpu.is_available()", "torch.xpu.device_count()"],
        ["torch.mps.device_count()", "torch.mps.manual_seed(0)", "torch.xpu.manual_seed_all(0)"],
        ["torch.cpu.is_available()", "torch.cpu.device_count()", "torch.cpu.current_device()"],
        ["torch.cpu.synchronize()", "torch.cpu.set_device('cpu')"],
        ["torch.accelerator.is_available()", "torch.accelerator.current_accelerator()"],
        ["torch.accelerator.device_count()"],
        ["torch.is_autocast_enabled()", "torch.get_autocast_dtype('cpu')", "torch.get_autocast_dtype('cuda')"],
        ["torch.jit.is_scripting()", "torch.jit.is_tracing()", "torch.jit.annotate(int, 3)"],
        ["torch.onnx.is_in_onnx_export()", "torch.compiler.is_compiling()"],
        ["torch.multiprocessing.get_sharing_strategy()", "torch.multiprocessing.get_start_method()"],
        ["torch.multiprocessing.set_sharing_strategy('file_system')", "torch.multiprocessing.get_sharing_strategy()"],
        ["sorted(torch.multiprocessing.get_all_sharing_strategies())"],
    ],
    ids=lambda steps: steps[0].removeprefix("torch."),
)
def test_switches_are_remembered_as_torch_does(steps: list[str]) -> None:
    try:
        for step in steps:
            check_same(step)
    finally:
        for engine in ENGINES.values():
            engine.use_deterministic_algorithms(False)
            engine.set_float32_matmul_precision("highest")
            engine.set_num_threads(1)
            engine.set_warn_always(False)
            engine.backends.cudnn.benchmark = engine.backends.cuda.matmul.allow_tf32 = False
            engine.multiprocessing.set_sharing_strategy("file_descriptor")


@pytest.mark.parametrize(
    ("use", "phrase"),
    [
        ("torch.set_num_threads(0)", "set_num_threads expects a positive integer"),
        ("torch.set_num_threads('a')", "set_num_threads expects an int, but got str"),
        ("torch.set_num_threads(2.0)", "set_num_threads expects an int, but got float"),
        ("torch.use_deterministic_algorithms(1)", "must be bool, not int"),
        ("torch.set_deterministic_debug_mode('x')", "invalid value of debug_mode, expected one of `default`"),
        ("torch.set_deterministic_debug_mode(5)", "invalid value of debug_mode, expected 0, 1, or 2"),
        ("torch.set_deterministic_debug_mode(None)", "debug_mode must be str or int"),
        ("torch.set_warn_always(1)", "expects a bool"),
        ("torch.compile(mode='x')(len)", "Unrecognized mode=x, should be one of: default"),
        ("torch.compile(len, mode='default', options={})", "Either mode or options can be specified"),
        ("torch.multiprocessing.set_sharing_strategy('x')", "invalid sharing strategy 'x'"),
        ("torch.accelerator.synchronize()", "Cannot access accelerator device when none is available."),
        ("torch.accelerator.current_device_index()", "Cannot access accelerator device when none is available."),
        ("torch.accelerator.set_device_index(0)", "Cannot access accelerator device when none is available."),
        ("torch.accelerator.current_stream()", "Cannot access accelerator device when none is available."),
        ("torch.accelerator.empty_cache()", "Cannot access accelerator device when none is available."),
        ("torch.nn.parallel.data_parallel(torch.nn.Identity(), torch.ones(1))", "device type could not be determined"),
        ("torch.autocast(0)", "Expected `device_type` of type `str`"),
        ("torch.autocast('foo')", "Expected one of cpu, cuda"),
        ("torch.amp.custom_fwd(len, device_type=0)", "Expected `device_type` of type `str`"),
        ("torch.testing.assert_close(1.0, 1.0, rtol=1)", "Both 'rtol' and 'atol' must be either specified or omitted"),
    ],
)
def test_errors_are_torchs(use: str, phrase: str) -> None:
    check_same_error(use, phrase)


def test_threads_between_operations_are_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from minitorch.settings import _Settings

    monkeypatch.setattr(_Settings, "interop_is_set", False)
    monkeypatch.setattr(_Settings, "interop_threads", 1)
    minitorch.set_num_interop_threads(2)
    assert minitorch.get_num_interop_threads() == 2
    with pytest.raises(RuntimeError, match="cannot set number of interop threads"):
        minitorch.set_num_interop_threads(2)
    assert minitorch.set_flush_denormal(True) is False


@BOTH
def test_cudnn_flags_hold_within_a_block(engine: Any) -> None:
    cudnn = engine.backends.cudnn
    before = (cudnn.enabled, cudnn.benchmark, cudnn.deterministic)
    with cudnn.flags(enabled=True, benchmark=True, deterministic=True):
        assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (True, True, True)
    assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == before


def test_libraries_are_told_as_they_are() -> None:
    backends = minitorch.backends
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    assert backends.mkl.is_available() == ("mkl" in blas)
    assert not (backends.mkldnn.is_available() or backends.openmp.is_available() or backends.opt_einsum.is_available())
    assert backends.cpu.get_cpu_capability() in ("AVX512", "AVX2", "DEFAULT")
    assert not backends.cudnn.is_acceptable(minitorch.ones(1)) and not backends.mps.is_macos_or_newer(13, 0)
    for use in (minitorch.mps.empty_cache, minitorch.mps.synchronize, minitorch.xpu.synchronize):
        with pytest.raises(NotSupportedError, match="minitorch has the devices cpu .NumPy. and cuda .CuPy."):
            use()
    minitorch.xpu.empty_cache()


def test_old_names_of_the_accelerators_functions_warn() -> None:
    for engine in ENGINES.values():
        for use in (engine.accelerator.current_device_idx, lambda engine=engine: engine.accelerator.set_device_idx(0)):
            with pytest.warns(FutureWarning, match="instead"), pytest.raises(RuntimeError, match="Cannot access"):
                use()


# --- compilers -------------------------------------------------------------------------------------------------------


def test_compile_returns_what_it_is_given() -> None:
    model = minitorch.nn.Linear(1, 1)
    assert minitorch.compile(model) is model
    assert minitorch.compile(model, mode="max-autotune", fullgraph=True, dynamic=False, backend="eager") is model

    @minitorch.compile
    def plain(x: Any) -> Any:
        return x + 1

    @minitorch.compile(mode="reduce-overhead")
    def configured(x: Any) -> Any:
        return x + 2

    assert plain(minitorch.ones(1)).item() == 2 and configured(minitorch.ones(1)).item() == 3
    with pytest.raises(AssertionError, match="A callable function is expected"):
        minitorch.compile(3)
    assert minitorch.compiler.disable(plain) is plain and minitorch.compiler.disable()(plain) is plain
    assert minitorch.compiler.list_backends() == []
    minitorch.compiler.reset()
    minitorch.compiler.cudagraph_mark_step_begin()


def test_torchscript_is_refused_and_its_markers_are_not() -> None:
    for name in ("script", "trace", "save", "load", "freeze"):
        with pytest.raises(NotSupportedError, match=f"torch.jit.{name}: minitorch has no TorchScript"):
            getattr(minitorch.jit, name)(minitorch.nn.Linear(1, 1))
    for kind in (minitorch.jit.ScriptModule, minitorch.jit.ScriptFunction):
        assert not isinstance(minitorch.nn.Linear(1, 1), kind)
        with pytest.raises(NotSupportedError, match="minitorch has no TorchScript"):
            kind()
    for mark in (minitorch.jit.ignore, minitorch.jit.ignore(), minitorch.jit.unused, minitorch.jit.export):
        assert mark(len) is len


def test_onnx_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="torch.onnx.export: minitorch does not write ONNX"):
        minitorch.onnx.export(minitorch.nn.Linear(1, 1), minitorch.ones(1), "x.onnx", input_names=["x"])


# --- mixed precision and data parallel -------------------------------------------------------------------------------


@BOTH
def test_mixed_precision_is_off_where_there_is_no_gpu(engine: Any) -> None:
    with pytest.warns(UserWarning, match="CUDA is not available .* Disabling autocast"):
        context = engine.autocast("cuda")
    with context, engine.amp.autocast("cuda", enabled=False), engine.autocast("cpu", enabled=False):
        assert engine.mm(engine.ones(2, 2), engine.ones(2, 2)).dtype is engine.float32
    with pytest.warns(UserWarning, match="target dtype is not supported. Disabling autocast"):
        engine.autocast("cpu", dtype=engine.float32)

    @engine.autocast("cuda", enabled=False)
    def twice(x: Any) -> Any:
        return x * 2

    assert twice(engine.ones(1)).item() == 2
    with pytest.warns(FutureWarning, match="`torch.cuda.amp.autocast.args...ents?.`|`torch.cuda.amp.autocast"):
        engine.cuda.amp.autocast(enabled=False)


@BOTH
def test_a_training_step_with_a_disabled_scaler(engine: Any) -> None:
    with pytest.warns(UserWarning, match="GradScaler is enabled, but CUDA is not available"):
        scaler = engine.amp.GradScaler()
    with pytest.warns(FutureWarning, match="`torch.cuda.amp.GradScaler"):
        engine.cuda.amp.GradScaler(enabled=False)
    weight = engine.ones(2, requires_grad=True)
    optimizer = engine.optim.SGD([weight], lr=0.5)
    scaler.scale((weight * 3).sum()).backward()
    scaler.unscale_(optimizer)
    assert scaler.step(optimizer) is None
    scaler.update()
    assert weight.tolist() == [-0.5, -0.5]
    assert (scaler.get_scale(), scaler.is_enabled(), scaler.state_dict()) == (1.0, False, {})
    scaler.load_state_dict({})


SCALER = """
import pickle
p = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
o = torch.optim.SGD([p], lr=0.5)
scaler = torch.amp.GradScaler("cpu")
l = (p * p).mean()
def start():
    o.zero_grad()
    scaler.scale((p * p).mean()).backward()
def train(steps):
    for _ in range(steps):
        start()
        scaler.step(o)
        scaler.update()
"""


@pytest.mark.parametrize(
    ("before", "expression"),
    [
        ("", "scaler.scale(l)"),
        ("", "scaler.scale([l, (l, 2 * l)])"),
        ("", "list(scaler.scale(iter([l, l])))"),
        ("", "scaler.scale(l.double())"),
        ("", "scaler.get_scale(), scaler.is_enabled(), scaler.state_dict()"),
        ("train(4)", "p, scaler.state_dict()"),
        ("start(); scaler.unscale_(o); torch.nn.utils.clip_grad_norm_([p], 0.1); scaler.step(o)", "p, p.grad"),
        ("start(); p.grad[1] = float('nan'); scaler.step(o); scaler.update()", "p, scaler.state_dict()"),
        ("scaler.set_growth_interval(2); train(5)", "scaler.state_dict(), scaler.get_growth_interval()"),
        ("start(); scaler.set_growth_interval(1); scaler.update(3e38); train(1)", "scaler.get_scale()"),
        ("scaler.set_growth_factor(4.0); scaler.set_backoff_factor(0.1); train(1)", "scaler.state_dict()"),
        ("", "scaler.get_growth_factor(), scaler.get_backoff_factor()"),
        ("start(); scaler.step(o); scaler.update(8.0)", "scaler.scale(l)"),
        ("start(); scaler.step(o); scaler.update(torch.tensor(4.0))", "scaler.scale(l)"),
        (
            "train(2); other = torch.amp.GradScaler('cpu', 4.0); other.load_state_dict(scaler.state_dict())",
            "other.scale(l)",
        ),
        (
            "train(2); scaler.load_state_dict({**scaler.state_dict(), 'scale': 2.0})",
            "scaler.scale(l), scaler.state_dict()",
        ),
        ("train(2)", "pickle.loads(pickle.dumps(scaler)).state_dict()"),
        ("scaler = torch.amp.GradScaler('cpu', enabled=False)", "scaler.scale(3), scaler.step(o, lambda: l)"),
    ],
)
def test_a_scaler_on_the_cpu(before: str, expression: str) -> None:
    check_same(expression, SCALER + before)


@pytest.mark.parametrize(
    ("before", "expression", "phrase"),
    [
        ("", "scaler.update()", "Attempted update but _scale is None"),
        ("", "scaler.step(o)", "Attempted step but _scale is None"),
        ("", "scaler.unscale_(o)", "Attempted unscale_ but _scale is None"),
        ("", "scaler.scale(3.0)", "outputs must be a Tensor or an iterable of Tensors"),
        ("scaler.scale(l)", "scaler.update()", "No inf checks were recorded prior to update"),
        ("scaler.scale(l)", "scaler.step(o)", "No inf checks were recorded for this optimizer"),
        ("start(); scaler.unscale_(o)", "scaler.unscale_(o)", "unscale_() has already been called on this optimizer"),
        ("start(); scaler.step(o)", "scaler.step(o)", "step() has already been called since the last update"),
        ("start(); scaler.step(o)", "scaler.unscale_(o)", "unscale_() is being called after step()"),
        ("start(); scaler.step(o)", "pickle.dumps(scaler)", "may only be pickled at the beginning of an iteration"),
        ("start()", "scaler.step(o, closure=lambda: l)", "Closure use is not currently supported"),
        ("p.data = p.data.half(); start()", "scaler.step(o)", "Attempting to unscale FP16 gradients"),
        ("", "torch.amp.GradScaler('cpu', growth_factor=1.0)", "The growth factor must be > 1.0"),
        ("", "torch.amp.GradScaler('cpu', backoff_factor=1.0)", "The backoff factor must be < 1.0"),
        ("", "scaler.load_state_dict({})", "The source state dict is empty"),
    ],
)
def test_a_scaler_used_in_the_wrong_order(before: str, expression: str, phrase: str) -> None:
    check_same_error(expression, phrase, SCALER + before)


def test_mixed_precision_on_the_cpu_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="autocast to torch.bfloat16 on cpu: minitorch has no mixed precision"):
        minitorch.autocast("cpu")
    assert minitorch.amp.is_autocast_available("cpu") is False


def test_functions_with_custom_casts() -> None:
    class Double(minitorch.autograd.Function):
        @staticmethod
        @minitorch.amp.custom_fwd(device_type="cuda", cast_inputs=minitorch.float32)
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        @minitorch.amp.custom_bwd(device_type="cuda")
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = minitorch.ones(1, requires_grad=True)
    Double.apply(x).backward()
    assert x.grad is not None and x.grad.item() == 2
    with pytest.warns(FutureWarning, match="torch.cuda.amp.custom_fwd"):
        assert minitorch.cuda.amp.custom_fwd(len) is len
    with pytest.warns(FutureWarning, match="torch.cuda.amp.custom_bwd"):
        assert minitorch.cuda.amp.custom_bwd(len) is len


@BOTH
def test_data_parallel_without_a_gpu_is_the_module(engine: Any) -> None:
    inner = engine.nn.Linear(2, 1)
    model = engine.nn.DataParallel(inner, device_ids=[0])
    assert list(model.state_dict()) == ["module.weight", "module.bias"] and model.device_ids == []
    assert repr(model) == "DataParallel(\n  (module): Linear(in_features=2, out_features=1, bias=True)\n)"
    assert model(engine.ones(1, 2)).item() == inner(engine.ones(1, 2)).item() and model.module is inner


# --- processes -------------------------------------------------------------------------------------------------------


def _fill(i: int, shared: Any) -> None:
    shared[i] = i + 1


def _fail(i: int) -> None:
    if i == 1:
        raise ValueError("from process one")


def _leave(i: int, code: int) -> None:
    os._exit(code)


def test_processes_are_python_s() -> None:
    import multiprocessing

    mp = minitorch.multiprocessing
    missing = [name for name in torch.multiprocessing.__all__ if not hasattr(mp, name)]
    assert missing == []
    assert mp.Process is multiprocessing.Process and mp.get_context("spawn").Queue


def test_spawn_runs_a_function_in_each_process() -> None:
    shared = minitorch.multiprocessing.Array("i", 2)
    assert minitorch.multiprocessing.spawn(_fill, (shared,), nprocs=2, start_method="fork") is None
    assert list(shared) == [1, 2]
    context = minitorch.multiprocessing.spawn(_fill, (shared,), nprocs=2, join=False, start_method="fork")
    assert context is not None and len(context.pids()) == 2
    while not context.join(timeout=5):
        continue


def test_what_a_spawned_process_raises() -> None:
    mp = minitorch.multiprocessing
    with pytest.raises(mp.ProcessRaisedException, match="-- Process 1 terminated with the following error") as caught:
        mp.spawn(_fail, nprocs=2, start_method="fork")
    assert "ValueError: from process one" in str(caught.value) and caught.value.error_index == 1
    with pytest.raises(mp.ProcessExitedException, match="process 0 terminated with exit code 3") as left:
        mp.spawn(_leave, (3,), start_method="fork")
    assert left.value.exit_code == 3


# --- testing ---------------------------------------------------------------------------------------------------------

PAIRS = [
    "torch.ones(2), torch.ones(2)",
    "torch.ones(2), torch.zeros(2)",
    "torch.ones(2), torch.ones(3)",
    "torch.ones(2), torch.ones(2).double()",
    "torch.ones(2), torch.ones(2).double(), check_dtype=False",
    "torch.ones(2), torch.zeros(2).double(), check_dtype=False",
    "torch.tensor([1, 2]), torch.tensor([1, 3])",
    "torch.tensor([1, 2]), torch.tensor([1, 3]), rtol=0, atol=0.5",
    "torch.tensor([1, 2]), torch.tensor([1, 3]), rtol=0, atol=1",
    "torch.tensor(float('nan')), torch.tensor(float('nan'))",
    "torch.tensor([float('nan')]), torch.tensor([float('nan')]), equal_nan=True",
    "torch.tensor([1.0, float('inf')]), torch.tensor([1.0, float('inf')])",
    "torch.ones(()), torch.zeros(())",
    "torch.tensor([True, False]), torch.tensor([True, True])",
    "torch.ones(2, 2), torch.ones(2, 2) + torch.eye(2)",
    "torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64) + 1e-6",
    "torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64) + 1e-8",
    "torch.ones(2), torch.ones(2) + 1e-6",
    "torch.ones(1, dtype=torch.float16), torch.ones(1, dtype=torch.float16) * 1.002",
    "torch.ones(0), torch.ones(0)",
    "torch.ones(2, 3), torch.ones(3, 2).t(), check_stride=True",
    "torch.ones(2, 3), torch.ones(3, 2).t()",
    "torch.nn.Parameter(torch.ones(1)), torch.ones(1)",
    "torch.nn.Parameter(torch.ones(1)), torch.ones(1), allow_subclasses=False",
    "torch.ones(2), torch.zeros(2), rtol=0.1, atol=0.2",
    "torch.ones(2), torch.zeros(2), msg='hey'",
    "torch.ones(2), torch.zeros(2), msg=lambda text: 'X' + text",
    "1.0, 1.1",
    "1.0, 1.00000001",
    "1, 2",
    "1, 1.0",
    "1, 1.0, check_dtype=False",
    "1j, 2j",
    "True, False",
    "True, True",
    "None, None",
    "[1.0, 2.0], [1.0, 2.1]",
    "[1], [1, 2]",
    "{'a': torch.ones(2)}, {'a': torch.zeros(2)}",
    "{'a': [1, {'b': 2}]}, {'a': [1, {'b': 3}]}",
    "{'a': 1}, {'b': 1}",
    "np.ones(2), np.zeros(2)",
    "np.ones(2), np.ones(2)",
    "np.ones(2), torch.ones(2)",
    "torch.ones(2), 1.0",
    "torch.ones(2), [1.0, 1.0]",
    "'a', 'b'",
]


@pytest.mark.parametrize("pair", PAIRS)
def test_assert_close_says_what_torchs_does(pair: str) -> None:
    said = []
    for engine in ENGINES.values():
        try:
            eval(f"torch.testing.assert_close({pair})", {"torch": engine, "np": np})
            said.append("passes")
        except (AssertionError, TypeError) as error:
            text = f"{type(error).__name__}: {error}"
            said.append(text.replace("minitorch.tensor", "torch").replace("minitorch.", "torch."))
    assert said[0] == said[1]


def test_make_tensor() -> None:
    make = minitorch.testing.make_tensor
    made = make((50, 4), dtype=minitorch.float32, device="cpu", low=2, high=3, requires_grad=True)
    assert made.shape == (50, 4) and made.requires_grad and bool(((made >= 2) & (made < 3)).all())
    whole = make(200, dtype=minitorch.int64, device="cpu", exclude_zero=True)
    assert whole.dtype is minitorch.int64 and not bool((whole == 0).any()) and int(whole.min()) >= -9
    assert not make(3, 4, dtype=minitorch.float64, device="cpu", noncontiguous=True).is_contiguous()
    assert make(20, dtype=minitorch.bool, device="cpu").unique().tolist() == [False, True]
    with pytest.raises(ValueError, match="`low` must be less than `high`"):
        make(2, dtype=minitorch.float32, device="cpu", low=3, high=2)


# --- hub -------------------------------------------------------------------------------------------------------------


def test_the_folder_of_downloads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TORCH_HOME", raising=False)
    check_same("torch.hub.get_dir()")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    check_same("torch.hub.get_dir()")
    monkeypatch.setattr("minitorch.hub._dir", [])
    minitorch.hub.set_dir(tmp_path / "own")
    assert minitorch.hub.get_dir() == str(tmp_path / "own")


def test_weights_from_a_url(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "there" / "weights.pt"
    source.parent.mkdir()
    torch.save({"w": torch.arange(3.0)}, source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    named = source.with_name(f"net-{digest[:8]}.pth")
    named.write_bytes(source.read_bytes())
    home = tmp_path / "home"
    load = minitorch.hub.load_state_dict_from_url
    assert load(named.as_uri(), str(home), check_hash=True)["w"].tolist() == [0, 1, 2]
    assert "Downloading" in capfd.readouterr().err
    named.unlink()
    assert load(named.as_uri(), str(home), progress=False)["w"].tolist() == [0, 1, 2]
    with pytest.raises(RuntimeError, match='invalid hash value .expected "0000"'):
        minitorch.hub.download_url_to_file(source.as_uri(), str(home / "x.pt"), "0000", progress=False)
    assert [each.name for each in home.iterdir()] == [named.name]


def test_models_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "hubconf.py").write_text('def small(n=1):\n    """A list."""\n    return [0] * n\n\n_hidden = len\n')
    hub = minitorch.hub
    assert hub.load(str(tmp_path), "small", 3, source="local", trust_repo=True) == [0, 0, 0]
    assert hub.list(str(tmp_path), source="local") == ["small"]
    assert hub.help(str(tmp_path), "small", source="local") == "A list."
    with pytest.raises(RuntimeError, match="Cannot find callable large in hubconf"):
        hub.load(str(tmp_path), "large", source="local")
    with pytest.raises(NotSupportedError, match="does not fetch code"):
        hub.load("pytorch/vision", "resnet18")
    with pytest.raises(ValueError, match="Unknown source"):
        hub.load("x", "y", source="z")
    with pytest.raises(FileNotFoundError, match="no hubconf.py"):
        hub.load(str(tmp_path / "no"), "y", source="local")


def test_no_warning_is_raised_by_the_import() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert minitorch.backends.cudnn.enabled


# --- older and inner places of names ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Number", "Device", "FileLike", "_size", "_TensorOrTensors", "py_sym_types"])
def test_types_are_for_annotations(name: str) -> None:
    assert hasattr(torch.types, name)
    assert getattr(minitorch.types, name) is not None


def test_types_tell_what_torchs_do() -> None:
    for value in ("1", "2.5", "True", "1j", "'a'", "torch.Size([1])"):
        check_same(f"isinstance({value}, torch.types.Number)")
    check_same("torch.types._int, torch.types._float, torch.types._bool, torch.types._Number")
    assert minitorch.types._device is minitorch.device and minitorch.types._dtype is minitorch.dtype


def test_layers_types_have_torchs_names() -> None:
    own = {name for name in vars(common_types) if name.endswith("_t")}
    theirs = {name for name in vars(torch.nn.common_types) if name.endswith("_t") and "scalar_or" not in name}
    assert own == theirs


def test_what_it_computes_with_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    text = minitorch.__config__.show()
    assert f"minitorch {minitorch.__version__}" in text and f"NumPy {np.__version__}" in text
    assert f"BLAS: {blas['name']} {blas['version']}" in text
    lines = minitorch.__config__.parallel_info().splitlines()
    assert f"torch.get_num_threads() : {minitorch.get_num_threads()}" in lines
    assert {"\tOMP_NUM_THREADS : 3", "\tMKL_NUM_THREADS : [not set]"} <= set(lines)


@BOTH
def test_old_names_of_mixed_precision_on_the_cpu_warn(engine: Any) -> None:
    amp = engine.cpu.amp
    with pytest.warns(FutureWarning, match=r"`torch.cpu.amp.autocast\(args...\)` is deprecated"):
        assert isinstance(amp.autocast(enabled=False), engine.amp.autocast)
    with pytest.warns(FutureWarning, match=r"`torch.cpu.amp.GradScaler\(args...\)` is deprecated"):
        scaler = amp.GradScaler(init_scale=4.0)
    assert scaler.scale(engine.ones(1)).item() == 4


@BOTH
def test_an_old_function_that_knows_whether_it_is_in_place(engine: Any) -> None:
    class Double(engine.autograd.function.InplaceFunction):  # type: ignore[misc]  # of either engine
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = engine.ones(1, requires_grad=True)
    Double.apply(x).backward()
    assert x.grad.item() == 2
    with pytest.warns(DeprecationWarning, match="should not be instantiated") as caught:
        assert Double(True).inplace
    assert caught[0].filename == __file__ or engine is torch


@pytest.mark.parametrize(
    "fill",
    ["uniform_(t, -1, 2)", "normal_(t, 1, 3)", "trunc_normal_(t, 0, 1, -1, 1)", "fill_(t, 3.0)", "zero_(t)"],
)
def test_inner_names_of_the_initial_values(fill: str) -> None:
    check_same(f"torch.nn.init._no_grad_{fill}, t.requires_grad", "torch.manual_seed(1); t = torch.ones(3, 4)")


def test_inner_place_of_collation() -> None:
    inner = minitorch.utils.data._utils
    assert inner.collate.default_collate is minitorch.utils.data.default_collate
    assert inner.worker.get_worker_info is minitorch.utils.data.get_worker_info
