"""The harnesses of modules, optimizers and schedulers are themselves tested: every planted fault is caught."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import Phase, settings

from parity import layers, optimizers, schedulers
from parity.compare import Mismatch
from parity.comparison import Report
from parity.layer import Layer, like
from parity.levels import LEVELS
from parity.module_harness import is_plain
from parity.optimizer_harness import translated
from parity.running import Engine, source
from parity.strategies import Call, Draw, Input, Made, Name, transform

# Examples are not made small: it takes time, and the message is the same.
FIXED = settings(derandomize=True, database=None, phases=[Phase.generate])
LEVEL = {level.name: level for level in LEVELS}
nn, optim = torch.nn, torch.optim


class Planted:
    """A module of torch with some of its names replaced."""

    def __init__(self, space: ModuleType | Any, name: str, **planted: Any) -> None:
        self.space, self.__name__, self.planted = space, name, planted

    def __getattr__(self, name: str) -> Any:
        return self.planted[name] if name in self.planted else getattr(self.space, name)


def planted(path: str, fault: Any) -> Planted:
    """torch with a fault at this dotted name."""
    *spaces, name = path.split(".")
    inner: Any = {name: fault}
    for depth in range(len(spaces), 0, -1):
        space = Engine(torch).find(".".join(spaces[:depth]))
        inner = {spaces[depth - 1]: Planted(space, spaces[depth - 1], **inner)}
    return Planted(torch, "faulty", **inner)


def check(level: str, name: str, engine: Any, examples: int = 160) -> Report:
    """The subject of this name, on the engine against torch."""
    subject = next(each for each in LEVEL[level].load() if each.name == name)
    return LEVEL[level].trials(engine, torch, examples, FIXED).check(subject)


def caught(level: str, name: str, path: str, fault: type, message: str) -> str:
    """Asserts that the fault, a class that gets the name of the right one, is caught with this message."""
    fault.__name__ = fault.__qualname__ = name
    with pytest.raises(Mismatch, match=message) as info:
        check(level, name, planted(path, fault))
    assert str(info.value).startswith(f"{name}: ")
    assert f"call: torch.{path.rpartition('.')[0]}.{name}(" in str(info.value)
    return str(info.value)


# --- what agrees passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("module", "Linear"),
        ("module", "BatchNorm1d"),
        ("module", "LSTM"),
        ("module", "Sequential"),
        ("module", "TransformerEncoder"),
        ("optimizer", "Adam"),
        ("optimizer", "LBFGS"),
        ("scheduler", "OneCycleLR"),
        ("scheduler", "SequentialLR"),
    ],
)
def test_torch_agrees_with_itself(level: str, name: str) -> None:
    report = check(level, name, torch, 30)
    assert report.examples >= 7
    assert all(error == 0 for error, _ in report.worst.values())


def test_a_report_says_what_was_seen() -> None:
    report = check("module", "Linear", torch)
    assert report.gradients > 20 and report.errors_agreed > 5
    assert report.dtypes == {"float32", "float64"}
    assert check("optimizer", "Adam", torch, 60).errors_agreed > 1
    assert check("scheduler", "OneCycleLR", torch, 60).errors_agreed > 1


# --- modules: what does not is caught -------------------------------------------------------------------------------


class GradientOff(nn.Linear):
    """Its weight's gradient is 0.05 % too large."""

    def forward(self, input: Any) -> Any:
        weight = self.weight * 1.0005 - (self.weight * 0.0005).detach()
        return nn.functional.linear(input, weight, self.bias)


class InputGradientOff(nn.Linear):
    """Its input's gradient is 0.05 % too large."""

    def forward(self, input: Any) -> Any:
        return super().forward(input * 1.0005 - (input * 0.0005).detach())


class NoGradient(nn.Linear):
    """Its bias gets no gradient."""

    def forward(self, input: Any) -> Any:
        return nn.functional.linear(input, self.weight, None if self.bias is None else self.bias.detach())


class OtherKey(nn.Linear):
    """Its weight has another name in the state_dict."""

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        state = super().state_dict(*args, **kwargs)
        state["kernel"] = state.pop("weight")
        return state


class OtherStart(nn.Linear):
    """Its initial weights are drawn from another distribution."""

    def reset_parameters(self) -> None:
        nn.init.xavier_uniform_(self.weight)


class OtherOrder(nn.Linear):
    """Draws its bias before its weight."""

    def reset_parameters(self) -> None:
        if self.bias is not None:
            nn.init.uniform_(self.bias, -1, 1)
        super().reset_parameters()


class OtherWords(nn.Linear):
    """Its repr says less."""

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}"


class OtherAttribute(nn.Linear):
    """Calls its number of features something else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.features = self.__dict__.pop("out_features")

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.features}, bias={self.bias is not None}"


class Rounds(nn.Linear):
    """Computes in float32."""

    def forward(self, input: Any) -> Any:
        if input.dtype is torch.float64 and self.weight.dtype is torch.float64:
            return super().forward(input.float().double())
        return super().forward(input)


class Lenient(nn.Linear):
    """Takes inputs of any dtype."""

    def forward(self, input: Any) -> Any:
        return super().forward(input.to(self.weight.dtype))


class Strict(nn.Linear):
    """Wants a batch."""

    def forward(self, input: Any) -> Any:
        if input.dim() < 2:
            raise ValueError("expected a batch")
        return super().forward(input)


class Spoils(nn.Linear):
    """Writes to its input."""

    def forward(self, input: Any) -> Any:
        out = super().forward(input)
        if input.is_floating_point():
            input.data.add_(1)
        return out


class Thaws(nn.Linear):
    """Trains what is frozen: load_state_dict makes new parameters."""

    def forward(self, input: Any) -> Any:
        self.weight.requires_grad_()
        return super().forward(input)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (GradientOff, r"gradient of weight: worst element .* relative 0\.0005"),
        (InputGradientOff, r"gradient of input 0: worst element .* relative 0\.0005"),
        (NoGradient, "gradient of bias: none on faulty, one on torch|requires_grad False on faulty"),
        (OtherKey, r"\['state_dict'\]: keys \['bias', 'kernel'\] on faulty, \['weight', 'bias'\] on torch|kernel"),
        (OtherStart, r"module\['state_dict'\]\['weight'\]: worst element"),
        (OtherOrder, r"module\['state_dict'\]\['weight'\]: worst element"),
        (OtherWords, r"module\['repr'\]: 'Linear\("),
        (OtherAttribute, "attribute out_features: faulty has none, . on torch"),
        (Rounds, r"result\[0\]: worst element"),
        (Lenient, "call: faulty raises nothing, torch raises RuntimeError"),
        (Strict, r"call: faulty raises ValueError \(expected a batch\), torch raises nothing"),
        (Spoils, "call: input 0 .* was modified on faulty|gradient of weight"),
        (Thaws, r"\['weight'\]: True on faulty, False on torch|gradient"),
    ],
)
def test_a_faulty_linear_layer_is_caught(fault: type, message: str) -> None:
    caught("module", "Linear", "nn.Linear", fault, message)


class Deaf(nn.Dropout):
    """Drops in evaluation too."""

    def forward(self, input: Any) -> Any:
        return nn.functional.dropout(input, self.p, training=True)


class OtherMask(nn.Dropout):
    """Draws once more than it must."""

    def forward(self, input: Any) -> Any:
        if self.training:
            torch.rand(1)
        return super().forward(input)


class NoBuffer(nn.BatchNorm1d):
    """Does not count the batches in its state_dict."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.num_batches_tracked is not None:
            self.register_buffer("num_batches_tracked", self.num_batches_tracked, persistent=False)


class Biased(nn.BatchNorm1d):
    """Keeps the variance of the batch as it is, without n / (n - 1)."""

    def forward(self, input: Any) -> Any:
        out = super().forward(input)
        if self.training and self.running_var is not None and self.momentum:
            fraction = 1 / input.shape[0]
            self.running_var -= self.momentum * fraction * input.detach().var(0).reshape(self.num_features, -1).mean(1)
        return out


class Counts(nn.BatchNorm1d):
    """Counts in evaluation too."""

    def forward(self, input: Any) -> Any:
        out = super().forward(input)
        if not self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked += 1
        return out


class OtherState(nn.LSTM):
    """Returns its two states in the other order."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        out, (h, c) = super().forward(input, hx)
        return out, (c, h)


class LosesState(nn.LSTM):
    """Returns its states as a list."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        out, state = super().forward(input, hx)
        return out, list(state)


class Copies(nn.ReLU):
    """Is not in place when it should be."""

    def forward(self, input: Any) -> Any:
        return nn.functional.relu(input)


class Scales(nn.Embedding):
    """Does not scale by frequency."""

    def forward(self, input: Any) -> Any:
        return nn.functional.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type)


class Pads(nn.Embedding):
    """Trains the row that pads."""

    def forward(self, input: Any) -> Any:
        return nn.functional.embedding(input, self.weight, None, self.max_norm, self.norm_type, self.scale_grad_by_freq)


@pytest.mark.parametrize(
    ("name", "fault", "message"),
    [
        ("Dropout", Deaf, r"result\[\d\]: worst element|shares memory"),
        ("Dropout", OtherMask, r"result\[\d\]: worst element"),
        ("BatchNorm1d", NoBuffer, r"\['state_dict'\]: keys \[.*\] on faulty, \[.*'num_batches_tracked'\] on torch"),
        ("BatchNorm1d", Biased, r"module after the call\['state_dict'\]\['running_var'\]"),
        ("BatchNorm1d", Counts, r"module after the call\['state_dict'\]\['num_batches_tracked'\]"),
        ("LSTM", OtherState, r"result\[0\]\[1\]\[0\]"),
        ("LSTM", LosesState, r"result\[0\]\[1\]: list .* on faulty, tuple"),
        ("ReLU", Copies, "shares memory|after the call|raises nothing|modified"),
        ("Embedding", Scales, "gradient of weight"),
        ("Embedding", Pads, "gradient of weight"),
    ],
)
def test_a_faulty_layer_is_caught(name: str, fault: type, message: str) -> None:
    caught("module", name, f"nn.{name}", fault, message)


def test_a_fault_in_the_module_within_is_caught() -> None:
    with pytest.raises(Mismatch, match=r"result\[\d\]: worst element"):
        check("module", "Sequential", planted("nn.Dropout", type("Dropout", (Deaf,), {})))


# --- optimizers -----------------------------------------------------------------------------------------------------


class StepOff(optim.SGD):
    """Its steps are 0.05 % too long."""

    def step(self, closure: Any = None) -> Any:
        rates = [group["lr"] for group in self.param_groups]
        for group in self.param_groups:
            group["lr"] = group["lr"] * 1.0005
        result = super().step(closure)
        for group, rate in zip(self.param_groups, rates, strict=True):
            group["lr"] = rate
        return result


class Silent(optim.SGD):
    """Does not return the loss."""

    def step(self, closure: Any = None) -> Any:
        super().step(closure)


class Forgets(optim.SGD):
    """Loads no momentum."""

    def load_state_dict(self, state_dict: Any) -> None:
        super().load_state_dict({**state_dict, "state": {}})


class OneGroup(optim.SGD):
    """Gives a group no options of its own."""

    def add_param_group(self, param_group: Any) -> None:
        super().add_param_group({key: value for key, value in param_group.items() if "param" in key})


class MoreOptions(optim.SGD):
    """Has an option that torch lacks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for group in self.param_groups:
            group["extra"] = 1


class Generous(optim.SGD):
    """Takes options that nobody knows."""

    def __init__(self, params: Any, *, no_such_option: Any = None, **kwargs: Any) -> None:
        super().__init__(params, **kwargs)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (StepOff, r"step \d+\['parameters'\]\[\d\]: worst element"),
        (Silent, r"step 1\['returned'\]: a NoneType on faulty, a tensor on torch"),
        (Forgets, r"load_state_dict\['state_dict'\]\['state'\]: keys \[\] on faulty"),
        (OneGroup, r"\['param_groups'\]\[[12]\]|add_param_group"),
        (MoreOptions, r"\['param_groups'\]\[0\]: keys .*'extra'"),
        (Generous, "construction: faulty raises nothing, torch raises TypeError"),
    ],
)
def test_a_faulty_optimizer_is_caught(fault: type, message: str) -> None:
    caught("optimizer", "SGD", "optim.SGD", fault, message)


def test_a_state_of_another_dtype_is_caught() -> None:
    class Wide(optim.Adam):
        """Keeps its averages in float64."""

        def step(self, closure: Any = None) -> Any:
            result = super().step(closure)
            for state in self.state.values():
                state["exp_avg"] = state["exp_avg"].double()
            return result

    caught("optimizer", "Adam", "optim.Adam", Wide, r"\['exp_avg'\]: dtype float64 on faulty|raises RuntimeError")


# --- schedulers -----------------------------------------------------------------------------------------------------

plans = optim.lr_scheduler


class Late(plans.StepLR):
    """Is one step late."""

    def get_lr(self) -> Any:
        self.last_epoch -= 1
        rates = super().get_lr()
        self.last_epoch += 1
        return rates


class Hides(plans.StepLR):
    """Leaves out the gamma of its state."""

    def state_dict(self) -> Any:
        return {key: value for key, value in super().state_dict().items() if key != "gamma"}


class Restarts(plans.StepLR):
    """Loads all but the epoch."""

    def load_state_dict(self, state_dict: Any) -> None:
        super().load_state_dict({**state_dict, "last_epoch": 0})


class OneRate(plans.StepLR):
    """Changes the first group only."""

    def step(self, epoch: Any = None) -> None:
        rates = [group["lr"] for group in self.optimizer.param_groups]
        super().step(epoch)
        for group, rate in list(zip(self.optimizer.param_groups, rates, strict=True))[1:]:
            group["lr"] = rate


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Late, r"\[0\]: worst element"),
        (Hides, r"\['state_dict'\]: keys"),
        (Restarts, r"load_state_dict\['state_dict'\]\['last_epoch'\]"),
        (OneRate, r"step \d+\['groups'\]\[1\]\['lr'\]"),
    ],
)
def test_a_faulty_scheduler_is_caught(fault: type, message: str) -> None:
    caught("scheduler", "StepLR", "optim.lr_scheduler.StepLR", fault, message)


# --- the parts ------------------------------------------------------------------------------------------------------


def test_a_missing_name_is_caught() -> None:
    for level, name, path in (
        ("module", "Linear", "nn.Linear"),
        ("optimizer", "SGD", "optim.SGD"),
        ("scheduler", "StepLR", "optim.lr_scheduler.StepLR"),
    ):
        with pytest.raises(Mismatch, match=f"faulty has no {path}"):
            check(level, name, planted(path, None))


def test_calls_within_a_call_are_made_from_the_inside() -> None:
    tensor = Input(torch.ones(2).numpy())
    call = Call(Made("f", Call([tensor], key=Made("g", Call(1)))))
    assert call.inputs() == [tensor]
    assert repr(call) == "(torch.f([float32[2]], key=torch.g(1)))"
    assert source(call) == "(torch.f([torch.tensor([1.0, 1.0], dtype=torch.float32)], key=torch.g(1)))"
    order: list[str] = []
    transform(call.args, lambda leaf: order.append(leaf.path) if isinstance(leaf, Made) else leaf)
    assert order == ["g", "f"]
    assert source({"a": (1, Name("x"))}) == "{'a': (1, torch.x)}"


def test_the_call_of_an_operation_serves_its_module() -> None:
    both = like(1, lambda d: Call("input", 2, stride=3))
    draw: Callable[[Draw], Any] = both
    made, called = draw(None)  # type: ignore[arg-type]  # nothing is drawn
    assert (repr(made), repr(called)) == ("(2, stride=3)", "('input')")


def test_plain_attributes() -> None:
    assert is_plain(None) and is_plain((1, ("a", 2.0)))
    assert not is_plain([1]) and not is_plain((1, [2])) and not is_plain(torch.ones(1))


def test_a_state_goes_to_another_engine_by_copies() -> None:
    tensor = torch.ones(2)
    state = translated({"a": [tensor, 1], "b": (None,)}, Engine(torch), Engine(torch))
    assert state["b"] == (None,) and state["a"][1] == 1
    assert state["a"][0].equal(tensor) and state["a"][0].data_ptr() != tensor.data_ptr()


def test_the_subjects_are_found_and_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for load in (layers.load, optimizers.load, schedulers.load):
        names = [subject.name for subject in load()]
        assert len(names) == len(set(names)) >= 15
    twice = type("file", (), {"LAYERS": [Layer("Linear"), Layer("Linear")]})
    monkeypatch.setattr("importlib.import_module", lambda name: twice)
    with pytest.raises(ValueError, match="parity/layers: expected one layer for each name, but Linear has two; join"):
        layers.load()
