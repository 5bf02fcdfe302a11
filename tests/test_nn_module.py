"""Module, Parameter and the containers: scenes that are played on both engines."""

from __future__ import annotations

import copy
import gc
import importlib.util
import io
import pickle
import warnings
import weakref
from collections import OrderedDict
from typing import Any

import pytest
import torch
from transcript import Scene, check_scene

import minitorch
from minitorch import nn

SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


def net(torch: Any) -> Any:
    """A small model with a buffer, a child, a grandchild and a parameter of its own."""

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Linear(3, 2)
            self.rest = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
            self.scale = torch.nn.Parameter(torch.ones(2))
            self.register_buffer("count", torch.zeros((), dtype=torch.int64))
            self.register_buffer("scratch", torch.zeros(1), persistent=False)

        def forward(self, x: Any, extra: Any = None) -> Any:
            return self.rest(self.first(x)) * self.scale

    return Net()


# --- Parameter and Buffer ---------------------------------------------------------------------------------------------


@scene
def parameters_as_tensors(torch, say):
    base = torch.zeros(2)
    parameter = torch.nn.Parameter(base)
    base[0] = 1
    say(
        parameter,
        str(parameter),
        f"{parameter}",
        parameter._version,
        parameter.is_leaf,
        parameter.data,
        torch.nn.Parameter(),
    )
    say(
        torch.nn.Parameter(torch.ones(2), requires_grad=False),
        isinstance(parameter, torch.Tensor),
        type(parameter + 1).__name__,
    )
    say(f"{torch.nn.Parameter(torch.tensor(1.5))}")
    say(torch.nn.Parameter(torch.ones(2, requires_grad=True) * 2).is_leaf)
    say.error(lambda: torch.nn.Parameter(torch.tensor([1])))
    say(torch.nn.Parameter(torch.tensor([1]), requires_grad=False))
    say.error(lambda: torch.nn.Parameter([1.0]), exactly=False)
    say.error(lambda: torch.nn.Buffer([1.0]), exactly=False)
    say(isinstance(torch.ones(1), torch.nn.Parameter), isinstance(torch.ones(1), torch.nn.Buffer))


@scene
def copies_of_parameters(torch, say):
    parameter = torch.nn.Parameter(torch.ones(2))
    (parameter * 3).sum().backward()
    parameter.note = "own"
    for twin in (copy.deepcopy(parameter), pickle.loads(pickle.dumps(parameter)), copy.copy(parameter)):
        say(twin, twin.grad, hasattr(twin, "note"), type(twin).__name__)
    shared = copy.deepcopy([parameter, parameter])
    say(shared[0] is shared[1], shared[0] is parameter)


@scene
def buffers_by_class(torch, say):
    module = torch.nn.Module()
    module.a = torch.nn.Buffer(torch.ones(2))
    module.b = torch.nn.Buffer(torch.ones(2), persistent=False)
    say(
        dict(module.named_buffers()),
        list(module.state_dict()),
        isinstance(module.a, torch.nn.Buffer),
        module.b.persistent,
    )
    say(torch.nn.Buffer())


# --- attributes -------------------------------------------------------------------------------------------------------


@scene
def registration_by_assignment(torch, say):
    model = net(torch)
    say([name for name, _ in model.named_parameters()], [name for name, _ in model.named_buffers()])
    say([name for name, _ in model.named_children()], [name for name, _ in model.named_modules()])
    model.scale = None
    say(model.scale, [name for name, _ in model.named_parameters()], "scale" in model._parameters)
    model.scale = torch.nn.Parameter(torch.zeros(2))
    model.first = None
    say([name for name, _ in model.named_parameters()], model)
    model.count = torch.ones((), dtype=torch.int64)
    model.plain = torch.ones(2)
    model.scratch = torch.ones(3)
    say(list(model.state_dict()), sorted(model._non_persistent_buffers_set), "plain" in model.__dict__)
    model.plain = torch.nn.Parameter(torch.ones(2))
    say("plain" in model.__dict__, "plain" in model._parameters)
    say.error(lambda: setattr(model, "plain", torch.nn.ReLU()))
    model.first = torch.nn.ReLU()
    model.first = torch.nn.Parameter(torch.ones(1))
    say("first" in model._parameters, "first" in model._modules)
    model.count = torch.nn.Parameter(torch.ones(1))
    say("count" in model._buffers, "count" in model._parameters)


@scene
def wrong_assignments(torch, say):
    model = net(torch)

    def assign(name, value):
        return lambda: setattr(model, name, value)

    say.error(assign("scale", torch.ones(2)))
    say.error(assign("scale", 3))
    say.error(assign("scale", torch.nn.ReLU()))
    say.error(assign("first", torch.ones(2)))
    say.error(assign("first", torch.nn.Parameter(torch.ones(1))))
    say.error(assign("count", 3))
    say.error(assign("count", [torch.ones(1)]))
    say.error(assign("training", 1))

    class Late(torch.nn.Module):
        def __init__(self, name, value):
            setattr(self, name, value)
            super().__init__()

    say.error(lambda: Late("a", torch.nn.ReLU()))
    say.error(lambda: Late("a", torch.nn.Parameter(torch.ones(1))))
    say.error(lambda: Late("a", torch.nn.Buffer(torch.ones(1))))
    say.error(lambda: Late("a", torch.ones(1)), exactly=False)

    class Never(torch.nn.Module):
        def __init__(self):
            pass

    say.error(lambda: Never()(torch.ones(1)))
    say.error(lambda: Never().register_parameter("a", None))
    say.error(lambda: Never().register_buffer("a", None))
    say.error(lambda: list(Never().parameters()))
    say.error(lambda: Never().missing)


@scene
def wrong_names(torch, say):
    model = net(torch)
    for register in (model.register_parameter, model.register_buffer, model.add_module, model.register_module):
        say.error(register, 3, None)
        say.error(register, "a.b", None)
        say.error(register, "", None)
        say.error(register, "forward", None)
        say.error(register, "ok", None)
        say.error(register, "ok", 3)
    say.error(lambda: model.register_parameter("first", None))
    say.error(lambda: model.register_parameter("w", torch.ones(2)))
    say.error(lambda: model.register_buffer("scale", torch.ones(1)))
    say.error(lambda: model.add_module("scale", torch.nn.ReLU()))
    say.error(lambda: model.add_module("x", torch.nn.ReLU))
    say.error(lambda: torch.nn.Module(1))
    say.error(lambda: torch.nn.Module(a=1))
    say.error(lambda: torch.nn.Sigmoid(1))


@scene
def missing_attributes(torch, say):
    model = net(torch)
    say.error(lambda: model.weight)
    say.error(lambda: model.first.Weight)
    say(hasattr(model, "x"), getattr(model, "x", None))
    del model.scale, model.count, model.first, model.rest, model.scratch
    say(model, list(model.state_dict()), sorted(model._non_persistent_buffers_set))
    say.error(lambda: delattr(model, "scale"))
    model.plain = 3
    del model.plain
    say.error(lambda: model.plain)


@scene
def directory(torch, say):
    model = net(torch)
    say([name for name in ("first", "scale", "count", "forward", "training", "_modules") if name in dir(model)])
    say([name for name in dir(torch.nn.Sequential(torch.nn.ReLU())) if name.isdigit()])


@scene
def parts_by_path(torch, say):
    model = net(torch)
    say(model.get_submodule("rest.0"), model.get_submodule("") is model, model.get_parameter("rest.0.bias").shape)
    say(model.get_buffer("count"), model.get_parameter("scale"))
    for path in ("nothing", "rest.5", "scale", "rest.0.weight", "first.x.y"):
        say.error(model.get_submodule, path)
    for path in ("nothing", "rest.0.w", "count", "rest"):
        say.error(model.get_parameter, path)
    for path in ("nothing", "scale", "rest.0.weight"):
        say.error(model.get_buffer, path)
    model.set_submodule("rest.1", torch.nn.Tanh())
    model.set_submodule("rest.2", torch.nn.Tanh())
    say(model)
    say.error(lambda: model.set_submodule("", torch.nn.Tanh()))
    say.error(lambda: model.set_submodule("a.b", torch.nn.Tanh()))
    say.error(lambda: model.set_submodule("rest.7", torch.nn.Tanh(), strict=True))


@scene
def shared_parts_come_once(torch, say):
    layer = torch.nn.Linear(2, 2)
    model = torch.nn.Sequential(layer, torch.nn.ReLU(), layer)
    model.tied = layer.weight
    for duplicates in (True, False):
        say([name for name, _ in model.named_parameters(remove_duplicate=duplicates)])
        say([name for name, _ in model.named_modules(remove_duplicate=duplicates)])
    say([name for name, _ in model.named_parameters(prefix="a", recurse=False)], len(list(model.children())))
    say([name for name, _ in model.named_modules(prefix="p")], len(list(model.modules())), list(model.state_dict()))


# --- changes to the whole tree ----------------------------------------------------------------------------------------


@scene
def modes_and_gradients(torch, say):
    model = net(torch)
    say(model.eval() is model, model.training, model.rest[1].training, model.train().first.training)
    say.error(lambda: model.train(1))
    say.error(lambda: model.train("yes"))
    model(torch.ones(1, 3)).sum().backward()
    model.zero_grad(set_to_none=False)
    held = model.scale.grad
    say(held, model.first.weight.grad)
    model.zero_grad()
    say(model.scale.grad, held is not None)
    say([p.requires_grad for p in model.requires_grad_(False).parameters()])
    names = []
    say(model.apply(lambda module: names.append(type(module).__name__)) is model, names)


@scene
def zeroing_a_differentiable_gradient(torch, say):
    layer = torch.nn.Linear(2, 1)
    with warnings.catch_warnings():  # of a reference cycle: torch gives this warning once in a process
        warnings.simplefilter("ignore")
        layer(torch.ones(1, 2)).pow(2).sum().backward(create_graph=True)
    say(layer.bias.grad.requires_grad)
    layer.zero_grad(set_to_none=False)
    say(layer.bias.grad)


@scene
def casts(torch, say):
    model = net(torch)
    model(torch.ones(1, 3)).sum().backward()
    before = model.scale

    def tell():
        say({name: tensor.dtype for name, tensor in model.state_dict().items()}, model.scale.grad.dtype)

    for cast in (
        lambda: model.double(),
        lambda: model.half(),
        lambda: model.float(),
        lambda: model.to(torch.float64),
        lambda: model.to("cpu"),
        lambda: model.to(torch.device("cpu"), torch.float32),
        lambda: model.to(torch.zeros(1, dtype=torch.float64)),
        lambda: model.to(dtype=torch.float32, non_blocking=True),
        lambda: model.to(device="cpu"),
        lambda: model.to(None, torch.float64),
        lambda: model.cpu(),
        lambda: model.to(),
        lambda: model.to(float),
        lambda: model.type(torch.float32),
        lambda: model.type("torch.DoubleTensor"),
    ):
        say(cast() is model)
        tell()
    say(model.scale is before, before.requires_grad, before.is_leaf)
    say.error(lambda: model.to(torch.int64))
    say.error(lambda: model.to("nowhere"), exactly=False)
    say.error(lambda: model.to(torch.float32, "cpu"), exactly=False)
    say.error(lambda: model.to(torch.float32, True, True))
    say.error(lambda: model.to("cpu", copy=True))
    say.error(lambda: model.to(torch.float32, 3), exactly=False)
    say.error(lambda: model.to(wrong=3), exactly=False)
    model.float()
    x = torch.ones(1, 3)
    model(x).sum().backward()
    say(model.scale.grad)
    say([tuple(p.shape) for p in model.to_empty(device="cpu").parameters()])
    say(model.share_memory() is model, model.scale.is_shared())


@scene
def casting_keeps_the_optimizers_tensors(torch, say):
    layer = torch.nn.Linear(2, 2)
    parameters = list(layer.parameters())
    layer.double()
    say([a is b for a, b in zip(parameters, layer.parameters(), strict=True)], parameters[0].dtype)
    layer(torch.ones(1, 2, dtype=torch.float64)).sum().backward()
    say(parameters[0].grad)


# --- calling ----------------------------------------------------------------------------------------------------------


@scene
def forward_is_needed(torch, say):
    class Net(torch.nn.Module):
        def foward(self, x):
            return x

    say.error(lambda: Net()(1))
    say.error(lambda: Net().forward(1))
    say.error(lambda: torch.nn.ModuleList([torch.nn.ReLU()])(1))
    say.error(lambda: torch.nn.ParameterList()(1))
    say.error(lambda: torch.nn.ParameterDict()(1))
    say.error(lambda: net(torch)(), exactly=False)


@scene
def forward_hooks(torch, say):
    model = net(torch)
    x = torch.ones(1, 3)
    log = []
    handles = [
        model.register_forward_pre_hook(lambda m, args: log.append(("pre", len(args)))),
        model.register_forward_pre_hook(lambda m, args: args[0] * 2),
        model.register_forward_pre_hook(lambda m, args: log.append(("first", args[0][0, 0].item())), prepend=True),
        model.register_forward_pre_hook(
            lambda m, args, kwargs: log.append(("kw", sorted(kwargs))) or (args, {"extra": 1}), with_kwargs=True
        ),
        model.register_forward_hook(lambda m, args, out: log.append(("after", len(args), tuple(out.shape)))),
        model.register_forward_hook(lambda m, args, out: out + 100),
        model.register_forward_hook(lambda m, args, out: log.append(("early", out.max().item() > 50)), prepend=True),
        model.register_forward_hook(lambda m, args, kwargs, out: log.append(("kwargs", kwargs)), with_kwargs=True),
    ]
    say(model(x, extra=5) > 50, log)
    for handle in handles:
        handle.remove()
    handles[0].remove()
    log.clear()
    say(model(x) > 50, log)
    with model.register_forward_hook(lambda m, args, out: "replaced"):
        say(model(x))
    say(isinstance(model(x), str))
    model.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    say.error(lambda: model(x))


@scene
def hooks_that_are_always_called(torch, say):
    class Failing(torch.nn.Module):
        def forward(self, x):
            raise ValueError("no")

    module = Failing()
    log = []
    module.register_forward_hook(lambda m, args, out: log.append(("ordinary", out)))
    module.register_forward_hook(lambda m, args, out: log.append(("always", out)), always_call=True)
    say.error(lambda: module(1))
    say(log)
    module.register_forward_hook(lambda m, args, out: 1 / 0, always_call=True)
    say.error(lambda: module(1))


@scene
def hooks_of_all_modules(torch, say):
    module = torch.nn.modules.module
    log = []
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    handles = [
        module.register_module_forward_pre_hook(lambda m, args: log.append(("pre", type(m).__name__))),
        module.register_module_forward_hook(lambda m, args, out: log.append(("after", type(m).__name__))),
        module.register_module_forward_hook(lambda m, a, k, o: log.append(("kwargs", k)), with_kwargs=True),
        module.register_module_full_backward_pre_hook(lambda m, g: log.append(("grad", type(m).__name__, len(g)))),
        module.register_module_full_backward_hook(
            lambda m, i, o: log.append(("done", type(m).__name__, len(i), len(o)))
        ),
        module.register_module_parameter_registration_hook(lambda m, n, p: log.append(("parameter", n))),
        module.register_module_buffer_registration_hook(lambda m, n, b: log.append(("buffer", n))),
        module.register_module_module_registration_hook(lambda m, n, c: log.append(("module", n))),
    ]
    model(torch.ones(1, 2, requires_grad=True)).sum().backward()
    other = torch.nn.Sequential(torch.nn.Linear(1, 1))
    other.register_buffer("b", torch.ones(1))
    say(log)
    say.error(lambda: module.register_module_backward_hook(lambda m, i, o: None))
    for handle in handles:
        handle.remove()
    log.clear()
    model(torch.ones(1, 2)).sum().backward()
    say(log)


@scene
def registration_hooks_may_replace(torch, say):
    module = torch.nn.modules.module
    with module.register_module_parameter_registration_hook(lambda m, n, p: torch.nn.Parameter(p * 0 + 7)):
        layer = torch.nn.Linear(2, 1)
        layer.weight = torch.nn.Parameter(torch.ones(1, 2))
        say(layer.weight)
    with module.register_module_buffer_registration_hook(lambda m, n, b: b + 1):
        layer.register_buffer("b", torch.zeros(3))
        layer.b = torch.ones(3)
        say(layer.b)
    with module.register_module_module_registration_hook(lambda m, n, c: torch.nn.Tanh()):
        model = torch.nn.Sequential(torch.nn.ReLU())
        model.x = torch.nn.GELU()
        say(model)


@scene
def full_backward_hooks(torch, say):
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
    x = torch.ones(2, 2, requires_grad=True)

    def tell(m, grad_input, grad_output):
        say([None if g is None else g.sum().item() for g in grad_input], [tuple(g.shape) for g in grad_output])

    handles = [model.register_full_backward_hook(tell), model[0].register_full_backward_hook(tell)]
    out = model(x)
    say(type(out.grad_fn).__name__)
    out.sum().backward()
    say(x.grad, model[0].weight.grad)
    for handle in handles:
        handle.remove()
    x.grad = None
    model.register_full_backward_pre_hook(lambda m, g: (g[0] * 2,))
    model.register_full_backward_pre_hook(lambda m, g: say([each.sum().item() for each in g]), prepend=True)
    model.register_full_backward_hook(lambda m, i, o: (i[0] + 1,))
    model(x).sum().backward()
    say(x.grad)
    with torch.no_grad():
        say(type(model(x).grad_fn).__name__)


@scene
def backward_hooks_without_a_gradient_of_the_input(torch, say):
    layer = torch.nn.Linear(2, 3)
    layer.register_full_backward_hook(lambda m, i, o: say(i, [tuple(each.shape) for each in o]))
    layer(torch.ones(2, 2)).sum().backward()
    layer.register_full_backward_hook(lambda m, i, o: (torch.ones(1),))
    say.error(lambda: layer(torch.ones(2, 2)).sum().backward())


@scene
def backward_hooks_that_return_too_much(torch, say):
    for register in ("register_full_backward_hook", "register_full_backward_pre_hook"):
        layer = torch.nn.Linear(2, 3)
        getattr(layer, register)(lambda m, *grads: (torch.ones(1), torch.ones(1)))
        say.error(layer(torch.ones(2, 2, requires_grad=True)).sum().backward)


@scene
def backward_hooks_of_several_values(torch, say):
    class Two(torch.nn.Module):
        def forward(self, a, flag, b):
            return a * 2, b * 3

    module = Two()
    module.register_full_backward_hook(
        lambda m, i, o: say(
            [None if g is None else tuple(g.shape) for g in i], [None if g is None else g.sum().item() for g in o]
        )
    )
    a, b = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    first, second = module(a, True, b)
    (first.sum() + second.sum()).backward()
    say(a.grad, b.grad)

    class Odd(torch.nn.Module):
        def forward(self, a):
            return [a * 2]

    module = Odd()
    module.register_full_backward_hook(lambda m, i, o: say("never"))
    module(a)[0].sum().backward()
    say(a.grad)


@scene
def backward_hooks_under_create_graph(torch, say):
    layer = torch.nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda m, i, o: (i[0] * 3,))
    x = torch.ones(1, 2, requires_grad=True)
    (g,) = torch.autograd.grad(layer(x).pow(2).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    say(g, second)


@scene
def old_backward_hooks(torch, say):
    layer = torch.nn.Linear(2, 3)
    layer.register_backward_hook(lambda m, i, o: say(len(o), tuple(o[0].shape)))
    layer(torch.ones(2, 2)).sum().backward()
    say.error(lambda: layer.register_full_backward_hook(lambda m, i, o: None))
    layer = torch.nn.Linear(2, 3)
    layer.register_full_backward_hook(lambda m, i, o: None)
    say.error(lambda: layer.register_backward_hook(lambda m, i, o: None))


# --- state ------------------------------------------------------------------------------------------------------------


@scene
def state_out(torch, say):
    model = net(torch)
    state = model.state_dict()
    say(type(state).__name__, list(state), state["scale"], state._metadata, state["scale"].requires_grad)
    state["scale"][0] = 5
    say(model.scale, type(state["scale"]).__name__, model.state_dict(keep_vars=True)["scale"] is model.scale)
    say(list(model.state_dict(prefix="a.")), model.state_dict(prefix="a.")._metadata)
    target = OrderedDict()
    say(model.state_dict(destination=target) is target, list(target), hasattr(target, "_metadata"))
    target = {}
    say(list(model.state_dict(target, "old.", True)), target["old.scale"] is model.scale)


@scene
def state_in(torch, say):
    model, other = net(torch), net(torch)
    say(model.load_state_dict(other.state_dict()), str(model.load_state_dict(other.state_dict())))
    say(
        [torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True)],
        model.scale is other.scale,
    )
    state = other.state_dict()
    del state["scale"]
    state["odd"] = torch.ones(1)
    state["first.odd"] = torch.ones(1)
    state["nobody.weight"] = torch.ones(1)
    state["scratch"] = torch.ones(1)
    result = model.load_state_dict(state, strict=False)
    say(result, result.missing_keys, result.unexpected_keys, result[0], len(result))
    say.error(lambda: model.load_state_dict(state))
    del state["odd"], state["first.odd"], state["nobody.weight"], state["scratch"]
    say.error(lambda: model.load_state_dict(state))
    say.error(lambda: model.load_state_dict({**other.state_dict(), "x": 1}))
    say.error(lambda: model.load_state_dict([1]))
    say.error(lambda: model.load_state_dict({**other.state_dict(), "scale": 3}))
    say.error(
        lambda: model.load_state_dict({**other.state_dict(), "scale": torch.ones(3), "first.bias": torch.ones(1)})
    )
    say.error(lambda: model.load_state_dict({**other.state_dict(), "scale": torch.ones(3)}, strict=False))
    say(model.load_state_dict({**other.state_dict(), "count": torch.tensor([4])}), model.count)
    say(model.load_state_dict({**other.state_dict(), "scale": torch.tensor([4, 5])}), model.scale)


@scene
def state_by_assignment(torch, say):
    model, other = net(torch), net(torch).double()
    other.scale.requires_grad_(False)
    state = other.state_dict()
    say(model.load_state_dict(state, assign=True))
    say(model.scale, model.scale.requires_grad, model.first.weight.dtype, type(model.first.weight).__name__)
    say(model.count is state["count"], [name for name, _ in model.named_parameters()])
    kept = other.state_dict(keep_vars=True)
    model.load_state_dict(kept, assign=True)
    say(model.scale is other.scale, other.scale.requires_grad)


@scene
def extra_state(torch, say):
    class Counter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.n = 3

        def get_extra_state(self):
            return {"n": self.n}

        def set_extra_state(self, state):
            self.n = state["n"]

    model = torch.nn.Sequential(Counter(), torch.nn.Linear(1, 1))
    state = model.state_dict()
    say(list(state), state["0._extra_state"])
    state["0._extra_state"] = {"n": 8}
    say(model.load_state_dict(state), model[0].n)
    del state["0._extra_state"]
    say(model.load_state_dict(state, strict=False))
    say.error(lambda: model.load_state_dict(state))
    say(torch.nn.Linear(1, 1).load_state_dict({"_extra_state": 1}, strict=False))
    say.error(lambda: torch.nn.ReLU().get_extra_state(), exactly=False)
    say.error(lambda: torch.nn.ReLU().set_extra_state(1), exactly=False)


@scene
def state_hooks(torch, say):
    model = net(torch)
    log = []
    model.first.register_state_dict_pre_hook(
        lambda m, prefix, keep: log.append(("out", type(m).__name__, prefix, keep))
    )
    model.first.register_state_dict_post_hook(lambda m, state, prefix, meta: log.append((list(state), prefix, meta)))
    model.first.register_load_state_dict_pre_hook(
        lambda m, state, prefix, meta, strict, missing, unexpected, errors: log.append((sorted(state), prefix, strict))
    )
    model.register_load_state_dict_post_hook(lambda m, keys: log.append((keys.missing_keys, keys.unexpected_keys)))
    state = model.state_dict()
    model.load_state_dict(state)
    del state["scale"]
    model.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    say(model.load_state_dict(state))
    say(log)
    model.register_load_state_dict_post_hook(lambda m, keys: 3)
    say.error(lambda: model.load_state_dict(state), exactly=False)
    model.register_state_dict_post_hook(lambda *args: {})
    say.error(lambda: model.state_dict())


@scene
def copies_of_modules(torch, say):
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.PReLU())
    model.register_buffer("seen", torch.zeros(1))
    model.note = [1, 2]
    x = torch.ones(1, 2)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), copy.copy(model)):
        say(
            twin,
            torch.equal(twin(x), model(x)),
            twin[0].weight is model[0].weight,
            twin.note,
            twin[0].weight.requires_grad,
        )
    model[0].register_forward_hook(print)
    twin = copy.deepcopy(model)
    say(len(twin[0]._forward_hooks), twin[0]._forward_hooks is model[0]._forward_hooks)
    buffer = io.BytesIO()
    pickle.dump(torch.nn.Linear(2, 2).eval(), buffer)
    say(pickle.loads(buffer.getvalue()).training)


# --- text -------------------------------------------------------------------------------------------------------------


@scene
def reprs_of_modules(torch, say):
    nn = torch.nn

    class Lines(nn.Module):
        def extra_repr(self):
            return "a=1\nb=2"

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(1, 1), Lines())
            self.absent = None
            self.add_module("gone", None)

        def extra_repr(self):
            return "size=3"

    for module in (
        nn.Module(),
        Lines(),
        Block(),
        nn.Sequential(),
        nn.Sequential(OrderedDict(a=nn.ReLU(), b=Block())),
        nn.ModuleList(),
        nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Linear(1, 2), Block(), Block(), Lines()]),
        nn.ModuleDict({"x": nn.ReLU(), "y": nn.ModuleList([nn.Tanh()])}),
        nn.ParameterList([torch.ones(2, 3), 5, nn.Parameter(torch.ones(()))]),
        nn.ParameterDict({"b": torch.ones(2, 3), "a": 5}),
        nn.ParameterList(),
        nn.ParameterDict(),
    ):
        say(str(module), repr(module))


# --- containers -------------------------------------------------------------------------------------------------------


def layers(torch: Any, count: int) -> list[Any]:
    return [torch.nn.Linear(1, k + 1) for k in range(count)]


@scene
def sequential_as_a_list(torch, say):
    nn = torch.nn
    model = nn.Sequential(*layers(torch, 4))
    say(len(model), model[0], model[-1], model[1:3], list(model), model[True])
    for index in (4, -5, "0", 1.0):
        say.error(model.__getitem__, index, exactly=not isinstance(index, float))
    model[1] = nn.ReLU()
    model[-1] = nn.Tanh()
    say(model)
    del model[0]
    say(model)
    del model[::2]
    say(model)
    say(model.append(nn.ReLU()) is model, model.insert(0, nn.Tanh()), model.insert(-1, nn.GELU()))
    say(model.extend([nn.ReLU(), nn.Tanh()]), model.pop(0), model.pop(-1), model)
    say.error(lambda: model.insert(99, nn.ReLU()))
    say.error(lambda: model.insert(0, 3))
    say.error(lambda: model.append(3))
    say.error(lambda: nn.Sequential([nn.ReLU()]))
    say.error(lambda: nn.Sequential({"a": nn.ReLU()}))
    say.error(lambda: model.__setitem__(50, nn.ReLU()))
    say.error(lambda: model.pop(50))


@scene
def sums_and_products_of_sequentials(torch, say):
    nn = torch.nn
    a, b = nn.Sequential(nn.ReLU(), nn.Tanh()), nn.Sequential(nn.GELU())
    say(a + b, a * 2, 3 * b, (a + b)[0] is a[0])
    a += b
    say(a)
    b *= 3
    say(b)
    for times in (0, -1, 1.5):
        say.error(a.__mul__, times)
    say.error(lambda: a + [nn.ReLU()])
    say.error(lambda: a.__iadd__(3))
    say.error(lambda: a.__imul__(0))


@scene
def named_sequentials(torch, say):
    model = torch.nn.Sequential(OrderedDict([("a", torch.nn.Linear(1, 2)), ("b", torch.nn.ReLU())]))
    say(model.a is model[0], model[0:1], list(model.state_dict()))
    model.append(torch.nn.Tanh())
    model[0] = torch.nn.Linear(1, 3)
    say(model, model(torch.ones(1, 1)).shape)


@scene
def module_lists(torch, say):
    nn = torch.nn
    model = nn.ModuleList(layers(torch, 3))
    say(len(model), model[-1], model[:2], [type(each).__name__ for each in model], model + [nn.ReLU()])
    model += [nn.Tanh()]
    model.insert(1, nn.GELU())
    say(model, model.append(nn.ReLU()) is model, model.pop(0), list(model.state_dict()))
    model[0] = nn.Sigmoid()
    del model[1:3]
    say(model)
    del model[-1]
    say(model, nn.ModuleList(nn.Linear(1, 1) for _ in range(3)))
    for index in (9, -9):
        say.error(model.__getitem__, index)
    say.error(lambda: model.extend(3))
    say.error(lambda: model.append(3))
    say.error(lambda: nn.ModuleList([3]))
    say.error(lambda: model.__setitem__(9, nn.ReLU()))
    say.error(lambda: model.__delitem__(9))


@scene
def module_dicts(torch, say):
    nn = torch.nn
    model = nn.ModuleDict([["relu", nn.ReLU()], ["tanh", nn.Tanh()]])
    say(
        len(model),
        "relu" in model,
        list(model),
        list(model.keys()),
        list(model.values()),
        list(model.items()),
        model["tanh"],
    )
    model["gelu"] = nn.GELU()
    model.update({"tanh": nn.Sigmoid(), "a": nn.ReLU()})
    model.update(nn.ModuleDict({"z": nn.ReLU()}))
    say(model, model.pop("a"))
    del model["relu"]
    say(model)
    say.error(lambda: model["nothing"])
    say.error(lambda: model.update(3))
    say.error(lambda: model.update([3]), exactly=False)
    say.error(lambda: model.update([(1, 2, 3)]))
    say.error(lambda: model.__setitem__("x.y", nn.ReLU()))
    say.error(lambda: model.__setitem__("pop", nn.ReLU()))
    say.error(lambda: model.__setitem__("x", 3))
    model.clear()
    say(model)


@scene
def parameter_lists(torch, say):
    nn = torch.nn
    values = nn.ParameterList([torch.ones(2), nn.Parameter(torch.zeros(1)), "text"])
    say(len(values), [type(each).__name__ for each in values], list(values.state_dict()), values[-1], values[:2])
    values.append(torch.ones(3)).extend([torch.ones(4)])
    values += [torch.ones(5)]
    values[0] = torch.zeros(1)
    say(values, [tuple(p.shape) for p in values.parameters()], type(values[0]).__name__)
    say.error(lambda: values[9])
    say.error(lambda: values.extend(torch.ones(2)))
    say.error(lambda: values.extend(3))


@scene
def parameter_dicts(torch, say):
    nn = torch.nn
    values = nn.ParameterDict({"b": torch.ones(2), "a": nn.Parameter(torch.zeros(1))})
    say(list(values), len(values), "a" in values, list(reversed(values)), list(values.keys()))
    values["c"] = 3
    say(values.get("x"), values.get("x", 1), values.setdefault("d", torch.ones(1)), values.setdefault("c", 9))
    say([name for name, _ in values.named_parameters()], values.pop("c"), values.popitem()[0], list(values))
    say(list(values | {"y": torch.ones(1)}), list(values.copy()), list(values.fromkeys(["p", "q"], 1).items()))
    values |= {"z": torch.ones(1)}
    values.update(OrderedDict(m=1, l=2))
    values.update([("pair", 1)])
    say(values, [type(value).__name__ for value in values.values()], [key for key, _ in values.items()])
    del values["z"]
    say.error(lambda: values["z"])
    say.error(lambda: values[3])
    say.error(lambda: values.update(3), exactly=False)
    say.error(lambda: values.update([3]), exactly=False)
    say.error(lambda: values.update([(1, 2, 3)]))
    values.clear()
    say(values)


@scene
def one_number_or_one_a_dimension(torch, say):
    utils = torch.nn.modules.utils
    say(utils._single(3), utils._pair([1, 2, 3]), utils._triple("ab"), utils._quadruple(None), utils._ntuple(5)(0))
    say(utils._pair.__name__, utils._ntuple(2).__name__, utils._reverse_repeat_tuple((1, 2), 2))


@scene
def the_prefix_of_data_parallel(torch, say):
    layer = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Linear(1, 1)))
    state = layer.state_dict()
    state["other"] = 1
    for given in (state, {"module.a": 1, "b.module.": 2}):
        torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(given, "module.")
        say(list(given), dict(getattr(given, "_metadata", {})))
    say(list(layer.state_dict()))


# --- what one engine alone can tell -----------------------------------------------------------------------------------


def test_places_of_the_classes() -> None:
    assert nn.modules.linear.Linear is nn.Linear
    assert nn.modules.module.Module is nn.Module
    assert nn.modules.container.Sequential is nn.modules.Sequential is nn.Sequential
    assert nn.parameter.Parameter is nn.Parameter
    assert minitorch.nn is nn


def test_what_minitorch_lacks_is_said() -> None:
    with pytest.raises(NotImplementedError, match="bfloat16 is not supported"):
        nn.Linear(1, 1).bfloat16()
    if importlib.util.find_spec("cupy") is None:
        with pytest.raises(RuntimeError, match="CUDA is not available"):
            nn.Linear(1, 1).cuda()


def test_warnings_of_backward_hooks_name_the_line_that_called_backward() -> None:
    layer = nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: None)
    with pytest.warns(UserWarning, match="Full backward hook is firing") as caught:
        layer(minitorch.ones(1, 2)).sum().backward()
    assert caught[0].filename == __file__


def test_a_call_without_hooks_goes_straight_to_forward() -> None:
    layer = nn.ReLU()
    layer.__dict__["forward"] = lambda x: "own"  # a forward of the instance counts, as in torch
    assert layer(1) == "own"


def test_hooks_are_kept_in_ordered_dicts() -> None:
    ours, theirs = vars(minitorch.nn.Module()), vars(torch.nn.Module())
    kept = {name: type(value) for name, value in theirs.items() if name.endswith(("hooks", "_with_kwargs", "_called"))}
    assert kept == {name: type(ours[name]) for name in kept}
    hooks = minitorch.nn.Linear(1, 1)._forward_hooks
    assert repr(hooks) == repr(torch.nn.Linear(1, 1)._forward_hooks)


def test_a_hooked_module_leaves_no_reference_cycle() -> None:
    layer = nn.Linear(2, 2)
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: None)
    x = minitorch.ones(1, 2, requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        out = layer(x)
        out.sum().backward()
        node = weakref.ref(out.grad_fn)
        del out
        assert node() is None
    finally:
        gc.enable()


def test_modules_of_torch_and_of_minitorch_share_a_state_dict_layout() -> None:
    own = nn.Sequential(nn.Linear(2, 2), nn.PReLU(), nn.Bilinear(2, 2, 1))
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.PReLU(), torch.nn.Bilinear(2, 2, 1))
    assert {k: tuple(v.shape) for k, v in own.state_dict().items()} == {
        k: tuple(v.shape) for k, v in theirs.state_dict().items()
    }


def test_a_layer_that_shares_its_constructor_is_named_in_the_error() -> None:
    with pytest.raises(TypeError, match=r"^Conv2d\.__init__\(\) missing 1 required positional argument: 'kernel_size'"):
        minitorch.nn.Conv2d(3, 6)
    with pytest.raises(TypeError, match=r"^TransformerEncoderLayer\.__init__\(\) missing 1 required .*: 'nhead'"):
        minitorch.nn.TransformerEncoderLayer(8)
