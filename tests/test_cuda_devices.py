"""Several GPUs: the current one, the others, numbers that none has; over the stand-in, which refuses to mix them."""

from __future__ import annotations

import copy
import io
import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

import minitorch
from tests import standin

CPU, FIRST, SECOND = (minitorch.device(name) for name in ("cpu", "cuda:0", "cuda:1"))


@pytest.fixture(autouse=True)
def two_gpus() -> Iterator[None]:
    with standin.installed():
        yield
        minitorch.cuda.set_device(0)


MAKERS: dict[str, Callable[[Any], Any]] = {
    "to": lambda place: minitorch.ones(2).to(place),
    "ones": lambda place: minitorch.ones(2, device=place),
    "tensor": lambda place: minitorch.tensor([1.0], device=place),
    "rand": lambda place: minitorch.rand(2, device=place),
    "randperm": lambda place: minitorch.randperm(3, device=place),
    "arange": lambda place: minitorch.arange(3, device=place),
    "zeros_like": lambda place: minitorch.zeros_like(minitorch.ones(2), device=place),
    "Linear.to": lambda place: minitorch.nn.Linear(1, 1).to(place).weight,
    "Tensor.cuda": lambda place: minitorch.ones(2).cuda(place),
    "Linear.cuda": lambda place: minitorch.nn.Linear(1, 1).cuda(place).weight,
    "as_tensor": lambda place: minitorch.as_tensor(minitorch.ones(2), device=place),
}


def saved(value: Any) -> io.BytesIO:
    file = io.BytesIO()
    minitorch.save(value, file)
    file.seek(0)
    return file


@pytest.mark.parametrize("maker", MAKERS)
def test_tensors_are_placed_where_they_are_asked_for(maker: str) -> None:
    make = MAKERS[maker]
    for current in (0, 1):
        minitorch.cuda.set_device(current)
        assert make(FIRST).device == FIRST and make(SECOND).device == SECOND
        assert make("cuda").device == minitorch.device("cuda", current)


def test_without_a_number_the_current_gpu_is_meant() -> None:
    first = minitorch.ones(2, device="cuda")
    with minitorch.cuda.device(1):
        assert minitorch.ones(2).cuda().device == minitorch.nn.Linear(1, 1).cuda().weight.device == SECOND
        assert first.to("cuda").device == first.cuda().device == SECOND
        assert minitorch.nn.Linear(1, 1, device="cuda").weight.device == SECOND
        assert first.new_ones(1).device == FIRST
    assert first.cuda() is first and first.to("cuda") is first


def test_a_model_trains_on_the_current_gpu() -> None:
    losses = []
    for index in (0, 1):
        with minitorch.cuda.device(index):
            minitorch.manual_seed(0)
            model = minitorch.nn.Sequential(minitorch.nn.Linear(3, 4), minitorch.nn.ReLU(), minitorch.nn.Linear(4, 1))
            model.cuda()
            optimizer = minitorch.optim.Adam(model.parameters())
            x = minitorch.linspace(0, 1, 6).view(2, 3).cuda()
            for _ in range(3):
                optimizer.zero_grad()
                loss = model(x).square().mean()
                loss.backward()
                optimizer.step()
            assert loss.device == model[0].weight.grad.device == minitorch.device("cuda", index)
            losses.append(loss.item())
    assert losses[0] == losses[1]


def test_every_gpu_draws_the_numbers_of_the_seed() -> None:
    drawn = []
    minitorch.manual_seed(5)
    minitorch.rand(2, device="cuda")
    for index in (0, 1):
        minitorch.cuda.manual_seed_all(3)
        with minitorch.cuda.device(index):
            drawn.append(minitorch.rand(2, device="cuda").tolist())
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("remade", [copy.deepcopy, copy.copy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_lies_where_the_tensor_lies(remade: Callable[[Any], Any]) -> None:
    for place in (FIRST, SECOND):
        with minitorch.cuda.device(place):
            tensor = minitorch.arange(3, device=place)
            assert remade(tensor).device == place and remade(tensor).tolist() == [0, 1, 2]


@pytest.mark.parametrize("where", ["cpu", "cuda:0", "cuda:1", {"cuda:1": "cuda:0"}])
def test_a_checkpoint_of_two_gpus_is_loaded(where: Any) -> None:
    tensors = [minitorch.ones(1), minitorch.ones(2, device=FIRST), minitorch.ones(3, device=SECOND)]
    with minitorch.cuda.device(1 if where == "cuda:1" else 0):
        came = minitorch.load(saved(tensors), map_location=where)
        expected = [CPU, FIRST, FIRST] if isinstance(where, dict) else [minitorch.device(where)] * 3
        assert [each.device for each in came] == expected
        assert [each.tolist() for each in came] == [[1], [1, 1], [1, 1, 1]]


def test_tensors_on_two_gpus() -> None:
    a, b = minitorch.ones(2, device=FIRST), minitorch.ones(2, device=SECOND)
    for use in (lambda: a + b, lambda: b + a, lambda: a @ b, lambda: minitorch.addcmul(a, a, b)):
        with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device, but found .*cuda:"):
            use()


@pytest.mark.parametrize(
    "use",
    [
        "torch.ones(1, device='cuda:2')",
        "torch.ones(1).to('cuda:2')",
        "torch.ones(1).cuda(2)",
        "torch.nn.Linear(1, 1).to(torch.device('cuda', 2))",
        "torch.cuda.set_device(2)",
        "torch.cuda.device(2).__enter__()",
        "torch.cuda.synchronize(2)",
        "torch.cuda.synchronize('cuda:2')",
        "torch.cuda.memory_allocated(2)",
        "torch.cuda.Stream(2)",
    ],
)
def test_a_gpu_that_is_not_there(use: str) -> None:
    with pytest.raises(RuntimeError, match="CUDA error: invalid device ordinal: no cuda:2, there are 2 from cuda:0 on"):
        eval(use, {"torch": minitorch})
    assert minitorch.cuda.current_device() == 0


@pytest.mark.parametrize("index", [2, -1, "cuda:2"])
@pytest.mark.parametrize("question", ["get_device_properties", "get_device_name", "get_device_capability"])
def test_questions_about_a_gpu_that_is_not_there(question: str, index: Any) -> None:
    with pytest.raises(AssertionError, match="Invalid device id"):
        getattr(minitorch.cuda, question)(index)


@pytest.mark.parametrize("use", ["torch.ones(1).cuda('cpu')", "torch.nn.Linear(1, 1).cuda(torch.device('cpu'))"])
def test_the_cpu_is_no_gpu(use: str) -> None:
    for engine in (minitorch, torch):
        with pytest.raises(RuntimeError, match="Invalid device, must be cuda device"):
            eval(use, {"torch": engine})


@pytest.mark.parametrize("device", ["cuda", None])
def test_the_current_gpu_is_set_by_its_number(device: Any) -> None:
    for engine in (minitorch, torch):
        with pytest.raises(ValueError, match="Expected a torch.device with a specified index or an integer"):
            engine.cuda.set_device(device)


def test_only_the_cpus_memory_is_pinned() -> None:
    with pytest.raises(RuntimeError, match="cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned"):
        minitorch.ones(1, device="cuda").pin_memory()


def test_no_stream_is_set() -> None:
    assert minitorch.cuda.set_stream(None) is None


Full = type("OutOfMemoryError", (MemoryError,), {"__module__": "cupy.cuda.memory"})
"""CuPy's own error."""


def test_memory_of_a_gpu_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **options: Any) -> Any:
        raise Full("Out of memory allocating 4,096 bytes (allocated so far: 0 bytes).")

    x = minitorch.ones(2, device="cuda", requires_grad=True)
    y, host, cupy = x.exp(), minitorch.ones(2), sys.modules["cupy"]
    for name in ("ones", "exp", "asarray"):
        monkeypatch.setattr(cupy, name, full)
    y.register_hook(full)
    for use in (lambda: minitorch.ones(2, device="cuda"), x.exp, host.cuda, y.sum().backward):
        with pytest.raises(minitorch.cuda.OutOfMemoryError, match="CUDA out of memory. Out of memory allocating"):
            use()
    assert issubclass(torch.cuda.OutOfMemoryError, RuntimeError) and minitorch.OutOfMemoryError.__base__ is RuntimeError


@pytest.mark.parametrize(
    "use",
    [
        "torch.ones(10**14)",
        "torch.rand(2).repeat(10**14)",
        "torch.ones(10**7)[:, None] * torch.ones(10**7)",
        "torch.ones(10**7, 1, requires_grad=True).expand(-1, 10**7).square().sum()",
    ],
)
def test_memory_of_the_cpu_that_is_full(use: str) -> None:
    for engine in (minitorch, torch):
        with pytest.raises(RuntimeError, match="DefaultCPUAllocator: can't allocate memory"):
            eval(use, {"torch": engine})


@pytest.mark.parametrize("name", ["weight", "pos_weight"])
def test_a_number_on_the_cpu_weighs_a_loss_on_the_gpu(name: str) -> None:
    losses = []
    for engine, device in ((minitorch, "cuda"), (torch, "cpu")):
        x = engine.tensor([1.0, -2.0], device=device, requires_grad=True)
        target = engine.tensor([1.0, 0.0], device=device)
        loss = engine.nn.BCEWithLogitsLoss(**{name: engine.tensor(3.0)})(x, target)
        loss.backward()
        losses.append([loss.item(), *x.grad.tolist()])
    assert losses[0] == pytest.approx(losses[1])
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        minitorch.nn.BCEWithLogitsLoss(**{name: minitorch.tensor([3.0])})(*minitorch.ones(2, 1, device="cuda"))
