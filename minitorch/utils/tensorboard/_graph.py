"""The graph of a model, as TensorBoard draws it: the operations of a forward pass, in boxes of their modules."""

from __future__ import annotations

import inspect
import reprlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.step_stats_pb2 import DeviceStepStats, StepStats
from tensorboard.compat.proto.versions_pb2 import VersionDef

from minitorch.autograd.observer import Observer, observers
from minitorch.nn.module import Module
from minitorch.tensor import Tensor
from minitorch.utils.tensorboard._values import shape_proto


def graph(model: Module, args: Any, verbose: bool = False) -> tuple[Any, Any]:
    """The graph of `model(*args)` and what ran it. The model is in eval mode meanwhile; `verbose` prints the nodes.

    A node is named by the modules that it is in, as `Net/Linear[fc1]/linear`. Raises RuntimeError without an input, and
    where no tensor comes out; what the model itself raises comes through.
    Differs from torch: forward runs once, where torch runs it three times; a node is an operation of minitorch, whose
    arguments that are no tensors are an attribute of it; every module is left in the mode that it was in. A write by
    index to a tensor that needs no gradient is not drawn.
    """
    modes = [(module, module.training) for module in model.modules()]
    if args is None:
        raise RuntimeError(
            "add_graph: input_to_model is missing, an example of what the model takes: its graph is that of a forward "
            "pass (the same in a training step is what `minitorch trace` shows)"
        )
    args = (args,) if isinstance(args, (Tensor, dict)) else tuple(args)
    recorder = _Recorder(model)
    recorder.inputs(_argument_names(model, len(args)), args)
    for module, _ in modes:
        module.training = False
    try:
        with recorder:
            result = model(*args)
    finally:
        for module, mode in modes:
            module.training = mode
    if recorder.outputs(result) == 0:
        raise RuntimeError(f"add_graph: {type(model).__name__} gave no tensor, so that there is no graph to draw")
    nodes = recorder.leading_out()
    if verbose:
        print("\n".join(f"{node.name} = {node.op}({', '.join(node.input)})" for node in nodes))
    device = RunMetadata(step_stats=StepStats(dev_stats=[DeviceStepStats(device="/device:CPU:0")]))
    return GraphDef(node=nodes, versions=VersionDef(producer=22)), device


class _Recorder(Observer):
    """Writes down, as nodes, what happens to the tensors of one thread while a model runs."""

    def __init__(self, model: Module) -> None:
        self.nodes: list[Any] = []
        self._model = model
        self._thread = threading.get_ident()
        self._quiet = False
        self._functions = 0
        """How many of a user's Functions are running, one within the other: of each one node is drawn."""
        self._taken: dict[str, int] = {}
        """The names that are in use, and the number that tells the next node of the same name apart."""
        self._known: dict[int, tuple[Any, str]] = {}
        """By id: a tensor or an array, kept so that the id stays its own, and the node that it comes from."""
        self._paths = dict(_scopes(model))
        self._owned = {
            id(each): (f"{self._paths[id(owner)]}/{name}", kind)
            for owner in model.modules()
            for kind, own in (("Parameter", owner._parameters), ("Buffer", owner._buffers))
            for name, tensor in own.items()
            if tensor is not None
            for each in (tensor, tensor._array)
        }
        """By the same ids: the name of a parameter's node, and what it is."""
        self._inside: list[tuple[str, int]] = []
        """The modules that are running: the name of each, and how many nodes there were before."""
        self._handles: list[Any] = []

    def __enter__(self) -> None:
        for module in self._model.modules():
            self._handles.append(module.register_forward_pre_hook(self._enter_module, prepend=True))
            self._handles.append(module.register_forward_hook(self._leave_module, always_call=True))
        observers.append(self)

    def __exit__(self, *error: object) -> None:
        observers.remove(self)
        for handle in self._handles:
            handle.remove()

    # --- what goes in and comes out ---------------------------------------------------------------------------------

    def inputs(self, names: Sequence[str], args: Sequence[Any]) -> None:
        """A node for every tensor in the arguments."""
        for name, argument in zip(names, args, strict=True):
            for path, tensor in _tensors(argument, name):
                self._know(tensor, self._add(f"input/{path}", "IO Node", [], [tensor]))

    def outputs(self, result: Any) -> int:
        """A node for every tensor of the result; how many there are."""
        found = list(_tensors(result, ""))
        for number, (_, tensor) in enumerate(found, 1):
            self._add(f"output/output.{number}", "IO Node", [self._source(tensor)], [tensor])
        return len(found)

    def leading_out(self) -> list[Any]:
        """The nodes that a result needs, and the inputs: without those of what was computed and never used."""
        needed = {node.name for node in self.nodes if node.op == "IO Node"}
        for node in reversed(self.nodes):  # whatever uses a node comes after it
            if node.name in needed:
                needed.update(node.input)
        return [node for node in self.nodes if node.name in needed]

    # --- modules ----------------------------------------------------------------------------------------------------

    def _enter_module(self, module: Module, args: Any) -> None:
        self._inside.append((self._paths[id(module)], len(self.nodes)))

    def _leave_module(self, module: Module, args: Any, output: Any) -> Any:
        scope, before = self._inside.pop()
        if len(self.nodes) > before or not isinstance(output, Tensor) or not self._watched():
            return None
        # A module without an operation, as dropout in eval mode: what it gives back gets a node of its own, and so has
        # to be another tensor than what it took.
        self._quiet = True
        passed = output.view_as(output)
        self._quiet = False
        kind = type(module).__name__
        self._know(passed, self._add(f"{scope}/{kind.lower()}", kind, [self._source(output)], [passed]))
        return passed

    # --- operations -------------------------------------------------------------------------------------------------

    def op_ends(self, op: Callable[..., Any], args: tuple[Any, ...], results: Sequence[Any]) -> None:
        self._operation(op.__name__.strip("_"), getattr(op, "parameters", ()), args, results)

    def call_begins(self, function: Any, args: tuple[Any, ...]) -> None:
        if threading.get_ident() == self._thread:
            self._functions += 1

    def call_ends(self, function: Any, args: tuple[Any, ...], results: Sequence[Any]) -> None:
        if threading.get_ident() == self._thread:
            self._functions -= 1
        self._operation(function.__name__, (), args, results)

    def write_begins(self, tensor: Tensor, result: Tensor, name: str) -> None:
        if not self._watched():
            return
        written = self._source(result)
        if tensor._view is not None:
            base = tensor._view.base
            whole = self._add(self._here("copy_slices"), "copy_slices", [self._source(base), written], [base])
            self._know(base, whole)
        self._know(tensor, written)

    def _watched(self) -> bool:
        return not self._quiet and not self._functions and threading.get_ident() == self._thread

    def _operation(self, name: str, parameters: Sequence[str], args: Sequence[Any], results: Sequence[Any]) -> None:
        if not self._watched():
            return
        sources: list[str] = []
        others: list[str] = []
        for k, argument in enumerate(args):
            tensors = [tensor for _, tensor in _tensors(argument, "")]
            sources += [self._source(tensor) for tensor in tensors]
            if not tensors and _is_plain(argument):
                others.append(f"{parameters[k] if k < len(parameters) else k}: {reprlib.repr(argument)}")
        outs = [out for out in results if isinstance(out, Tensor)]
        node = self._add(self._here(name), name, sources, outs, ", ".join(others))
        for out in outs:
            self._know(out, node)

    # --- nodes ------------------------------------------------------------------------------------------------------

    def _here(self, name: str) -> str:
        scope = self._inside[-1][0] if self._inside else type(self._model).__name__
        return f"{scope}/{name}"

    def _add(self, name: str, kind: str, inputs: Sequence[str], results: Sequence[Any], about: str = "") -> str:
        unique = name
        while unique in self._taken:
            unique = f"{name}_{self._taken[name]}"
            self._taken[name] += 1
        self._taken[unique] = 1
        attributes = {"attr": AttrValue(s=f"{{{about}}}".encode())}
        if results:
            shapes = AttrValue.ListValue(shape=[shape_proto(each.shape) for each in results])
            attributes["_output_shapes"] = AttrValue(list=shapes)
        self.nodes.append(NodeDef(name=unique, op=kind, input=inputs, attr=attributes))
        return unique

    def _know(self, tensor: Tensor, node: str) -> None:
        for each in (tensor, tensor._array):
            self._known[id(each)] = each, node

    def _source(self, tensor: Tensor) -> str:
        """The node that a tensor comes from; a parameter's is made when it is first used, as a constant's is."""
        ids = (id(tensor), id(tensor._array))
        for each in ids:
            if each in self._known:
                return self._known[each][1]
        owned = [self._owned[each] for each in ids if each in self._owned]
        name, kind = owned[0] if owned else (self._here("constant"), "Constant")
        node = self._add(name, kind, [], [tensor])
        self._know(tensor, node)
        return node


def _scopes(model: Module) -> Iterator[tuple[int, str]]:
    """The name of every module's box: `Net/Sequential[features]/Conv2d[0]`."""
    names = {"": type(model).__name__}
    for path, module in model.named_modules():
        if path:
            parent, _, last = path.rpartition(".")
            names[path] = f"{names[parent]}/{type(module).__name__}[{last}]"
        yield id(module), names[path]


def _is_plain(value: Any) -> bool:
    """Whether an argument says something to a reader: a number, a text, a slice, or several."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is Ellipsis or isinstance(value, (int, float, str, slice))


def _tensors(value: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    """The tensors in a nest of lists, tuples and dicts, each with its path."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _tensors(each, f"{name}.{key}")
    elif isinstance(value, (list, tuple)):
        for k, each in enumerate(value):
            yield from _tensors(each, f"{name}.{k}")


def _argument_names(model: Module, count: int) -> list[str]:
    """What forward calls its arguments; `args.0` and so on where it takes any number."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [each.name for each in inspect.signature(model.forward).parameters.values() if each.kind in kinds]
    return [names[k] if k < len(names) else f"args.{k}" for k in range(count)]
