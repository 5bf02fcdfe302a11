"""@op: makes an operation of a kernel, and of the gradient rules that are written under it.

    @op(dtypes=PROMOTE)
    def mul(xp: Any, input: Array, other: Operand) -> Array:
        \"\"\"Elementwise product.\"\"\"
        return input * other

    mul.grad(
        input=lambda xp, g, other: g * other,
        other=lambda xp, g, input: g * input,
    )

The kernel gets `xp`, the arrays' own module, then torch's arguments. What is a tensor is said by the annotations:
`Array`, `Operand` (a tensor or a number), `Array | None`, `Sequence[Array]`; everything else is passed on as it came.

A rule gets `xp`, the gradient `g` of the result, and by name whatever it asks for: an argument, `out` (the result) or a
named output, `<argument>_shape`. Only what the rules in use ask for is kept until backward; a name that does not exist
fails at import. A rule may forget about broadcasting and mixed dtypes: the engine fits what it returns.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Protocol, SupportsIndex, overload

import numpy as np

from minitorch.autograd import graph
from minitorch.autograd.modes import inference_used, modes
from minitorch.autograd.observer import observers
from minitorch.autograd.views import View
from minitorch.backend import Array, array_module, device_of, is_array, modules
from minitorch.devices import is_lenient
from minitorch.dtypes import can_cast, default_numpy_dtype, result_dtype
from minitorch.errors import broadcast_error, device_error, memory_error, shape_list, type_name
from minitorch.node import Node, Slot
from minitorch.tensor import Tensor, copy_array, in_order

KEEP, PROMOTE, CHECKED, FLOAT = "keep", "promote", "checked", "float"
"""What happens to the operands' dtypes: nothing; brought to a common one; that, and numbers are left for the kernel to
check, where PROMOTE has them wrap around; brought to a common one, and integers to the default float.
"""

_ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "x1": "input", "x2": "other"}
"""NumPy's spellings, which torch takes as well."""

_EXPECTED: dict[str, tuple[str, Any]] = {
    "int": ("int", SupportsIndex),
    "float": ("Number", (int, float, np.number)),
    "Number": ("Number", (int, float, np.number)),
    "bool": ("bool", bool),
    "str": ("str", str),
    "Shape": ("tuple of ints", (list, tuple)),
}
"""How torch's messages call the types of arguments that are no tensors, and what is of that type."""

REQUIRED = object()
"""In place of a default where an argument has none."""

NO_RULES = object()
"""In place of a plan when no input that requires grad has a rule: the result does not require grad."""


class Op(Protocol):
    """An operation: called with Tensors, it returns Tensors and records itself."""

    __name__: str
    __doc__: str | None
    kernel: Callable[..., Any]
    rules: dict[str, Callable[..., Any]]
    view: bool
    sequence: bool
    parameters: tuple[str, ...]
    steps: Callable[..., Sequence[Node | None]] | None
    kinked: bool
    of_two: Callable[[Any, Any], Any]
    """The same called with two arguments by their places: the quickest way, for operators."""

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """The result; a tuple of Tensors, whatever a type checker is told, for an operation that has several."""

    def grad(self, **rules: Callable[..., Any]) -> None:
        """Sets the gradient rule of each differentiable argument; fails when a rule asks for an unknown name."""

    def on(self, xp: Any) -> Callable[..., Any]:
        """This operation inside another one's kernel or rule: on raw arrays, or recorded when `xp` is lifted."""


@overload
def op(function: Callable[..., Any], /) -> Op: ...
@overload
def op(**options: Any) -> Callable[[Callable[..., Any]], Op]: ...
def op(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Makes an operation of a kernel; see the module's docstring.

    Options: `dtypes` (KEEP, PROMOTE, CHECKED, FLOAT); `view`, when the result shares memory with the first argument;
    `outputs`, the named tuple of several results; `many`, when the result is a tuple of any length; `differentiable`,
    which of several outputs carry a gradient (all); `backward`, torch's name of the node where it does not follow from
    the operation's, or a function of the arguments that gives that name, or the number of torch's overload; `steps`,
    for what is several operations in torch: from the node and its edges, what the node's next_functions show; `kinked`,
    when the gradient depends on what was saved by comparisons alone, and so with a derivative of zero; `weighted`, when
    torch also takes, and deprecates, the numbers that follow the tensors here in between them; `anywhere`, when the
    tensors may lie on different devices; `long`, the arguments whose gradient rules are worth a thread each; `ordered`,
    when the result is contiguous whatever the layout of the arguments.
    """
    if function is None:
        return lambda function: _make(function, **options)
    return _make(function, **options)


def _make(
    function: Callable[..., Any],
    *,
    dtypes: str = KEEP,
    view: bool = False,
    outputs: Any = None,
    many: bool = False,
    differentiable: Sequence[int] | None = None,
    backward: str | Callable[..., int | str] | None = None,
    steps: Callable[..., Sequence[Node | None]] | None = None,
    kinked: bool = False,
    weighted: bool = False,
    anywhere: bool = False,
    long: Sequence[str] = (),
    ordered: bool = False,
) -> Op:
    name = function.__name__.lstrip("_")
    # Read off the code object: inspect.signature, for all operations, would be a good part of the time to import.
    names = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    arity = len(names)
    given = function.__defaults__ or ()
    defaults = (REQUIRED,) * (arity - len(given)) + given
    kinds = {i: str(function.__annotations__[each]) for i, each in enumerate(names)}
    if ordered:
        function = _ordered(function)
    sequences = [i for i, kind in kinds.items() if kind.startswith("Sequence[Array")]
    slots = [i for i, kind in kinds.items() if kind.startswith(("Array", "Operand")) or i in sequences]
    bits = tuple((i, 1 << (2 * k)) for k, i in enumerate(slots))
    number_ok = {i for i in slots if kinds[i].startswith("Operand")}
    none_ok = {i for i in slots if "None" in kinds[i]}
    several = outputs is not None or many
    carries = tuple(differentiable) if differentiable is not None else None
    one_gradient = not several or (carries is not None and len(carries) == 1)
    rules: dict[str, Callable[..., Any]] = {}
    plans: dict[int, Any] = {}
    node_types: dict[int | str, type[graph.OpNode]] = {}
    promoting, floating = dtypes != KEEP, dtypes == FLOAT
    only = carries[0] if carries else 0
    operands = len(slots)
    numbers = 1 in number_ok
    rest = defaults[operands:]
    new = object.__new__

    def call(*args: Any, **kwargs: Any) -> Any:
        if weighted and len(args) > operands and isinstance(args[-1], Tensor):
            args = numbers_last(args)
        if kwargs or len(args) != arity:
            if "out" in kwargs and "out" not in names:
                return _into(operation, args, kwargs)
            args = bind(args, kwargs)
        for observer in observers:
            observer.op_begins(operation, args)
        values = list(args)
        edges = []
        key = 0
        dtype: Any = None
        first = None
        mixed = number = apart = False
        for i, bit in bits:
            argument = args[i]
            if isinstance(argument, Tensor):
                array = argument._array
                values[i] = array
                if argument._view is not None:
                    argument._view.refresh(argument)
                edge = argument._node
                edges.append(edge)
                key |= bit if edge is None else 3 * bit
                if dtype is None:
                    dtype, first = array.dtype, array
                else:
                    if array.dtype is not dtype:
                        mixed = True
                    if array.__class__ is not first.__class__:
                        apart = not anywhere
            else:
                edges.append(None)
                values[i] = check_operand(i, argument)
                number = True
        if first is None:
            raise no_tensor(args)
        if apart:
            return call(*brought_together(args))
        if promoting and (mixed or ((number or floating) and dtype.kind != "f")):
            promote(values)
        try:
            result = function(array_module(first), *values)
        except (ValueError, TypeError, AttributeError, MemoryError) as error:
            raise translate(error, args) from None
        if several:
            outs = tuple([finish(array, first) for array in result])
            values += [out._array for out in outs]
        else:
            outs = (finish(result, first),)
            values.append(outs[0]._array)
        if view:
            for k, out in enumerate(outs):
                View.note(out, args[0], operation, args, k if several else None)
        if key & GRAD_BITS and modes.grad and outs:
            record(key, args, values, tuple(edges), outs)
        for observer in observers:
            observer.op_ends(operation, args, outs)
        if not several:
            return outs[0]
        return outputs(*outs) if outputs is not None else outs

    def finish(result: Any, like: Array) -> Tensor:
        """A result of the kernel as a Tensor; kernels may return NumPy's scalars for 0-d arrays."""
        out: Tensor = new(Tensor)
        out._array = result if result.__class__ is like.__class__ else array_module(like).asarray(result)
        out._cell = [0, 0]
        if modes.inference:
            out._inference = True
        return out

    def unary(*args: Any, **kwargs: Any) -> Any:
        """As `call`, for the commonest case: one operand, every other argument left out."""
        if observers or kwargs or len(args) != 1:
            return call(*args, **kwargs)
        (x,) = args
        if not isinstance(x, Tensor) or x._view is not None:
            return call(x)
        a = x._array
        if floating and a.dtype.kind != "f":
            return call(x)
        xp = modules.get(a.__class__, np)
        try:
            result = function(xp, a)
        except MemoryError as error:
            raise memory_error(error) from None
        if result.__class__ is not a.__class__:
            result = xp.asarray(result)
        out: Tensor = new(Tensor)
        out._array = result
        out._cell = [0, 0]
        edge = x._node
        if edge is not None and modes.grad:
            record(3, args, (a, *rest, result), (edge,), (out,))
        elif modes.inference:
            out._inference = True
        return out

    def binary(*args: Any, **kwargs: Any) -> Any:
        """As `call`, for the second commonest case: two operands of one dtype, every other argument left out."""
        return call(*args, **kwargs) if kwargs or len(args) != 2 else of_two(*args)

    def of_two(x: Any, y: Any) -> Any:
        if observers or not isinstance(x, Tensor) or x._view is not None:
            return call(x, y)
        a = x._array
        dtype = a.dtype
        edge = x._node
        if isinstance(y, Tensor):
            b = y._array
            if (
                b.dtype is not dtype
                or b.__class__ is not a.__class__
                or y._view is not None
                or (floating and dtype.kind != "f")
            ):
                return call(x, y)
            other = y._node
            key = (5 if edge is None else 7) if other is None else (13 if edge is None else 15)
        elif (y.__class__ is float or y.__class__ is int) and numbers and dtype.kind == "f":
            b = y
            other = None
            key = 1 if edge is None else 3
        else:
            return call(x, y)
        xp = modules.get(a.__class__, np)
        try:
            result = function(xp, a, b)
        except (ValueError, MemoryError) as error:
            raise translate(error, (x, y)) from None
        if result.__class__ is not a.__class__:
            result = xp.asarray(result)
        out: Tensor = new(Tensor)
        out._array = result
        out._cell = [0, 0]
        if key & 10 and modes.grad:
            record(key, (x, y), (a, b, *rest, result), (edge, other), (out,))
        elif modes.inference:
            out._inference = True
        return out

    def ternary(*args: Any, **kwargs: Any) -> Any:
        """As `call`, for the third commonest case: three operands of one dtype, the last of which may be None."""
        if observers or kwargs or len(args) != 3:
            return call(*args, **kwargs)
        x, y, z = args
        if not isinstance(x, Tensor) or not isinstance(y, Tensor) or x._view is not None or y._view is not None:
            return call(*args)
        a, b = x._array, y._array
        edge, other = x._node, y._node
        key = (1 if edge is None else 3) + (4 if other is None else 12)
        if isinstance(z, Tensor):
            c, last = z._array, z._node
            if c.dtype is not a.dtype or c.__class__ is not a.__class__ or z._view is not None:
                return call(*args)
            key += 16 if last is None else 48
        elif z is None and 2 in none_ok:
            c = last = None
        else:
            return call(*args)
        if b.dtype is not a.dtype or b.__class__ is not a.__class__:
            return call(*args)
        xp = modules.get(a.__class__, np)
        try:
            result = function(xp, a, b, c)
        except (ValueError, MemoryError) as error:
            raise translate(error, args) from None
        if result.__class__ is not a.__class__:
            result = xp.asarray(result)
        out: Tensor = new(Tensor)
        out._array = result
        out._cell = [0, 0]
        if key & 42 and modes.grad:
            record(key, args, (a, b, c, *rest, result), (edge, other, last), (out,))
        elif modes.inference:
            out._inference = True
        return out

    GRAD_BITS = sum(2 * bit for _, bit in bits)

    def record(key: int, args: Any, scope: Any, edges: tuple[Any, ...], outs: tuple[Tensor, ...]) -> None:
        """Makes the node, and ties the results to it."""
        plan = plans.get(key) or make_plan(key)
        if plan is NO_RULES:
            return
        node: graph.OpNode = new(plan.node_type if named is None else variant(named(*scope[:arity])))
        plan.fill(node, edges, scope, args, outs)
        if inference_used:
            refuse_inference(args, node.cells)
        if one_gradient:
            outs[only]._node = node
        else:
            node.outputs = tuple((out._array.shape, out._array.dtype) for out in outs)
            for k, out in enumerate(outs):
                if carries is None or k in carries:
                    out._node = Slot(node, k, *node.outputs[k])
        for observer in observers:
            observer.node_made(node)

    def refuse_inference(args: Any, cells: Any) -> None:
        """Raises when a tensor made in inference mode would be saved for backward."""
        for each in args[sequences[0]] if sequences else args:
            if isinstance(each, Tensor) and each._inference and any(cell is each._cell for cell in cells):
                raise RuntimeError(
                    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference "
                    "mode in computation tracked by autograd: make a clone of it, or use torch.no_grad() instead."
                )

    def call_sequence(*args: Any, **kwargs: Any) -> Any:
        """As `call`, for an operation on a sequence of tensors."""
        if kwargs or len(args) != arity:
            if "out" in kwargs and "out" not in names:
                return _into(operation, args, kwargs)
            args = bind(args, kwargs)
        for observer in observers:
            observer.op_begins(operation, args)
        position = sequences[0]
        tensors = args[position]
        if not isinstance(tensors, (list, tuple)):
            raise TypeError(
                f"{name}(): argument '{names[position]}' (position {position + 1}) must be tuple of Tensors, "
                f"not {type_name(tensors)}"
            )
        for k, each in enumerate(tensors):
            if not isinstance(each, Tensor):
                raise TypeError(f"expected Tensor as element {k} in argument {position}, but got {type_name(each)}")
        if len({each._array.__class__ for each in tensors}) > 1:
            together = graph.joined(tensors)
            if together is not None:
                return operation(*args[:position], together, *args[position + 1 :])
            places = [each.device for each in tensors]
            if not is_lenient():
                raise device_error(*places)
            gpu = next(place for place in places if place.type != "cpu")
            tensors = [each.to(gpu) for each in tensors]
        edges = [each._current_node() for each in tensors]
        arrays = [each._array for each in tensors]
        if promoting and len({array.dtype for array in arrays}) > 1:
            common = result_dtype(arrays)
            arrays = [array.astype(common, copy=False) for array in arrays]
        values = list(args)
        values[position] = arrays
        if not arrays:
            raise RuntimeError(f"{name}(): expected a non-empty list of Tensors")
        xp = array_module(arrays[0])
        try:
            result = function(xp, *values)
        except MemoryError as error:
            raise memory_error(error) from None
        outs = tuple([finish(array, arrays[0]) for array in (result if several else (result,))])
        if modes.grad and any(edge is not None for edge in edges):
            record(1, args, (*values, *[out._array for out in outs]), tuple(edges), outs)
        for observer in observers:
            observer.op_ends(operation, args, outs)
        if not several:
            return outs[0]
        return outputs(*outs) if outputs is not None else outs

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments in the order of the signature, defaults filled in."""
        if len(args) > arity:
            plural = "" if arity == 1 else "s"
            raise TypeError(f"{name}() takes {arity} positional argument{plural} but {len(args)} were given")
        bound = [*args, *defaults[len(args) :]]
        for keyword, value in kwargs.items():
            own = keyword if keyword in names else _ALIASES.get(keyword, keyword)
            if own not in names:
                raise TypeError(f"{name}() got an unexpected keyword argument '{keyword}'")
            k = names.index(own)
            if k < len(args):
                raise TypeError(f"{name}() got multiple values for argument '{own}'")
            bound[k] = value
        for k, value in enumerate(bound):
            if value is REQUIRED:
                raise TypeError(f'{name}() missing 1 required positional argument: "{names[k]}"')
        return tuple(bound)

    def numbers_last(args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of the deprecated order, in which a number stands before the tensor that it multiplies."""
        tensors = [each for each in args if isinstance(each, Tensor)]
        if len(tensors) != operands:
            raise TypeError(f"{name}() takes {operands} positional arguments but {len(args)} were given")
        signature = ", ".join([*names[:operands], "*", *(f"{each}=1" for each in names[operands:])])
        warnings.warn(
            f"This overload of {name} is deprecated. Consider using this signature instead: {name}({signature})",
            UserWarning,
            stacklevel=4,
        )
        return (*tensors, *(each for each in args if not isinstance(each, Tensor)))

    def check_operand(i: int, argument: Any) -> Any:
        """A number or None where the signature allows it; raises torch's TypeError otherwise."""
        if i in number_ok:
            # NumPy's numbers first: np.float64 is a float, and would not keep a float32 tensor float32
            if isinstance(argument, np.generic) or (isinstance(argument, np.ndarray) and argument.ndim == 0):
                return argument.item()
            if isinstance(argument, (bool, int, float)):
                return argument
        if argument is None and i in none_ok:
            return None
        raise TypeError(f"{name}(): argument '{names[i]}' (position {i + 1}) must be Tensor, not {type_name(argument)}")

    def brought_together(args: Sequence[Any]) -> list[Any]:
        """The arguments, those of no dimension brought from the CPU to the GPU where others lie; raises for others."""
        tensors = {i: args[i] for i in slots if isinstance(args[i], Tensor)}
        together = graph.joined([*tensors.values()])
        if together is not None:
            tensors = dict(zip(tensors, together, strict=True))
            return [tensors.get(i, each) for i, each in enumerate(args)]
        places = {i: tensor.device for i, tensor in tensors.items()}
        gpu = next(place for place in places.values() if place.type != "cpu")
        for i, place in places.items():
            if place.type == "cpu" and args[i].ndim and not is_lenient():
                raise device_error(gpu, place)
        return [each.to(gpu) if i in places else each for i, each in enumerate(args)]

    def no_tensor(args: tuple[Any, ...]) -> TypeError:
        got = ", ".join(type_name(argument) for argument in args)
        return TypeError(f"{name}(): expected at least one Tensor, got ({got})")

    def promote(values: list[Any]) -> None:
        """Brings the operands to their common dtype."""
        operands = [values[i] for i in slots if values[i] is not None]
        common = result_dtype(operands)
        if floating and common.kind != "f":
            common = default_numpy_dtype()
        for i in slots:
            value = values[i]
            if is_array(value):
                if value.dtype is not common:
                    values[i] = copy_array(value, common)
            elif value is not None and common.kind != "f" and dtypes != CHECKED:
                values[i] = np.asarray(value).astype(common).item()  # wraps around, as torch does

    def translate(error: Exception, args: tuple[Any, ...]) -> Exception:
        """NumPy's complaint about shapes, or a kernel's about an argument's type, in torch's words."""
        if isinstance(error, MemoryError):
            return memory_error(error)
        places = {device_of(each) for each in arrays_in(args)}
        if len(places) > 1:
            return device_error(*places)
        if not isinstance(error, ValueError):
            # NumPy's own kinds of TypeError become plain ones
            if str(error).startswith(f"{name}(): argument"):
                return error  # the kernel's own words
            plain = type(error) in (TypeError, AttributeError)
            return wrong_type(args) or (error if plain else TypeError(f"{name}(): {error}"))
        shapes = [argument._array.shape for argument in args if isinstance(argument, Tensor)]
        if "broadcast" in str(error) and len(shapes) > 1:
            try:
                np.broadcast_shapes(*shapes)
            except ValueError:
                return broadcast_error(shapes)
        return RuntimeError(f"{name}(): {error}")

    def wrong_type(args: tuple[Any, ...]) -> TypeError | None:
        """The error for the first argument that is no tensor and not of the type that the signature says."""
        for i, value in enumerate(args):
            expected = _EXPECTED.get(kinds[i].removesuffix(" | None"))
            if i in slots or expected is None or (value is None and "None" in kinds[i]):
                continue
            if not isinstance(value, expected[1]) or (isinstance(value, bool) and expected[0] == "int"):
                where = f"argument '{names[i]}' (position {i + 1})"
                return TypeError(f"{name}(): {where} must be {expected[0]}, not {type_name(value)}")
        return None

    named = backward if callable(backward) else None
    shows_numbers = set() if named is not None else number_ok
    """The operands that torch makes tensors of; where a number has an overload of its own, it is none."""

    def variant(which: int | str) -> type[graph.OpNode]:
        """The class of the nodes: one a name of torch's, so that `type(node).__name__` is that name."""
        if which not in node_types:
            given = backward if isinstance(backward, str) else which
            own = graph.node_name(name, given) if isinstance(given, int) else given
            node_types[which] = type(own, (graph.OpNode,), {"op": operation, "__module__": "builtins"})
        return node_types[which]

    def make_plan(key: int) -> Any:
        """Works out what to save and which rules to run when the inputs marked in `key` require grad."""
        tensors = {i for i, bit in bits if key & bit}
        wanted = [(k, i) for k, (i, bit) in enumerate(bits) if (key & 2 * bit or i in sequences) and names[i] in rules]
        asked = {i: _asked(rules[names[i]]) for _, i in wanted}
        saved = [(each, *source(each, tensors)) for each in dict.fromkeys(name for i in asked for name in asked[i])]
        plan = graph.Plan(
            variant(0),
            saved,
            [(k, rules[names[i]], asked[i]) for k, i in wanted],
            len(slots),
            {names[i]: k for k, i in enumerate(slots)},
            {each: k for k, each in enumerate(out_names) if carries is None or k in carries},
            single=only if one_gradient else None,
            plain=one_gradient and not sequences,
            long=frozenset(k for k, (i, _) in enumerate(bits) if names[i] in long),
            shown=[k for k, (i, bit) in enumerate(bits) if names[i] in rules and (key & bit or shows_numbers & {i})],
        )
        plans[key] = plan if wanted else NO_RULES
        return plans[key]

    out_names: tuple[str, ...] = tuple(getattr(outputs, "_fields", ())) if several else ("out",)

    def source(asked: str, tensors: Collection[int]) -> tuple[str, str]:
        """Where a saved value comes from: expressions for the value and, if it can be spoiled, for its version cell."""
        if asked in names:
            i = names.index(asked)
            if i in sequences:
                return f"scope[{i}]", f"*[each._cell for each in args[{i}]]"
            return f"scope[{i}]", f"args[{i}]._cell" if i in tensors else ""
        if asked in out_names:
            k = out_names.index(asked)
            return f"scope[{arity + k}]", f"outs[{k}]._cell"
        stem, _, what = asked.rpartition("_")
        if what == "shape" and stem in names:
            i = names.index(stem)
            return f"scope[{i}].shape" if i in tensors and i not in sequences else f"shape_of(scope[{i}])", ""
        raise TypeError(f"{name}: a gradient rule asks for '{asked}', which is neither an argument nor a result")

    def grad(**given: Callable[..., Any]) -> None:
        for argument, rule in given.items():
            if argument not in names or names.index(argument) not in slots:
                raise TypeError(f"{name}: a gradient rule for '{argument}', which is no tensor argument")
            for asked in _asked(rule):
                source(asked, ())
            rules[argument] = rule

    def on(xp: Any) -> Callable[..., Any]:
        return operation if xp is graph.lifted else lambda *args, **kwargs: function(xp, *args, **kwargs)

    operation: Any = call_sequence if sequences else call
    if not (sequences or several or view or REQUIRED in rest):
        if slots in ([0], [0, 1]) and not none_ok:
            operation = unary if operands == 1 else binary
        elif slots == [0, 1, 2] and none_ok <= {2} and not promoting:
            operation = ternary
    operation.__name__ = operation.__qualname__ = function.__name__
    operation.__module__ = function.__module__
    operation.__doc__ = function.__doc__
    operation.__wrapped__ = functools.partial(function, None)  # so that help() shows torch's arguments, without xp
    operation.kernel, operation.rules, operation.grad, operation.on = function, rules, grad, on
    operation.view, operation.sequence, operation.parameters = view, bool(sequences), names
    operation.steps, operation.kinked = steps, kinked
    operation.of_two = of_two if operation is binary else operation
    typed: Op = operation
    return typed


def _ordered(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel with results that are contiguous, as torch allocates them; NumPy's take after the arguments."""

    @functools.wraps(kernel)
    def call(*args: Any) -> Any:
        result = kernel(*args)
        return [in_order(each) for each in result] if isinstance(result, tuple) else in_order(result)

    return call


def arrays_in(value: Any) -> Iterator[Array]:
    """The arrays among arguments, those of tensors and within tuples too."""
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from arrays_in(each)
    elif isinstance(value, Tensor) or is_array(value):
        yield value._array if isinstance(value, Tensor) else value


def _asked(rule: Callable[..., Any]) -> tuple[str, ...]:
    """The names that a rule asks for, after `xp` and `g`."""
    return rule.__code__.co_varnames[2 : rule.__code__.co_argcount]


def _into(operation: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An operation with `out=`: the result is written into the tensor(s) given there, which are resized if need be."""
    out = kwargs.pop("out")
    result = operation(*args, **kwargs)
    if out is None:
        return result
    name = operation.__name__
    several = isinstance(result, tuple)
    if several and not isinstance(out, (list, tuple)):
        raise TypeError(f"{name}(): argument 'out' must be tuple of Tensors, not {type_name(out)}")
    targets, values = (out, result) if several else ((out,), (result,))
    if len(targets) != len(values):
        raise TypeError(f"{name}(): argument 'out': expected tuple of {len(values)} elements but got {len(targets)}")
    for target, value in zip(targets, values, strict=True):
        if not isinstance(target, Tensor):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type_name(target)}")
        if modes.grad and (target._node is not None or value._node is not None):
            raise RuntimeError(
                f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
                "arguments requires grad."
            )
        if not can_cast(value.dtype, target.dtype):
            raise RuntimeError(
                f"result type {value.dtype.legacy_name} can't be cast to the desired output type "
                f"{target.dtype.legacy_name}"
            )
        if target._array.shape != value._array.shape:
            if target._array.size:
                warnings.warn(
                    f"An output with one or more elements was resized since it had shape {shape_list(target.shape)}, "
                    f"which does not match the required output shape {shape_list(value.shape)}: give one of that "
                    "shape, or of no elements.",
                    UserWarning,
                    stacklevel=3,
                )
            target._array = array_module(target._array).empty(value._array.shape, target._array.dtype)
        if target._array.__class__ is not value._array.__class__:
            raise device_error(target.device, value.device)
        target._array[...] = value._array
        target._cell[0] += 1
    return type(result)(*targets) if hasattr(result, "_fields") else out
