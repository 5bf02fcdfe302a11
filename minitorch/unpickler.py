"""A reader of pickles that builds data and runs nothing: how `torch.load` reads a file that nobody vouches for.

A pickle is a program for a small stack machine. This one knows the instructions that make numbers, texts and
containers; for every name of a class or function it asks `find`, which knows the few that are harmless, and it calls
nothing else.
"""

from __future__ import annotations

import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, BinaryIO

_EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_SET": set, "EMPTY_TUPLE": tuple}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERALS = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 "
    "BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
).split()
_BYTE_STRINGS = ("STRING", "BINSTRING", "SHORT_BINSTRING")
_MARK = object()


class RestrictedUnpickler:
    """Reads one pickle from `file`.

    `find(module, name)` gives what a name stands for, or raises; `persistent_load(id)` what lies outside the pickle;
    `may_build(object)` says whether an object's state may be set, which calls its `__setstate__` if it has one.
    """

    def __init__(
        self,
        file: BinaryIO,
        find: Callable[[str, str], Any],
        persistent_load: Callable[[Any], Any],
        may_build: Callable[[Any], bool],
        encoding: str = "utf-8",
    ) -> None:
        self._file, self._find, self._persistent_load = file, find, persistent_load
        self._may_build, self._encoding = may_build, encoding
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._given: dict[int, Any] = {}
        """What `find` gave, by its id: all that may be called."""
        self._outside = False
        """Whether persistent_load is at work: what it raises is no fault of the pickle's."""

    def load(self) -> Any:
        """The object; raises pickle.UnpicklingError for what is no pickle, or one that would run code."""
        try:
            for opcode, argument, _ in pickletools.genops(self._file):
                if opcode.name == "STOP":
                    return self._stack.pop()
                self._step(opcode.name, argument)
        except (IndexError, KeyError, ValueError, AttributeError, TypeError) as error:
            if self._outside:
                raise
            raise pickle.UnpicklingError(f"the file is corrupt: {type(error).__name__}: {error}") from error
        raise pickle.UnpicklingError("the file is corrupt: it ends before its last instruction")

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _LITERALS:
            stack.append(argument)
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self._memo[int(argument)])
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self._memo[int(argument)] = stack[-1]
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _BYTE_STRINGS:
            stack.append(argument.encode("latin1") if self._encoding == "bytes" else argument)
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "POP":
            stack.pop()
        elif name == "POP_MARK":
            self._since_mark()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name not in ("PROTO", "FRAME"):
            self._compose(name, argument)

    def _compose(self, name: str, argument: Any) -> None:
        """The instructions that make something of what lies on the stack."""
        stack = self._stack
        if name in ("TUPLE", "LIST", "FROZENSET"):
            stack.append({"TUPLE": tuple, "LIST": list, "FROZENSET": frozenset}[name](self._since_mark()))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            stack[-count:] = [tuple(stack[-count:])]
        elif name == "DICT":
            items = self._since_mark()
            stack.append(dict(zip(items[::2], items[1::2], strict=True)))
        elif name in ("APPEND", "APPENDS"):
            items = [stack.pop()] if name == "APPEND" else self._since_mark()
            _exactly(list, stack[-1]).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = [stack.pop(-2), stack.pop()] if name == "SETITEM" else self._since_mark()
            _of(dict, stack[-1]).update(zip(items[::2], items[1::2], strict=True))
        elif name == "ADDITEMS":
            items = self._since_mark()
            _exactly(set, stack[-1]).update(items)
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            where = argument.split(" ", 1) if name == "GLOBAL" else [stack.pop(-2), stack.pop()]
            stack.append(self._find(*where))
            self._given[id(stack[-1])] = stack[-1]
        elif name in ("BINPERSID", "PERSID"):
            identity = stack.pop() if name == "BINPERSID" else argument
            self._outside = True
            stack.append(self._persistent_load(identity))
            self._outside = False
        elif name in ("REDUCE", "NEWOBJ", "NEWOBJ_EX"):
            keywords = stack.pop() if name == "NEWOBJ_EX" else {}
            arguments = stack.pop()
            function = self._callable(stack.pop())
            if name != "REDUCE":
                arguments = (function, *arguments)
                function = function.__new__
            stack.append(function(*arguments, **keywords))
        elif name == "BUILD":
            self._build(stack.pop(), stack[-1])
        else:
            raise pickle.UnpicklingError(f"Unsupported operand {name}")

    def _since_mark(self) -> list[Any]:
        at = next(k for k in range(len(self._stack) - 1, -1, -1) if self._stack[k] is _MARK)
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def _callable(self, found: Any) -> Any:
        if id(found) not in self._given:
            raise pickle.UnpicklingError(f"the file is corrupt: it calls an object of type {type(found).__name__}")
        return found

    def _build(self, state: Any, target: Any) -> None:
        if isinstance(target, type) or not self._may_build(target):
            raise pickle.UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{type(target)}"
            )
        setter = getattr(target, "__setstate__", None)
        if setter is not None:
            setter(state)
        else:
            attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
            target.__dict__.update(attributes or {})
            for name, value in (slots or {}).items():
                setattr(target, name, value)


def _exactly(kind: type, target: Any) -> Any:
    if type(target) is not kind:
        raise pickle.UnpicklingError(f"the file is corrupt: {kind.__name__} expected, got {type(target).__name__}")
    return target


def _of(kind: type, target: Any) -> Any:
    return target if isinstance(target, OrderedDict) else _exactly(kind, target)


def globals_of(file: BinaryIO) -> list[str]:
    """The names of all classes and functions that a pickle asks for, in order, each once."""
    names: list[str] = []
    texts: list[str] = []
    argument: Any
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name == "GLOBAL":
            names.append(argument.replace(" ", ".", 1))
        elif opcode.name == "STACK_GLOBAL":
            names.append(".".join(texts[-2:]))
        elif isinstance(argument, str):
            texts.append(argument)
    return list(dict.fromkeys(names))
