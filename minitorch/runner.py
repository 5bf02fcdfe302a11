"""`minitorch run`: an unmodified PyTorch script on minitorch.

While it runs, `torch` and `torchvision` ARE minitorch and minitorch.vision: `install` puts a finder before all others
that gives out minitorch's own module objects under torch's names, in this process and in those it spawns.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import io
import multiprocessing
import multiprocessing.spawn
import os
import re
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import BuiltinImporter, ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any

from minitorch import coverage
from minitorch.backend import load_cupy
from minitorch.devices import be_lenient, set_default_device
from minitorch.errors import is_engine

ENGINES = ("numpy", "cupy", "torch")
PACKAGE = Path(__file__).parent
ROOTS = ("torch", "torchvision", "functorch")
_preparation_data = multiprocessing.spawn.get_preparation_data
# The classes whose attributes are in the list of torch's names.
_CLASSES = ("torch.Tensor", "torch.nn.Module", "torch.optim.Optimizer", "torch.Generator", "torch.autograd.Function")


class CannotRun(Exception):
    """The script cannot even start: no such file, or no such engine here. The message says what to do."""


# --- torch's names for minitorch's modules -------------------------------------------------------------------------


_OTHER_NAMES = {"torch.study": "minitorch.study", "functorch": "minitorch.func"}
"""What `from minitorch import study` asks for where minitorch goes by the name of torch; and torch.func's old name."""


class _Finder(MetaPathFinder, Loader):
    """Finds `torch.X` as the module object minitorch.X, and nothing of an installed torch."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in ROOTS:
            return None
        try:
            known = fullname in _OTHER_NAMES or _module(fullname) is not None
        except ModuleNotFoundError as error:  # where an optional package was missed says nothing
            raise error.with_traceback(None) from None
        if not known:
            # Not None: the finders after this one would look into minitorch's folder, or find the installed torch.
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return ModuleSpec(fullname, self)

    def exec_module(self, module: types.ModuleType) -> None:
        # The import system gives out what it finds in sys.modules once this returns, not `module`.
        if module.__name__ in _OTHER_NAMES:
            sys.modules[module.__name__] = importlib.import_module(_OTHER_NAMES[module.__name__])
            return
        found = _module(module.__name__)
        assert found is not None, "find_spec found it"
        _enter(module.__name__, found)
        _adopt_loaded()


def _module(torch_name: str) -> types.ModuleType | None:
    """The module torch calls `torch_name`: minitorch's own, or one made up where minitorch's files are others."""
    if torch_name in _modules() or torch_name.startswith("torchvision."):
        found = coverage.find(torch_name)
        if isinstance(found, types.ModuleType):
            return found
    contents = _homes().get(torch_name)
    if not contents:
        return None
    facade = types.ModuleType(torch_name, "The names that torch keeps here.")
    for namespace, name in contents:
        value = getattr(coverage.find(namespace), name, None)
        if value is not None:
            setattr(facade, name, value)
    return facade if any(not name.startswith("_") for name in vars(facade)) else None


@functools.cache
def _modules() -> list[str]:
    """The modules by which minitorch's go: torch's public ones, and the private ones that scripts import."""
    data = "torch.utils.data._utils"
    return sorted([*coverage.sections()["modules"], "torch.__config__", data, f"{data}.collate", f"{data}.worker"])


@functools.cache
def _homes() -> dict[str, list[tuple[str, str]]]:
    """For each module that torch's classes and functions report as theirs: those, by public namespace and name."""
    homes: dict[str, list[tuple[str, str]]] = {}
    for namespace, names in coverage.sections().items():
        for name, home in names.items():
            if home:
                homes.setdefault(home, []).append((namespace, name))
    for old in ("torch.cpu.amp", "torch.cuda.amp"):
        homes[f"{old}.grad_scaler"] = [(old, "GradScaler")]
        homes[f"{old}.autocast_mode"] = [(old, name) for name in ("autocast", "custom_fwd", "custom_bwd")]
    # The package that holds torch's layers offers every one of them itself.
    homes["torch.nn.modules"] = [("torch.nn", name) for name in coverage.sections()["torch.nn"]]
    return homes


def install(device: str | None = None) -> None:
    """Make `import torch` and `import torchvision` mean minitorch, here and in spawned processes.

    `device` becomes the default one, and scripts need not know of it. An installed torch that is already imported is
    set aside.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] in ROOTS]:
        del sys.modules[name]
    if not _installed():
        sys.meta_path.insert(0, _Finder())
    if device is not None:
        set_default_device(device)
        be_lenient()
    _adopt_loaded()
    _do_in_spawned("install", device)


def _installed() -> bool:
    return any(isinstance(finder, _Finder) for finder in sys.meta_path)


def _adopt_loaded() -> None:
    """Let all of minitorch that is imported go by torch's names: its modules, and what its public classes report."""
    listed = coverage.sections()
    for torch_name in _modules():
        module = sys.modules.get(coverage.minitorch_name(torch_name))
        if module is not None:
            _enter(torch_name, module)
    for home in sorted(_homes()):
        if home not in sys.modules and home.rpartition(".")[0] in sys.modules:
            facade = _module(home)
            if facade is not None:
                _enter(home, facade)
    for namespace in listed.keys() & sys.modules.keys():
        for name, home in listed[namespace].items():
            value = vars(sys.modules[namespace]).get(name)
            # Only where the class is found again under the name that it reports: pickle asks for that.
            if isinstance(value, type) and value.__name__ == name and (home or namespace) in sys.modules:
                if value.__module__.startswith("minitorch"):
                    value.__module__ = home or namespace


def _enter(torch_name: str, module: types.ModuleType) -> None:
    """Make a module the one that `import torch_name` gives, and an attribute of its parent."""
    sys.modules[torch_name] = module
    own = module.__name__
    if own.partition(".")[0] == "minitorch":
        module.__name__ = torch_name
        for value in vars(module).values():
            if isinstance(value, (type, types.FunctionType)) and value.__module__ == own:
                value.__module__ = torch_name
    parent, _, last = torch_name.rpartition(".")
    if parent in sys.modules and not hasattr(sys.modules[parent], last):
        setattr(sys.modules[parent], last, module)


def _do_in_spawned(function: str, *args: object) -> None:
    """Let a spawned process call a function of this module before it imports the main script again.

    A new interpreter first of all reads a pickle, multiprocessing's preparation data; reading ours makes the call.
    """

    def get_preparation_data(name: str) -> dict[str, Any]:
        return {**_preparation_data(name), "minitorch": _CallOnLoad(function, *args)}

    multiprocessing.spawn.get_preparation_data = get_preparation_data
    # A fork server would import the main script before it reads such data; without, each child does, as when spawned.
    multiprocessing.set_forkserver_preload([])


class _CallOnLoad:
    """An object whose pickle, when loaded, calls a function of this module, be minitorch on the path there or not."""

    def __init__(self, function: str, *args: object) -> None:
        self.function = function
        self.args = args

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str, dict[str, object]]]:
        lines = [
            "import sys; sys.path.insert(0, folder)",
            "from minitorch import runner",
            "del sys.path[0]; getattr(runner, function)(*args)",
        ]
        return exec, ("\n".join(lines), {"folder": str(PACKAGE.parent), "function": self.function, "args": self.args})


# --- torchvision on torch, where it is not installed ------------------------------------------------------------------


class _VisionFinder(MetaPathFinder):
    """Finds `torchvision` as the source of minitorch.vision, in which every import of minitorch imports torch."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        root, _, rest = fullname.partition(".")
        if root != "torchvision":
            return None
        place = PACKAGE.joinpath("vision", *rest.split("."))
        package = place / "__init__.py"
        source = package if package.is_file() else place.with_suffix(".py")
        if not source.is_file():
            return None
        # A package without a folder: in one, other finders would find these files first.
        spec = ModuleSpec(fullname, _OnTorch(fullname, str(source)), origin=str(source), is_package=source == package)
        spec.has_location = True
        return spec


class _OnTorch(SourceFileLoader):
    """Executes a source file with an `import` statement that reads torch for minitorch."""

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import_torch}
        super().exec_module(module)


def _import_torch(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] = (),
    level: int = 0,
) -> types.ModuleType:
    """What `import` calls in vision's source on torch: minitorch.vision is torchvision, minitorch is torch."""
    if level == 0:
        name = re.sub(r"^minitorch\.vision\b", "torchvision", name)
        name = re.sub(r"^minitorch\b", "torch", name)
    return __import__(name, globals, locals, fromlist, level)


def offer_vision() -> None:
    """Let a script that runs on torch import torchvision where it is not installed, here and in spawned processes."""
    if importlib.util.find_spec("torchvision") is None:
        sys.meta_path.append(_VisionFinder())
        _do_in_spawned("offer_vision")


# --- engines -------------------------------------------------------------------------------------------------------


def unavailable(engine: str) -> str | None:
    """Why an engine cannot run here and what to install, None if it can."""
    if engine == "torch" and importlib.util.find_spec("torch") is None:
        return "engine torch: PyTorch is not installed here (pip install torch)"
    if engine == "cupy":
        try:
            load_cupy()
        except RuntimeError as error:
            return f"engine cupy: {error}"
    return None


def select(engine: str) -> None:
    """Make `engine` what `import torch` gives in this process. Raises CannotRun where it is not to be had."""
    reason = unavailable(engine)
    if reason is not None:
        raise CannotRun(reason)
    if engine == "torch":
        offer_vision()
    else:
        install("cuda" if engine == "cupy" else None)


# --- running -------------------------------------------------------------------------------------------------------


def program(
    target: str,
    args: Sequence[str] = (),
    *,
    engine: str = "numpy",
    module: bool = False,
    around: AbstractContextManager[object] | None = None,
) -> None:
    """Run a script as this process's program: what it raises ends the process, shown as Python would show it.

    `around` is entered for the run itself, once the script is compiled.
    """
    select(engine)
    code: types.CodeType | None = None
    try:
        code, main = load(target, args, module=module)
        with around or nullcontext():
            run(code, main)
    except (SystemExit, CannotRun):
        raise
    except BaseException as error:
        error.__traceback__ = _own_traceback(error.__traceback__, code)
        sys.excepthook = functools.partial(_show, sys.excepthook, error.__traceback__)
        raise


def load(target: str, args: Sequence[str], *, module: bool = False) -> tuple[types.CodeType, types.ModuleType]:
    """Compile a script ("-" is standard input) or a module; make the `__main__`, sys.argv and sys.path[0] of its run.

    Raises CannotRun where there is none, and the script's own SyntaxError.
    """
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins, __annotations__={})
    if module:
        spec = _module_spec(target)
        code = spec.loader.get_code(spec.name) if isinstance(spec.loader, InspectLoader) else None
        if code is None or spec.origin is None:
            raise CannotRun(f"module {target} has no code to run")
        main.__dict__.update(__file__=spec.origin, __cached__=spec.cached, __loader__=spec.loader)
        main.__dict__.update(__spec__=spec, __package__=spec.parent)
        argv0 = spec.origin
    elif target == "-":
        _set_path("")
        code = compile(sys.stdin.buffer.read(), "<stdin>", "exec", dont_inherit=True)
        main.__dict__.update(__file__="<stdin>", __cached__=None, __loader__=BuiltinImporter)
        argv0 = target
    else:
        path = os.path.abspath(target)
        source = _read(target)
        if b"\0" in source:
            raise CannotRun(f"{target} is not a script: it holds binary data")
        _set_path(os.path.dirname(os.path.realpath(path)))
        code = compile(source, path, "exec", dont_inherit=True)
        loader = SourceFileLoader("__main__", path)
        main.__dict__.update(__file__=path, __cached__=None, __loader__=loader)
        argv0 = target
    sys.argv = [argv0, *args]
    return code, main


def run(code: types.CodeType, main: types.ModuleType) -> None:
    """Execute what `load` gave, as the process's `__main__`; what the script raises comes through."""
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def _read(target: str) -> bytes:
    if not target:
        raise CannotRun("no such script: ''")
    try:
        with io.open_code(os.path.abspath(target)) as file:
            return file.read()
    except FileNotFoundError:
        raise CannotRun(f"no such script: {target}") from None
    except IsADirectoryError:
        raise CannotRun(f"{target} is a directory, not a script") from None
    except OSError as error:
        raise CannotRun(f"cannot read {target}: {error.strerror}") from None


def _set_path(folder: str) -> None:
    """Put the script's folder where Python puts it: in place of the folder that this program was started from."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _module_spec(name: str) -> ModuleSpec:
    """Find what `python -m name` runs: the module, or the `__main__` of the package. Raises CannotRun."""
    _set_path(os.getcwd())
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise CannotRun(f"no module to run: {name}")
    return spec


# --- what a script raises ------------------------------------------------------------------------------------------


def _own_traceback(traceback: types.TracebackType | None, code: types.CodeType | None) -> types.TracebackType | None:
    """The part of a traceback that is the script's: from its first line on, nothing if it did not even compile."""
    while traceback is not None and traceback.tb_frame.f_code is not code:
        traceback = traceback.tb_next
    return traceback


def _show(
    hook: Callable[..., object],
    own: types.TracebackType | None,
    kind: type[BaseException],
    error: BaseException,
    traceback: types.TracebackType | None,
) -> None:
    """The excepthook while a script's exception ends the process: a name that minitorch lacks takes one line."""
    error.__traceback__ = own
    line = missing_name(error)
    if line is None or hook is not sys.__excepthook__:
        hook(kind, error, own)
    else:
        print(f"minitorch: error: {line}", file=sys.stderr)


def missing_name(error: BaseException) -> str | None:
    """The line for an error that comes of a torch name that minitorch lacks, None for any other error.

    It says where the script asks for the name, whether torch has it, and what is near it.
    """
    asked = _asked_for(error) if _installed() else None
    if asked is None or error.__cause__ is not None or error.__context__ is not None:
        return None
    namespace, name, owner = asked
    full = f"{namespace}.{name}".lstrip(".")
    root = full.partition(".")[0]
    known = _torch_has(namespace, name, isinstance(error, ModuleNotFoundError))
    verdict = {
        True: f"is in {root}, but not in minitorch (yet)",
        False: f"is neither in {root} nor in minitorch",
        None: "is not in minitorch",
    }[known]
    near = coverage.near(name, owner, namespace)
    hint = f"; near it: {', '.join(near)}" if near else ""
    return f"{_where(error.__traceback__)}: {full} {verdict}{hint}"


def _torch_has(namespace: str, name: str, as_module: bool) -> bool | None:
    """Whether torch has a name, or a module, in a namespace; None where the list of its names cannot tell."""
    listed = coverage.sections()
    if f"{namespace}.{name}" in listed["modules"] or (not as_module and name in listed.get(namespace, {})):
        return True
    if as_module:
        # Torchvision's modules, and those inside torch's largest packages, are not all listed.
        whole = namespace.startswith("torch") and any(
            module.startswith(f"{namespace}.") for module in listed["modules"]
        )
        complete = whole and not namespace.startswith("torchvision")
    else:
        complete = namespace in listed
    return False if complete and not name.startswith("_") else None


def _asked_for(error: BaseException) -> tuple[str, str, object] | None:
    """The namespace of torch, the name in it, and minitorch's owner of it, that an error says is missing."""
    if isinstance(error, ModuleNotFoundError):
        namespace, _, name = (error.name or "").rpartition(".")
        if (namespace or name).partition(".")[0] not in ROOTS:
            return None
        return namespace, name, coverage.find(namespace) if namespace else None
    if isinstance(error, ImportError):
        found = re.match(r"cannot import name '(\w+)'", str(error))
        if found is None or (error.name or "").partition(".")[0] not in ROOTS:
            return None
        return str(error.name), found[1], sys.modules.get(str(error.name))
    if not isinstance(error, AttributeError) or error.name is None or not _raised_by_script(error.__traceback__):
        return None
    owner = error.obj
    if isinstance(owner, types.ModuleType):
        return (owner.__name__, error.name, owner) if owner.__name__.partition(".")[0] in ROOTS else None
    listed = coverage.sections()
    for base in (owner if isinstance(owner, type) else type(owner)).__mro__:
        for namespace in _CLASSES:
            # A name of the script's own that it forgot to set is the script's error, unless it asks a tensor.
            if base is coverage.find(namespace) and (namespace == "torch.Tensor" or error.name in listed[namespace]):
                return namespace, error.name, base
    return None


def _raised_by_script(traceback: types.TracebackType | None) -> bool:
    """Whether the last frame is the script's, or minitorch's refusal of an attribute; else the fault is minitorch's."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return False
    code = traceback.tb_frame.f_code
    return code.co_name == "__getattr__" or not _inside(code.co_filename)


def _inside(filename: str) -> bool:
    """Whether a line of this file is minitorch's or the import system's; the lectures are scripts like any other."""
    return filename.startswith("<frozen") or is_engine(filename)


def _where(traceback: types.TracebackType | None) -> str:
    """The last line of the traceback that is not minitorch's own, as file:line."""
    place = "<script>"
    while traceback is not None:
        if not _inside(traceback.tb_frame.f_code.co_filename):
            place = f"{_short(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _short(filename: str) -> str:
    """A file's path, relative where it lies below the working directory."""
    relative = os.path.relpath(filename) if os.path.isabs(filename) else filename
    return filename if relative.startswith(os.pardir) else relative
