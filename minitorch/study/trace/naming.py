"""What the script calls things: its variables name modules, leaves and results."""

from __future__ import annotations

import sys
import types
import weakref

from minitorch.nn.module import Module
from minitorch.study.names import script_frames, variable_names
from minitorch.study.trace.origins import Origins
from minitorch.tensor import Tensor


class Names(Origins):
    """Names modules by the variables that hold them, and values, leaves and results by the script's variables."""

    def __init__(self) -> None:
        super().__init__()
        self._roots: dict[int, tuple[weakref.ref[Module], str, dict[int, str], dict[int, str]]] = {}
        """By the outermost modules: each with its name, and the paths of its modules and of its tensors."""

    def _module_path(self, module: Module, frame: types.FrameType | None) -> str:
        """What a module is called: by the variable of the outermost one that holds it, and the way there."""
        for reference, root, paths, _ in self._roots.values():
            if reference() is not None and id(module) in paths:
                return ".".join(filter(None, (root, paths[id(module)])))
        name = _module_name(module, frame)
        self._roots[id(module)] = (
            weakref.ref(module),
            name,
            {id(each): path for path, each in module.named_modules()},
            {id(each): path for path, each in (*module.named_parameters(), *module.named_buffers())},
        )
        return name

    def _name_inputs(self, frame: types.FrameType | None, tensors: list[tuple[Tensor, int]]) -> None:
        """Gives values the names of the local variables that hold them."""
        kept = self.record.values.kept
        wanted = {id(tensor): number for tensor, number in tensors if kept[number].name is None}
        if not wanted or frame is None:
            return
        for name, value in list(frame.f_locals.items()):
            if isinstance(value, Tensor) and id(value) in wanted and not name.startswith("_"):
                number = wanted[id(value)]
                if kept[number].name is None:
                    kept[number].name = name

    def _name_all(self, frame: types.FrameType | None) -> None:
        """Gives names to leaves and results that have none yet, by the variables of all functions under way."""
        record = self.record
        unnamed = {id(leaf): n for leaf, n in self._leaves.alive() if record.leaves[n]["name"] is None}
        for reference, root, _, parameters in self._roots.values():
            if reference() is None:
                continue
            for key, path in parameters.items():
                if key in unnamed:
                    record.leaves[unnamed.pop(key)]["name"] = f"{root}.{path}"
        results = {id(tensor): known[0] for tensor, known in self._tensors.alive() if known[0] and "op" in known[0]}
        for script in script_frames(frame or sys._getframe(1)):
            for name, value in list(script.f_locals.items()):
                key = id(value)
                if name.startswith("_"):
                    continue
                if key in unnamed:
                    record.leaves[unnamed.pop(key)]["name"] = name
                if key in results:
                    origin = results.pop(key)
                    self._name_value(record.ops[origin["op"]]["outputs"][origin["output"]]["value"], name)
            if unnamed and any(record.leaves[n]["kind"] != "input" for n in unnamed.values()):
                for name, tensor in variable_names(script):
                    if id(tensor) in unnamed:
                        record.leaves[unnamed.pop(id(tensor))]["name"] = name
        for entry in record.leaves.values():
            if entry["name"] is None:
                entry["name"] = record.values.kept[entry["value"]].name
            else:
                self._name_value(entry["value"], entry["name"])

    def _name_value(self, number: int | None, name: str) -> None:
        value = None if number is None else self.record.values.kept.get(number)
        if value is not None and value.name is None:
            value.name = name


def _module_name(module: Module, frame: types.FrameType | None) -> str:
    """The variable that holds a module, or the attribute of one: `net`, `self.net`; else its type in small letters."""
    for script in script_frames(frame):
        variables = {**script.f_globals, **script.f_locals}
        for name, value in variables.items():
            if value is module and not name.startswith("_"):
                return name
        for name, value in variables.items():
            attributes = getattr(value, "__dict__", None)
            if name.startswith("_") or not isinstance(attributes, dict) or isinstance(value, (type, types.ModuleType)):
                continue
            for attribute, each in attributes.items():
                if each is module:
                    return f"{name}.{attribute}"
    return type(module).__name__.lower()
