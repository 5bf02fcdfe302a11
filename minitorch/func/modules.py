"""Modules as functions of their parameters: functional_call, stack_module_state, replace_all_batch_norm_modules_."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from minitorch.nn.batchnorm import _BatchNorm
from minitorch.nn.module import Module
from minitorch.ops.joining import stack
from minitorch.tensor import Tensor

State = dict[str, Any]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: State | Sequence[State],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Calls a module with other tensors in place of its parameters and buffers, by their names; it keeps its own.

    What is not named stays the module's. Weights that are tied in the module are replaced together, unless not
    `tie_weights`. What the module assigns to a buffer is put into the dictionary. Raises RuntimeError with `strict` for
    names that are missing or unexpected, AttributeError for a submodule that is not there, and ValueError for tied
    weights of different values and for a name in several dictionaries.
    """
    state = _merged(parameter_and_buffer_dicts)
    if args is None:
        args = ()
    elif not isinstance(args, tuple):
        args = (args,)
    with _replaced(module, state, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def _merged(dicts: Any) -> State:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, (list, tuple)):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    if not all(isinstance(each, dict) for each in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for each in dicts for name in each]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: value for each in dicts for name, value in each.items()}


def _own_state(module: Module) -> State:
    """All parameters and buffers by every name that they have."""
    return dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))


def _tied(own: State) -> dict[str, set[str]]:
    """For each name, all names of the same tensor."""
    names: dict[int, set[str]] = {}
    for name, value in own.items():
        names.setdefault(id(value), set()).add(name)
    return {name: names[id(value)] for name, value in own.items()}


@contextmanager
def _replaced(module: Module, state: State, tie_weights: bool, strict: bool) -> Iterator[None]:
    own = _own_state(module)
    tied = _tied(own) if tie_weights else {}
    values = dict(state)
    for name in state:
        group = tied.get(name, set())
        given = sorted(group & state.keys())
        if any(state[each] is not state[name] for each in given):
            raise ValueError(
                f"functional_call got multiple values for keys {given}, which are tied. Consider using "
                "tie_weights=False"
            )
        values.update(dict.fromkeys(group, state[name]))
    if strict:
        _check_names(module, own, state, values)
    places = [(name, *_place(module, name)) for name in values]
    for value in values.values():
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(f"{value} is not an instance of torch.Tensor")
    kept = [(table, last, table[last]) for _, table, last in places if last in table]
    try:
        for name, table, last in places:
            if last in table:
                table[last] = values[name]
        yield
        for name, table, last in places:
            if name in state and last in table:
                state[name] = table[last]
    finally:
        for table, last, value in kept:
            table[last] = value


def _check_names(module: Module, own: State, state: State, values: State) -> None:
    unexpected = sorted(state.keys() - own.keys())
    missing = sorted(own.keys() - values.keys())
    if unexpected or missing:
        lines = [f"Error(s) in reparametrizing for {type(module).__name__}:"]
        if unexpected:
            lines.append(f"Unexpected key(s): {', '.join(map(repr, unexpected))}.")
        if missing:
            lines.append(f"Missing key(s): {', '.join(map(repr, missing))}.")
        raise RuntimeError("\n\t".join(lines))


def _place(module: Module, name: str) -> tuple[dict[str, Any], str]:
    """The table of parameters or of buffers that a name stands in, and its last part."""
    *path, last = name.split(".")
    for part in path:
        if part not in module._modules:
            raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
        module = module._modules[part]  # type: ignore[assignment]  # a module may be None, and then has no tables
    return module._buffers if last in module._buffers else module._parameters, last


def stack_module_state(models: Sequence[Module]) -> tuple[State, State]:
    """The parameters and the buffers of several models of one class, each stacked: for an ensemble, with vmap.

    The stacked parameters are leaves. Raises RuntimeError for no models, models of several classes or modes, and
    parameters of which only some require grad.
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if not all(model.training == models[0].training for model in models):
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if not all(type(model) is type(models[0]) for model in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return _stacked(parameters), _stacked(buffers)


def _stacked(states: Sequence[State]) -> State:
    stacked = {}
    for name, first in states[0].items():
        column = [state[name] for state in states]
        if any(each.requires_grad != first.requires_grad for each in column):
            raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
        stacked[name] = stack([each.detach() for each in column]).requires_grad_(first.requires_grad)
    return stacked


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Makes every batch normalization under `root` one without running statistics, which vmap could not update."""
    for module in root.modules():
        if isinstance(module, _BatchNorm):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
