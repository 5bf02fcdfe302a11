"""Everything over `tests/standin.py`, which plays CuPy: an array on the wrong side is found without a GPU.

`HYPOTHESIS_PROFILE=deep pytest tests/test_standin.py` tries as many examples as that profile says; otherwise few are.
"""

from __future__ import annotations

import functools
import io
import pickle
import subprocess
import sys
import textwrap
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import Phase, settings

import minitorch
from minitorch import nn
from minitorch.array_random import ArrayStream
from minitorch.devices import be_lenient
from minitorch.nn.utils import clip_grad_norm_
from minitorch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from minitorch.ops import random as random_ops
from minitorch.tensor import wrap
from parity.__main__ import main as parity_command
from parity.levels import LEVELS, Level
from parity.on_gpu import OnGpu
from parity.subject import Subject
from tests import standin
from tests.standin import StandinArray

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def cupy() -> Iterator[types.ModuleType]:
    """The stand-in in CuPy's place."""
    with standin.installed() as module:
        yield module


# --- the stand-in -----------------------------------------------------------------------------------------------------


def test_it_has_what_cupy_has() -> None:
    """The tables of names, arguments and loops against CuPy's own, which needs no GPU for them."""
    told = subprocess.run(
        [sys.executable, "-c", "import cupy"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    if told.returncode:
        pytest.skip("CuPy is not installed")
    program = """
        import inspect, cupy
        from tests import standin
        def found(path):
            return functools.reduce(getattr, path.split("."), cupy)
        for path, text in standin._rows(standin.SIGNATURES):
            own = standin.parameters(text).parameters.values()
            theirs = inspect.signature(found(path)).parameters.values()
            assert [(p.name, p.kind) for p in own] == [(p.name, p.kind) for p in theirs], path
            assert [p.default for p in own] == [p.default for p in theirs], path
        for name, text in standin._rows(standin.METHODS):
            written = " ".join(getattr(cupy.ndarray, name).__doc__.split())
            for own in standin.parameters(text).parameters:
                assert own in written, (name, own)
        for name, ufunc in standin.UFUNCS.items():
            theirs = [each for each in found(name).types if not set("FDGV") & set(each)]
            assert ufunc.types == theirs, name
    """
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import functools\n" + textwrap.dedent(program)], cwd=ROOT, check=True
    )


@pytest.mark.parametrize(
    ("mixed", "error"),
    [
        ("np.asarray(x)", "Implicit conversion to a NumPy array is not allowed"),
        ("np.add(x, x)", "does not support ufuncs"),
        ("x + h", "Unsupported type <class 'numpy.ndarray'>"),
        ("h + x", "Unsupported type <class 'numpy.ndarray'>"),
        ("x * np.float32(2)", "Unsupported type <class 'numpy.float32'>"),
        ("np.float32(2) * x", "Unsupported type <class 'numpy.float32'>"),
        ("cupy.maximum(x, h)", "Unsupported type"),
        ("cupy.where(x > 1, x, h)", "Unsupported type"),
        ("cupy.concatenate([x, h])", "Only cupy arrays can be concatenated"),
        ("x.__setitem__(0, h[0])", "Unsupported type"),
        ("x[h.astype(int)]", "Unsupported type"),
        ("x.__iadd__(h)", "Unsupported type"),
        ("range(cupy.asarray(3))", "cannot be interpreted as an integer"),
        ("cupy.sum(x, where=x > 1)", "unexpected keyword argument 'where'"),
        ("x.max(initial=0)", "unexpected keyword argument 'initial'"),
        ("cupy.add(x, x, where=x > 1)", "unexpected keyword argument 'where'"),
        ("cupy.linalg.inv(cupy.eye(2).astype('float16'))", "float16 is unsupported in linalg"),
        ("cupy.add.at(x.astype('int8'), cupy.arange(2), 1)", "cupy.add.at only supports"),
        ("float(x[:1])", "only 0-dimensional arrays can be converted to Python scalars"),
        ("int(x[:1])", "only 0-dimensional arrays can be converted to Python scalars"),
        ("cupy.concatenate([x, x[0]])", "zero-dimensional arrays cannot be concatenated"),
        ("cupy.array([x[0], 1.0])", "Implicit conversion to a NumPy array is not allowed"),
        ("cupy.clip(x > 1, None, 1)", "Unsupported type <class 'NoneType'>"),
    ],
)
def test_it_refuses(cupy: Any, mixed: str, error: str) -> None:
    scope = {"np": np, "cupy": cupy, "x": cupy.asarray([1.0, 2.0], "float32"), "h": np.ones(2, "float32")}
    with pytest.raises(TypeError, match=error):
        eval(mixed, scope)


def test_it_behaves_as_cupy(cupy: Any) -> None:
    x = cupy.asarray([1.0, 2.0, 3.0], "float32")
    before = standin.waits()
    assert (x + 1).dtype == "float32" and (x.astype("int8") * 2).dtype == "int8"
    assert isinstance(x.sum(), StandinArray) and x.sum().shape == ()
    assert standin.waits() == before
    assert float(x.sum()) == 6 and bool((x > 0).all()) and x[cupy.asarray([3, -1])].tolist() == [1, 3]
    assert standin.waits() > before
    cupy.broadcast_to(x, (2, 3))[0, 0] = 5
    assert x.get().tolist() == [5, 2, 3]
    assert np.isnan(cupy.linalg.inv(cupy.zeros((2, 2))).get()).all()
    for missing in ("frompyfunc", "nditer", "vectorize"):
        assert not hasattr(cupy, missing)
    for missing in (lambda: cupy.multiply.at(x, cupy.arange(2), x[:2]), lambda: cupy.maximum.accumulate(x)):
        with pytest.raises(NotImplementedError, match="is not supported yet"):
            missing()
    with pytest.raises(ValueError, match="nonzero on 0d arrays"):
        cupy.asarray(1).nonzero()
    for along in (x[0].sum, x[0].max, x[0].argmax, x[0].cumsum, functools.partial(cupy.any, x[0])):
        with pytest.raises(np.exceptions.AxisError, match="axis 0 is out of bounds"):
            along(axis=0)
    with pytest.raises(ValueError, match="input has to be 1d"):
        cupy.meshgrid(x[0], x)
    with pytest.raises(np.linalg.LinAlgError, match="at least two-dimensional"):
        cupy.linalg.inv(x)


# --- all that is compared with torch ----------------------------------------------------------------------------------


class OnDevice(OnGpu):
    """minitorch on the stand-in, whose memory can be looked at."""

    in_reach = True

    def tensor(self, view: Any, requires_grad: bool) -> Any:
        made = wrap(StandinArray(view))
        return made.requires_grad_() if requires_grad else made

    def array(self, tensor: Any) -> Any:
        array = tensor.detach()._array
        self.check_place(array)
        return array.memory if isinstance(array, StandinArray) else array


SUBJECTS = [
    pytest.param(level, subject, id=f"{level.name}-{subject.name}")
    for level in LEVELS
    for subject in level.load()
    if subject.name not in OnGpu.leaves_out and level.name != "scheduler"
]


@pytest.mark.parametrize(("level", "subject"), SUBJECTS)
def test_parity_on_the_device(level: Level, subject: Subject) -> None:
    profile = settings()
    deep = profile.max_examples > 100
    if not deep:
        profile = settings(max_examples=2, derandomize=True, database=None, phases=[Phase.generate])
    engine = OnDevice()
    with engine.trying(level.name, subject.name):
        assert level.trials(engine, torch, profile=profile).check(subject).examples > 0


@pytest.mark.parametrize(
    ("argv", "code", "told"),
    [
        (["--ops", "[bt]anh", "--modules", "LSTM", "--optimizers", "Adam", "--schedulers", "StepLR"], 0, "agree"),
        (["--ops", "conv2d"], 0, "1 of 1 agree"),
        (["--ops", "get_device"], 0, "op get_device is left out: it tells the device"),
        (["--ops", "dropout"], 0, "1 of 1 agree"),
    ],
)
def test_the_parity_command_on_the_device(
    argv: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parity_command([*argv, "--engine", "cupy", "--examples", "6"]) == code
    out = capsys.readouterr().out
    assert told in out and "FAILED" not in out


def test_the_parity_command_finds_what_differs_on_the_device(
    cupy: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cupy, "tanh", cupy.sin)
    assert parity_command(["--ops", "tanh", "--engine", "cupy", "--examples", "6"]) == 1
    assert "tanh: result: worst element" in capsys.readouterr().out


# --- tensors on two devices -------------------------------------------------------------------------------------------

APART = (RuntimeError, "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!")
INDEX = (RuntimeError, r"indices should be either on cpu or on the same device as the indexed tensor \(cpu\)")
NO_NUMPY = (TypeError, "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu\\(\\) to copy the tensor")


def scope() -> dict[str, Any]:
    """Tensors on both sides: x on the device, c on the CPU; z and zx of no dimension; i and ix indices."""
    c = minitorch.tensor([1.0, 2.0, 3.0])
    z, i = minitorch.tensor(2.0), minitorch.tensor([0, 2])
    own = {"torch": minitorch, "nn": nn, "np": np, "pickle": pickle, "c": c, "z": z, "i": i}
    return own | {"x": c.cuda(), "zx": z.cuda(), "ix": i.cuda()}


@pytest.mark.parametrize(
    ("use", "error"),
    [
        *[
            (use, APART)
            for use in [
                "x + c",
                "c + x",
                "c + zx",
                "x.add_(c)",
                "c.add_(x)",
                "z.add_(zx)",
                "torch.where(x > 1, x, c)",
                "torch.maximum(x, c)",
                "torch.cat([x, c])",
                "torch.stack([c, x])",
                "c @ x",
                "torch.addmm(c, x[None], c[:, None])",
                "torch.einsum('i,i', x, c)",
                "torch.equal(x, c)",
                "torch.allclose(x, c)",
                "torch.isin(x, c)",
                "torch.bucketize(x, c)",
                "x.masked_fill(c > 1, 0.0)",
                "torch.index_select(x, 0, i)",
                "torch.gather(x, 0, i)",
                "torch.gather(c, 0, ix)",
                "x.index_add(0, i, c[:2])",
                "x.scatter(0, ix, c[:2])",
                "nn.functional.mse_loss(x, c)",
                "nn.functional.cross_entropy(x[None], torch.tensor([1]))",
                "nn.functional.embedding(i, x[:, None])",
                "nn.functional.embedding(i, x[:, None], max_norm=1.0)",
                "nn.EmbeddingBag(5, 3).cuda()(i[None])",
                "nn.LSTM(3, 2).cuda()(torch.ones(1, 1, 3))",
                "nn.GRUCell(3, 2).cuda()(torch.ones(1, 3))",
                "nn.Linear(3, 2)(x)",
                "nn.Linear(3, 2).cuda()(c)",
                "nn.BatchNorm1d(3).cuda()(torch.ones(2, 3))",
                "nn.Conv2d(1, 1, 1)(torch.ones(1, 1, 2, 2, device='cuda'))",
                "torch.add(x, x, out=torch.empty(3))",
                "torch.add(c, c, out=torch.empty(3, device='cuda'))",
            ]
        ],
        ("c[ix]", INDEX),
        ("c[x > 1]", INDEX),
        ("x.numpy()", NO_NUMPY),
        ("np.asarray(x)", NO_NUMPY),
        ("x.requires_grad_().numpy()", NO_NUMPY),
        (
            "x.to('foo')",
            (RuntimeError, "Expected one of cpu, cuda, ipu, .* device type at start of device string: foo"),
        ),
        ("torch.ones(1, device='cuda:9')", (RuntimeError, "invalid device ordinal")),
        ("torch.ones(2, device='mps')", (NotImplementedError, "minitorch has the devices cpu .* and cuda")),
        ("torch.ones(2, out=torch.empty(2, device='cuda'), device='cpu')", (RuntimeError, "device type cpu does not")),
        ("torch.rand(2, device='cuda', generator=torch.Generator())", (RuntimeError, "Expected a 'cuda' device type")),
        ("torch.rand(2, generator=torch.Generator('cuda'))", (RuntimeError, "Expected a 'cpu' device type")),
        ("setattr(c, 'grad', x)", (RuntimeError, "assign a gradient with device type 'cuda' to a tensor with device")),
        ("(c.requires_grad_() * 2).backward(x)", (RuntimeError, "expected device cpu but got cuda:0")),
        ("x.expand(2, 3).add_(1)", (RuntimeError, "more than one element of the written-to tensor refers to a single")),
        (
            "nn.utils.rnn.pack_padded_sequence(x[:, None], ix[1:])",
            (RuntimeError, "'lengths' argument should be a 1D CPU"),
        ),
        ("torch.linalg.inv(torch.zeros(2, 2, device='cuda'))", (RuntimeError, "diagonal element 1 is zero")),
        (
            "torch.linalg.solve(torch.zeros(2, 2).cuda(), torch.ones(2).cuda())",
            (RuntimeError, "the input matrix is sing"),
        ),
        ("torch.linalg.cholesky(-torch.eye(2, device='cuda'))", (RuntimeError, "leading minor of order 1 is not pos")),
        ("torch.testing.assert_close(x, c)", (AssertionError, "'device' do not match: cuda:0 != cpu")),
    ],
)
def test_what_is_refused(use: str, error: tuple[type[Exception], str]) -> None:
    with pytest.raises(error[0], match=error[1]):
        eval(use, scope())


def test_an_index_on_the_cpu_is_refused_though_cupy_takes_it(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    take = cupy.take
    monkeypatch.setattr(cupy, "take", lambda a, indices, axis: take(a, cupy.asarray(indices), axis=axis))
    with pytest.raises(APART[0], match=APART[1]):
        eval("torch.index_select(x, 0, i)", scope())
    be_lenient()
    try:
        assert eval("torch.index_select(x, 0, i)", scope()).tolist() == [1, 3]
    finally:
        be_lenient(False)


@pytest.mark.parametrize(
    ("use", "values"),
    [
        ("x + z", [3, 4, 5]),
        ("z - x", [1, 0, -1]),
        ("x ** z", [1, 4, 9]),
        ("z + zx", 4),
        ("2 / x", [2, 1, 2 / 3]),
        ("torch.where(x > 1, x, z)", [2, 2, 3]),
        ("torch.maximum(x, z)", [2, 2, 3]),
        ("x.clamp(min=z)", [2, 2, 3]),
        ("x.add_(z)", [3, 4, 5]),
        ("x.masked_fill(x > 1, z)", [1, 2, 2]),
        ("x.index_put((i,), z)", [2, 2, 2]),
        ("x[i]", [1, 3]),
        ("x[ix]", [1, 3]),
        ("x[c > 1]", [2, 3]),
        ("x[[0, -1]]", [1, 3]),
        ("x[np.array([0, 2])]", [1, 3]),
        ("x[torch.tensor(1)]", 2),
        ("x.copy_(c + 1)", [2, 3, 4]),
        ("x.new_tensor([1, 2])", [1, 2]),
        ("torch.ones(2, out=torch.empty(2, device='cuda'))", [1, 1]),
        ("torch.tensor(np.ones(2), device='cuda')", [1, 1]),
        ("torch.as_tensor(c, device='cuda')", [1, 2, 3]),
        ("torch.cuda.FloatTensor([1, 2])", [1, 2]),
        ("c.type('torch.cuda.FloatTensor')", [1, 2, 3]),
        ("pickle.loads(pickle.dumps(x))", [1, 2, 3]),
        (
            "torch.tensor([2, 3], dtype=torch.int8).cuda().scatter_reduce(0, x.long() // 2, x.to(torch.int8), 'prod')",
            [2, 18],
        ),
        ("torch.ones(3, dtype=torch.bool).cuda().index_add(0, ix, (ix > 5))", [1, 1, 1]),
    ],
)
def test_what_goes_together(use: str, values: Any) -> None:
    result = eval(use, scope())
    assert result.is_cuda and result.device == minitorch.device("cuda:0")
    assert np.allclose(result.cpu().numpy(), values)


def test_what_is_written_from_the_other_side() -> None:
    x, c = scope()["x"], scope()["c"]
    x[0], x[1:] = minitorch.tensor(7.0), c[1:] * 2
    assert x.cpu().tolist() == [7, 4, 6]
    c.copy_(x)
    assert c.tolist() == [7, 4, 6] and c.is_cpu


def test_gradients_go_back_to_where_the_tensors_lie() -> None:
    c = minitorch.tensor([1.0, 2.0], requires_grad=True)
    z = minitorch.tensor(3.0, requires_grad=True)
    (c.cuda() * z).sum().backward()
    assert c.grad is not None and c.grad.is_cpu and c.grad.tolist() == [3, 3]
    assert z.grad is not None and z.grad.is_cpu and z.grad.tolist() == 3


def squares(x: minitorch.Tensor) -> minitorch.Tensor:
    return x * x


@pytest.mark.parametrize(
    "use",
    [
        "torch.autograd.gradcheck(squares, x) and torch.autograd.gradgradcheck(squares, x)",
        "torch.autograd.functional.jacobian(squares, x).is_cuda",
        "torch.autograd.functional.hessian(lambda x: squares(x).sum(), x).is_cuda",
        "torch.utils.checkpoint.checkpoint(squares, x, use_reentrant=False).sum().backward() or x.grad.is_cuda",
        "nn.utils.parameters_to_vector([x]).is_cuda",
        "nn.utils.parametrizations.weight_norm(nn.Linear(2, 2).cuda())(x.float()).is_cuda",
        "nn.utils.parametrizations.spectral_norm(nn.Linear(2, 2).cuda())(x.float()).is_cuda",
        "nn.init.orthogonal_(torch.empty(3, 2, device='cuda')).is_cuda",
        "nn.DataParallel(nn.Linear(2, 2).cuda(), [0])(x.float()).is_cuda",
        "nn.functional.one_hot(x.long()).is_cuda",
    ],
)
def test_what_is_built_of_operations(use: str) -> None:
    x = minitorch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=minitorch.float64, device="cuda", requires_grad=True)
    assert eval(use, {"torch": minitorch, "nn": nn, "squares": squares, "x": x})


def test_another_gpu_is_used_while_it_is_the_current_one() -> None:
    x = minitorch.tensor([1.0, 2.0], device="cuda:1", requires_grad=True)
    with minitorch.cuda.device(1):
        (x * 2).sum().backward()
    assert x.grad is not None and x.grad.device == minitorch.device("cuda:1") and x.grad.tolist() == [2, 2]


def test_how_a_tensor_on_the_device_looks() -> None:
    x = minitorch.tensor([[1.0, 2.5]], device="cuda", requires_grad=True)
    assert repr(x) == "tensor([[1.0000, 2.5000]], device='cuda:0', requires_grad=True)"
    assert repr(x * 2) == "tensor([[2., 5.]], device='cuda:0', grad_fn=<MulBackward0>)"
    assert repr(x.detach().long()) == "tensor([[1, 2]], device='cuda:0')"
    assert repr(minitorch.zeros(0, device="cuda")) == "tensor([], device='cuda:0')"
    assert "1000" not in repr(minitorch.zeros(40, 40, device="cuda"))
    assert (x.type(), x.get_device(), x.is_cuda, x.cpu().device.type) == ("torch.cuda.FloatTensor", 0, True, "cpu")


def test_saved_here_and_loaded_there(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).cuda()
    minitorch.save(model.state_dict(), tmp_path / "model.pt")
    for place, device in ((None, "cuda"), ("cpu", "cpu"), ("cuda:0", "cuda"), (lambda storage, _: storage, "cpu")):
        state = minitorch.load(tmp_path / "model.pt", map_location=place)
        assert {each.device.type for each in state.values()} == {device}
        assert nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).load_state_dict(state)
    assert {each.device.type for each in torch.load(tmp_path / "model.pt", map_location="cpu").values()} == {"cpu"}
    buffer = io.BytesIO()
    minitorch.save(minitorch.ones(2), buffer)
    buffer.seek(0)
    assert minitorch.load(buffer, map_location="cuda").is_cuda


# --- random numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "mean", "spread"),
    [
        ("torch.rand(n, generator=g)", 0.5, 0.2887),
        ("torch.randn(n, generator=g)", 0, 1),
        ("torch.randint(0, 10, (n,), generator=g)", 4.5, 2.872),
        ("torch.randperm(n, generator=g)", 9999.5, 5773.5),
        ("torch.normal(x * 0 + 3, 2.0, generator=g)", 3, 2),
        ("torch.bernoulli(x * 0 + 0.25, generator=g)", 0.25, 0.433),
        ("torch.poisson(x * 0 + 4, generator=g)", 4, 2),
        ("torch.distributions.Gamma(x + 2.0, 0.5).sample()", 4, 2.828),
        ("torch.multinomial(torch.tensor([1.0, 3.0]), n, True, generator=g)", 0.75, 0.433),
        ("x.uniform_(2, 4, generator=g)", 3, 0.577),
        ("x.normal_(2, 4, generator=g)", 2, 4),
        ("x.exponential_(0.5, generator=g)", 2, 2),
        ("x.geometric_(0.5, generator=g)", 2, 1.414),
        ("x.log_normal_(0, 0.5, generator=g)", 1.133, 0.604),
        ("nn.functional.dropout(x + 1, 0.2)", 1, 0.5),
        ("nn.init.trunc_normal_(x)", 0, 0.8796),
    ],
)
def test_numbers_drawn_on_the_device(draw: str, mean: float, spread: float) -> None:
    n = 20000
    with minitorch.device("cuda"):
        generator = minitorch.Generator("cuda")
        own = {"torch": minitorch, "nn": nn, "n": n, "g": generator}
        drawn = []
        for _ in range(2):
            generator.manual_seed(5)
            minitorch.manual_seed(5)
            drawn.append(eval(draw, own | {"x": minitorch.zeros(n)}))
    assert all(each.is_cuda for each in drawn) and minitorch.equal(*drawn)
    values = drawn[0].double()
    assert float(values.mean()) == pytest.approx(mean, abs=6 * spread / n**0.5)
    assert float(values.std()) == pytest.approx(spread, rel=0.06)


@pytest.mark.parametrize(
    "draw", ["x.cauchy_()", "x.random_()", "x.long().random_(3, 7)", "torch.multinomial(x + 1, 3)"]
)
def test_other_numbers_drawn_on_the_device(draw: str) -> None:
    drawn = eval(draw, {"torch": minitorch, "x": minitorch.zeros(50, device="cuda")})
    assert drawn.is_cuda and len(drawn.unique()) > 2


def test_cupys_generator_is_asked() -> None:
    assert isinstance(random_ops.default_stream(sys.modules["cupy"]), ArrayStream)


# --- training ---------------------------------------------------------------------------------------------------------

Step = Callable[[], minitorch.Tensor]
Made = tuple[nn.Module, Step]


def floats(*shape: int) -> minitorch.Tensor:
    """Some numbers, the same each time."""
    count = int(np.prod(shape))
    return minitorch.sin(minitorch.arange(count, dtype=minitorch.float32) * 1.7).reshape(shape)


def wholes(top: int, *shape: int) -> minitorch.Tensor:
    """Some whole numbers below `top`."""
    return (minitorch.arange(int(np.prod(shape))) * 7 % top).reshape(shape)


def mlp(place: str) -> Made:
    """Lecture 7: three layers with sigmoids; the data comes from a DataLoader."""
    model = nn.Sequential(nn.Linear(8, 6), nn.Sigmoid(), nn.Linear(6, 4), nn.Sigmoid(), nn.Linear(4, 1), nn.Sigmoid())
    data = minitorch.utils.data.TensorDataset(floats(12, 8), wholes(2, 12, 1).float())
    batches = iter(list(minitorch.utils.data.DataLoader(data, batch_size=4)))

    def step() -> minitorch.Tensor:
        x, y = (each.to(place) for each in next(batches))
        return nn.BCELoss()(model(x), y)

    return model, step


def cnn(place: str) -> Made:
    """Lecture 10, with batch normalization and dropout's place taken by pooling."""
    model = nn.Sequential(
        nn.Conv2d(1, 4, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, 10),
    )  # fmt: skip
    x, y = floats(4, 1, 14, 14).to(place), wholes(10, 4).to(place)
    return model, lambda: nn.functional.cross_entropy(model(x), y)


class Names(nn.Module):
    """Lecture 13: an embedding, a bidirectional GRU over packed sequences, the last states."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 5, padding_idx=0)
        self.gru = nn.GRU(5, 4, 2, bidirectional=True)
        self.out = nn.Linear(8, 3)

    def forward(self, words: minitorch.Tensor, lengths: minitorch.Tensor) -> minitorch.Tensor:
        packed = pack_padded_sequence(self.embedding(words), lengths, enforce_sorted=False)
        output, hidden = self.gru(packed)
        padded, _ = pad_packed_sequence(output)
        scores: minitorch.Tensor = self.out(minitorch.cat([hidden[-1], hidden[-2]], dim=1)) + padded.mean()
        return scores


def names(place: str) -> Made:
    model = Names()
    words, y, lengths = wholes(11, 5, 3).to(place), wholes(3, 3).to(place), minitorch.tensor([3, 5, 2])
    return model, lambda: nn.CrossEntropyLoss()(model(words, lengths), y)


def language_model(place: str) -> Made:
    """A tied LSTM over words, its state carried on."""
    model = nn.ModuleDict({"embed": nn.Embedding(12, 6), "lstm": nn.LSTM(6, 6, 2), "out": nn.Linear(6, 12)})
    model["out"].weight = model["embed"].weight
    words = wholes(12, 7, 3).to(place)
    state: Any = None

    def step() -> minitorch.Tensor:
        nonlocal state
        output, state = model["lstm"](model["embed"](words[:-1]), state)
        state = tuple(each.detach() for each in state)
        return nn.functional.cross_entropy(model["out"](output).view(-1, 12), words[1:].reshape(-1))

    return model, step


def skip_gram(place: str) -> Made:
    """Word vectors with negative sampling."""
    model = nn.ModuleDict({"word": nn.Embedding(10, 4), "context": nn.Embedding(10, 4)})
    words, near, far = (each.to(place) for each in (wholes(10, 6), wholes(9, 6), wholes(10, 6, 3)))

    def step() -> minitorch.Tensor:
        v = model["word"](words)
        good = nn.functional.logsigmoid((v * model["context"](near)).sum(1))
        bad = nn.functional.logsigmoid(-minitorch.bmm(model["context"](far), v.unsqueeze(2)).squeeze(2)).sum(1)
        return -(good + bad).mean()

    return model, step


def transformer(place: str) -> Made:
    """A layer with a causal mask and a padding mask."""
    model = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    x = floats(2, 5, 8).to(place)
    causal = minitorch.ones(5, 5, dtype=minitorch.bool).triu(1).to(place)
    padding = minitorch.zeros(2, 5, dtype=minitorch.bool, device=place)
    padding[1, 3:] = True
    return model, lambda: nn.functional.mse_loss(model(x, causal, padding)[:, :3], x[:, 1:4])


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "mlp": functools.partial(minitorch.optim.RMSprop, lr=0.01, eps=1e-4),  # a gradient of 1e-7 is rounding alone
    "cnn": functools.partial(minitorch.optim.SGD, lr=0.05, momentum=0.5),
    "names": functools.partial(minitorch.optim.Adam, lr=0.01),
    "language_model": functools.partial(minitorch.optim.AdamW, lr=0.01),
    "skip_gram": functools.partial(minitorch.optim.Adagrad, lr=0.1),
    "transformer": functools.partial(minitorch.optim.SGD, lr=0.1),
}


@pytest.mark.parametrize("model", [mlp, cnn, names, language_model, skip_gram, transformer], ids=lambda f: f.__name__)
def test_training_goes_as_on_the_cpu(model: Callable[[str], Made]) -> None:
    """Three steps: loss, norm of the gradients, parameters; and no more waiting than for the loss and the checks."""
    seen: dict[str, list[Any]] = {}
    for place in ("cpu", "cuda"):
        minitorch.manual_seed(3)
        net, step = model(place)
        net.to(place)
        optimizer = OPTIMIZERS[model.__name__](net.parameters())
        told = seen[place] = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = step()
            loss.backward()
            told += [loss.item(), float(clip_grad_norm_(net.parameters(), 0.5))]
            optimizer.step()
        assert all(each.device.type == place for each in [*net.parameters(), *net.buffers(), loss])
        told += [each.cpu().numpy() for each in net.state_dict().values()]
    for mine, theirs in zip(seen["cuda"], seen["cpu"], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-7)
    assert seen["cpu"][0] != seen["cpu"][4]


def test_a_script_written_for_the_cpu_runs_on_the_device(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """`--engine cupy`, in a process of its own with the stand-in in CuPy's place."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            import numpy as np
            import torch
            from torch.utils.data import DataLoader, TensorDataset

            data = TensorDataset(torch.arange(8.0).view(8, 1), torch.arange(8.0).view(8, 1) * 2)
            model = torch.nn.Linear(1, 1)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
            for epoch in range(3):
                for x, y in DataLoader(data, batch_size=4, shuffle=True):
                    loss = torch.nn.functional.mse_loss(model(x), y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
            a = torch.from_numpy(np.ones(2, "float32"))
            packed = torch.nn.utils.rnn.pack_padded_sequence(a.view(2, 1, 1), torch.tensor([2]))
            print(a.device, (a * 2).numpy(), np.asarray(model(a.view(2, 1)).detach()).shape, packed.data.device)
            print((torch.ones(2, device="cpu") + a).device, torch.cat([torch.ones(2, device="cpu"), a]).device)
            print(x.device, loss.device, next(model.parameters()).device, torch.tensor(1).device, loss.item() < 100)
        """)
    )
    program = f"""
        import sys
        from tests import standin
        sys.modules.update(standin.module())
        from minitorch.cli import main
        sys.exit(main(["run", "--engine", "cupy", {str(script)!r}]))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, check=False)
    out, err = capfd.readouterr()
    assert out.splitlines() == [
        "cuda:0 [2. 2.] (2, 1) cuda:0",
        "cuda:0 cuda:0",
        "cuda:0 cuda:0 cuda:0 cuda:0 True",
    ], err
