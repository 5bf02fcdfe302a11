"""torch.save and torch.load: tensors, and whatever holds them, in torch's own files, which either engine reads.

A file is a zip archive, stored without compression: `data.pkl` is a pickle in which a tensor is a call of
`torch._utils._rebuild_tensor_v2` on its storage, offset, sizes and strides; a storage is only named there, and its
bytes are a record of their own, `data/0` and so on. Tensors that share memory name one storage, and share it again once
they are loaded. All names in the pickle are torch's. Reading runs nothing from the file unless `weights_only=False` is
said.
"""

from __future__ import annotations

import importlib
import io
import mmap as memory_map
import os
import pickle
import stat
import struct
import sys
import types
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from minitorch import dtypes
from minitorch.backend import Array, array_module, device_of, is_array, to_device, to_host
from minitorch.cuda.devices import device_count
from minitorch.devices import CPU, device
from minitorch.errors import CudaUnavailableError, NotSupportedError
from minitorch.formats import layout, strided
from minitorch.naming import torch_name
from minitorch.nn.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.sizes import Size
from minitorch.storage import UntypedStorage
from minitorch.tensor import Tensor, array_address, wrap
from minitorch.unpickler import RestrictedUnpickler, globals_of

DEFAULT_PROTOCOL = 2
_ALIGNMENT = 64
_ZIP = b"PK\x03\x04"
# What the files that torch wrote before version 1.6 begin with, and their protocol.
_LEGACY_MAGIC, _LEGACY_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001

MapLocation = Callable[[Any, str], Any] | device | str | dict[str, str] | None

# --- torch's names ----------------------------------------------------------------------------------------------------


class _StorageType:
    """`torch.FloatStorage` and its like: in a file, the dtype of a storage."""

    def __init__(self, dtype: dtypes.dtype) -> None:
        self.dtype = dtype
        self.__qualname__ = f"{dtype.legacy_name}Storage"


class _UntypedStorageType(_StorageType):
    """Of a storage whose tensors say their dtype themselves, as those of dtypes that came late do."""

    def __init__(self) -> None:
        self.dtype = dtypes.uint8
        self.__qualname__ = "UntypedStorage"


_UNTYPED = _UntypedStorageType()
_LATE = (dtypes.uint16, dtypes.uint32, dtypes.uint64)
_ALL_DTYPES = (*dtypes.DTYPES, dtypes.bfloat16, dtypes.complex64, dtypes.complex128)
_STORAGE_TYPES = {each: _UNTYPED if each in _LATE else _StorageType(each) for each in _ALL_DTYPES}


def _rebuild_tensor(storage: Storage, storage_offset: int, size: Sequence[int], stride: Sequence[int]) -> Tensor:
    return storage.tensor(storage.dtype, storage_offset, size, stride)


def _rebuild_tensor_v2(
    storage: Storage,
    storage_offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    requires_grad: bool,
    backward_hooks: Any,
    metadata: Any = None,
) -> Tensor:
    return _rebuild_tensor(storage, storage_offset, size, stride).requires_grad_(requires_grad)


def _rebuild_tensor_v3(
    storage: Storage,
    storage_offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    requires_grad: bool,
    backward_hooks: Any,
    dtype: dtypes.dtype,
    metadata: Any = None,
) -> Tensor:
    return storage.tensor(dtype, storage_offset, size, stride).requires_grad_(requires_grad)


def _rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks: Any) -> Tensor:
    parameter: Tensor = Parameter(data, requires_grad)
    return parameter


def _rebuild_parameter_with_state(data: Tensor, requires_grad: bool, backward_hooks: Any, state: Any) -> Tensor:
    parameter = _rebuild_parameter(data, requires_grad, backward_hooks)
    parameter.__dict__.update(_checked_attributes(state))
    return parameter


def _rebuild_from_type_v2(function: Any, new_type: type[Any], arguments: Sequence[Any], state: Any) -> Any:
    made = function(*arguments)
    if type(made) is not new_type:
        made = made.as_subclass(new_type)
    if hasattr(made, "__setstate__"):
        made.__setstate__(state)
    else:
        made.__dict__.update(_checked_attributes(state))
    return made


def _checked_attributes(state: Any) -> dict[str, Any]:
    """What a file sets on a tensor: attributes of the user's, never those of the engine."""
    attributes = state[0] if isinstance(state, tuple) else state
    return {name: value for name, value in (attributes or {}).items() if name not in Tensor.__annotations__}


def _get_layout(name: str) -> layout:
    if name != "torch.strided":
        raise NotSupportedError(f"{name}: minitorch has strided tensors only")
    return strided


def _encode(text: str, encoding: str) -> bytes:
    """How protocol 2 writes bytes."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"the file is corrupt: bytes are written in latin1, not {encoding}")
    return text.encode("latin1")


# What torch writes, and what it is here: all that a file may name by default.
_SAFE: dict[str, Any] = {
    "torch._utils._rebuild_tensor": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor_v2,
    "torch._utils._rebuild_tensor_v3": _rebuild_tensor_v3,
    "torch._utils._rebuild_parameter": _rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": _rebuild_parameter_with_state,
    "torch._tensor._rebuild_from_type_v2": _rebuild_from_type_v2,
    "torch.serialization._get_layout": _get_layout,
    "torch.storage.UntypedStorage": _UNTYPED,
    "torch.UntypedStorage": _UNTYPED,
    "torch.Tensor": Tensor,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.Size": Size,
    "torch.device": device,
    **{f"torch.{each.__qualname__}": each for each in _STORAGE_TYPES.values() if each is not _UNTYPED},
    **{f"torch.{each.name}": each for each in _ALL_DTYPES},
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "_codecs.encode": _encode,
    **{
        f"{module}.{kind.__name__}": kind
        for module in ("builtins", "__builtin__")
        for kind in (set, bytearray, complex)
    },
}
_SAFE_NAMES = {id(value): name for name, value in _SAFE.items() if name.startswith("torch") and value is not _UNTYPED}
_SAFE_NAMES[id(_UNTYPED)] = "torch.storage.UntypedStorage"
_BLOCKED = ("sys", "os", "posix", "nt")


def _torch_global(value: Any) -> str | None:
    """Torch's dotted name for a class or function of minitorch, None for any other object."""
    if id(value) in _SAFE_NAMES:
        return _SAFE_NAMES[id(value)]
    own: Any = value if isinstance(value, (type, types.FunctionType)) else int
    qualname: str = own.__qualname__
    if own.__module__.partition(".")[0] not in ("minitorch", "torch"):
        return None
    for name, module in list(sys.modules.items()):
        if name.startswith("minitorch.nn.modules.") and vars(module).get(qualname) is own:
            return f"torch{name.removeprefix('minitorch')}.{qualname}"
    if isinstance(own, types.FunctionType) and own.__module__.startswith("minitorch.ops"):
        for name in ("torch.nn.functional", "torch"):
            if vars(sys.modules[f"mini{name}"]).get(qualname) is own:
                return f"{name}.{qualname}"
    return torch_name(own)


def _find(module: str, name: str) -> Any:
    """What torch's name stands for here; names of other packages are found as pickle finds them.

    Raises AttributeError or ModuleNotFoundError for a name of torch's that minitorch lacks.
    """
    if f"{module}.{name}" in _SAFE:
        return _SAFE[f"{module}.{name}"]
    if module.partition(".")[0] != "torch":
        return None
    if module == "torch.return_types":
        made = getattr(importlib.import_module("minitorch.return_types"), name)
        return lambda items, attributes=None: made(items)
    if module == "torch._C" and name == "_VariableFunctions":
        return importlib.import_module("minitorch")
    found: Any = importlib.import_module(f"minitorch{module.removeprefix('torch')}")
    for part in name.split("."):
        found = getattr(found, part)
    return found


# --- storages ---------------------------------------------------------------------------------------------------------


class Storage(UntypedStorage):
    """The memory of one or several tensors in a file: what a function given as `map_location` gets, and returns."""

    def __init__(self, row: Array, dtype: dtypes.dtype) -> None:
        super().__init__(row, array_address(row))
        self.dtype = dtype

    def cpu(self) -> Storage:
        """The storage in the CPU's memory."""
        return Storage(to_device(self._row, CPU), self.dtype)

    def cuda(self, index: int | None = None, non_blocking: bool = False) -> Storage:
        """The storage on a GPU; raises CudaUnavailableError where there is none."""
        return Storage(to_device(self._row, device("cuda", index)), self.dtype)

    def tensor(self, dtype: dtypes.dtype, offset: int, size: Sequence[int], stride: Sequence[int]) -> Tensor:
        """A view of the memory; raises RuntimeError for one that would reach out of it."""
        row, own = self._row, dtype.numpy
        reach = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True)) + 1
        if min((offset, *size, *stride)) < 0 or (0 not in size and reach * own.itemsize > row.nbytes):
            raise RuntimeError(
                f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize "
                f"{own.itemsize} requiring a storage size of {reach * own.itemsize} are out of bounds for storage of "
                f"size {row.nbytes}"
            )
        elements = row[: row.nbytes // own.itemsize * own.itemsize].view(own)
        steps = tuple(step * own.itemsize for step in stride)
        if isinstance(row, np.ndarray):
            # Not as_strided, which would hide from the view whose memory it is.
            start = offset * own.itemsize if 0 not in size else 0
            array = np.ndarray(tuple(size), own, elements, start, steps) if row.nbytes else np.empty(tuple(size), own)
        else:
            array = array_module(row).lib.stride_tricks.as_strided(elements[offset:], tuple(size), steps)
        made: Tensor = wrap(array)
        return made


def _location_reader(map_location: Any) -> Callable[[Storage, str], Storage]:
    """Brings a storage to where `map_location` says, or the file."""
    if isinstance(map_location, dict):
        return lambda storage, location: _placed(storage, map_location.get(location, location))
    if isinstance(map_location, (str, device)):
        target = str(device(map_location))
        return lambda storage, location: _placed(storage, target)
    if map_location is None:
        return _placed

    def read(storage: Storage, location: str) -> Storage:
        placed = map_location(storage, location)
        return _placed(storage, location) if placed is None else placed

    return read


def _placed(storage: Storage, location: str) -> Storage:
    place = location.partition(":")[0]
    if place == "cpu":
        return storage
    if place != "cuda":
        raise RuntimeError(
            f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location}): "
            "minitorch has the devices cpu and cuda; load with map_location='cpu'"
        )
    number = device(location).index or 0
    if not device_count():
        raise CudaUnavailableError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are "
            "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your "
            "storages to the CPU."
        )
    if number >= device_count():
        raise RuntimeError(
            f"Attempting to deserialize object on CUDA device {number} but torch.cuda.device_count() is "
            f"{device_count()}. Please use torch.load with map_location to map your storages to an existing device."
        )
    return storage.cuda(number)


# --- saving -----------------------------------------------------------------------------------------------------------


class _SavedStorage:
    """All the memory of an array, as it is named in a pickle."""

    def __init__(self, key: str, row: Array, dtype: dtypes.dtype) -> None:
        self.key, self.row, self.dtype = key, row, dtype


_PythonPickler: Any = pickle._Pickler  # for a type checker it has nothing that could be overridden


class _Pickler(_PythonPickler):  # type: ignore[misc]  # see there
    """Python's pickler, the one in Python: it writes torch's names for minitorch's, and sets storages apart."""

    def __init__(self, file: io.BytesIO, protocol: int, *, legacy: bool) -> None:
        super().__init__(file, protocol)
        self._legacy = legacy
        self.storages: dict[tuple[int, int], _SavedStorage] = {}

    def persistent_id(self, obj: Any) -> Any:
        """Names a storage in place of writing it."""
        if not isinstance(obj, _SavedStorage):
            return None
        count = obj.row.nbytes // (1 if obj.dtype in _LATE else obj.dtype.itemsize)
        where = device_of(obj.row)
        identity = ("storage", _STORAGE_TYPES[obj.dtype], obj.key, str(where), count)
        return (*identity, None) if self._legacy else identity

    def reducer_override(self, obj: Any) -> Any:
        """How torch writes tensors, and what belongs to them."""
        if isinstance(obj, Tensor):
            return self._tensor(obj)
        if isinstance(obj, (dtypes.dtype, _StorageType)):
            return "a name that save_global knows"
        if isinstance(obj, device):
            return device, (obj.type,) if obj.index is None else (obj.type, obj.index)
        if isinstance(obj, Size):
            return Size, (tuple(obj),)
        if isinstance(obj, Module):
            return _module_state(obj, self.proto)
        if obj is strided:
            return _get_layout, ("torch.strided",)
        if isinstance(obj, (type, types.FunctionType)) and _torch_global(obj) is not None:
            return obj.__qualname__
        return NotImplemented

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Writes the name of a class or function, torch's for those of minitorch."""
        found = _torch_global(obj)
        if found is None:
            super().save_global(obj, name)
            return
        qualname = getattr(obj, "__qualname__", found.rpartition(".")[2])
        module = found.removesuffix(f".{qualname}") if found.endswith(f".{qualname}") else found.rpartition(".")[0]
        self.write(pickle.GLOBAL + f"{module}\n{found[len(module) + 1 :]}\n".encode())
        self.memoize(obj)

    def _tensor(self, tensor: Tensor) -> Any:
        own = tensor._own_attributes()
        if type(tensor) is Parameter:
            data = wrap(tensor._array)
            if own:
                return _rebuild_parameter_with_state, (data, tensor.requires_grad, OrderedDict(), own)
            return _rebuild_parameter, (data, tensor.requires_grad, OrderedDict())
        storage, offset = self._storage(tensor._array)
        arguments: tuple[Any, ...] = (
            storage,
            offset,
            tuple(tensor.shape),
            tensor.stride(),
            tensor.requires_grad,
            OrderedDict(),
        )
        rebuild: Any = _rebuild_tensor_v2
        if tensor.dtype in _LATE:
            rebuild, arguments = _rebuild_tensor_v3, (*arguments, tensor.dtype)
        if own or type(tensor) is not Tensor:
            return _rebuild_from_type_v2, (rebuild, type(tensor), arguments, own)
        return rebuild, arguments

    def _storage(self, array: Array) -> tuple[_SavedStorage, int]:
        """The memory that `array` lies in, and the place of its first element there, in elements."""
        dtype = dtypes.from_numpy_dtype(array.dtype)
        root = array
        while is_array(base := _base_of(root)):
            root = base
        start = array_address(array) - array_address(root)
        if not root.size or not (root.flags.c_contiguous or root.flags.f_contiguous) or start % array.itemsize:
            root, start = array_module(array).array(array, order="K"), 0
        found = self.storages.setdefault(
            (array_address(root), root.nbytes), _SavedStorage(str(len(self.storages)), root, dtype)
        )
        if found.dtype is not dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different types: "
                f"{found.dtype!r} and {dtype!r}; clone() one of them"
            )
        return found, start // array.itemsize


def _module_state(module: Module, protocol: int) -> Any:
    """How pickle would write a Module, with ordered dictionaries for its hooks: torch refers to them weakly."""
    reduced: Any = module.__reduce_ex__(protocol)
    made, arguments, state, *rest = reduced
    if isinstance(state, dict):
        state = {
            name: OrderedDict(value) if "_hooks" in name and type(value) is dict else value
            for name, value in state.items()
        }
    return made, arguments, state, *rest


def _base_of(array: Array) -> Any:
    """The array that `array` is a view of, also through the wrapper that NumPy's as_strided leaves."""
    base = array.base
    return base if base is None or is_array(base) else getattr(base, "base", None)


def _bytes_of(row: Array) -> memoryview:
    flat: Any = np.ravel(to_host(row), order="K")
    return memoryview(flat.view(np.uint8) if flat.size else b"")


def save(
    obj: object,
    f: str | os.PathLike[str] | BinaryIO,
    pickle_module: Any = pickle,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Writes an object with all its tensors to a path or a file opened for writing, in torch's format.

    A path is written whole or not at all: it keeps what it held until everything is written. Raises RuntimeError where
    the directory is missing, and pickle's errors for what cannot be pickled.
    Differs from torch: what is pickled by another module than Python's pickle raises NotSupportedError.
    """
    if pickle_module is not pickle:
        raise NotSupportedError(f"torch.save: pickle_module={pickle_module.__name__}: minitorch saves by pickle alone")
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    write = _write_zip if _use_new_zipfile_serialization else _write_legacy
    data = io.BytesIO()
    pickler = _Pickler(data, pickle_protocol, legacy=not _use_new_zipfile_serialization)
    pickler.dump(obj)
    storages = list(pickler.storages.values())
    if isinstance(f, (str, os.PathLike)):
        with _replacing(Path(f)) as file:
            write(file, Path(f).stem or "archive", data.getvalue(), storages, pickle_protocol)
    else:
        write(f, "archive", data.getvalue(), storages, pickle_protocol)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` that takes its place when the block ends well, and is removed when it does not."""
    path = Path(os.path.realpath(path))
    if not path.parent.is_dir():
        raise RuntimeError(f"Parent directory {path.parent} does not exist.")
    if path.is_dir():
        raise RuntimeError(f"open file failed with strerror: Is a directory: {path}")
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        with open(path, "wb") as file:  # a pipe or a device is written to, not replaced
            yield file
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as file:
            yield file
        if path.exists():
            os.chmod(beside, stat.S_IMODE(path.stat().st_mode))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


class _Forward:
    """A file that is only written on: to zipfile it is one without places, and so begins at 0 wherever it stands."""

    def __init__(self, file: Any) -> None:
        self.write = file.write
        self.flush = getattr(file, "flush", lambda: None)


def _write_zip(file: Any, name: str, data: bytes, storages: Sequence[_SavedStorage], protocol: int) -> None:
    target: Any = _Forward(file)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        written: Any = archive.fp

        def record(key: str, content: bytes | memoryview) -> None:
            info = zipfile.ZipInfo(f"{name}/{key}")
            # The reader may map the file to memory, where the numbers have to lie in step.
            start = written.tell() + 30 + len(info.filename.encode()) + 4
            info.extra = struct.pack("<2sH", b"FB", padding := -start % _ALIGNMENT) + bytes(padding)
            info.file_size = len(content)
            with archive.open(info, "w") as entry:
                entry.write(content)

        record("data.pkl", data)
        record(".format_version", b"1")
        record(".storage_alignment", str(_ALIGNMENT).encode())
        record("byteorder", sys.byteorder.encode())
        for storage in storages:
            record(f"data/{storage.key}", _bytes_of(storage.row))
        record("version", b"3\n")


def _write_legacy(file: Any, name: str, data: bytes, storages: Sequence[_SavedStorage], protocol: int) -> None:
    """The format of before torch 1.6: pickles in a row, then the storages, each its length and its bytes."""
    system = {
        "protocol_version": _LEGACY_PROTOCOL,
        "little_endian": sys.byteorder == "little",
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    for header in (_LEGACY_MAGIC, _LEGACY_PROTOCOL, system):
        file.write(pickle.dumps(header, protocol))
    file.write(data)
    file.write(pickle.dumps([storage.key for storage in storages], protocol))
    for storage in storages:
        size = 1 if storage.dtype in _LATE else storage.dtype.itemsize
        file.write(struct.pack("<q", storage.row.nbytes // size))
        file.write(_bytes_of(storage.row))


# --- what a file may name ---------------------------------------------------------------------------------------------

_user_globals: dict[str, Any] = {}


def _global_names(entry: Any) -> list[str]:
    """The names by which a file may ask for an allowed class or function."""
    if isinstance(entry, tuple):
        if len(entry) != 2 or not isinstance(entry[1], str):
            raise ValueError(f"Expected tuple of (global, str of callable full path), but got {entry!r}")
        return [entry[1]]
    own = f"{entry.__module__}.{entry.__qualname__}"
    known = _torch_global(entry)
    return [own.removeprefix("builtins."), own] if known is None else [known, own]


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Lets `load` make these classes and call these functions, when a file names them.

    Each is a class or function, or a tuple of it and the full name by which files know it.
    """
    for entry in safe_globals:
        for name in _global_names(entry):
            _user_globals[name] = entry


def get_safe_globals() -> list[Any]:
    """What add_safe_globals was given."""
    return list({id(entry): entry for entry in _user_globals.values()}.values())


def clear_safe_globals() -> None:
    """Takes back all that add_safe_globals was given."""
    _user_globals.clear()


class safe_globals:
    """`with torch.serialization.safe_globals([Net]):` lets `load` make these classes within."""

    def __init__(self, safe_globals: list[Any]) -> None:
        self.safe_globals = safe_globals
        self._before: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._before = dict(_user_globals)
        add_safe_globals(self.safe_globals)
        return self

    def __exit__(self, *error: object) -> None:
        _user_globals.clear()
        _user_globals.update(self._before)


def _find_safe(module: str, name: str) -> Any:
    full = name if module in ("builtins", "__builtin__") else f"{module}.{name}"
    if module.partition(".")[0] in _BLOCKED:
        raise _refused(f"Trying to load unsupported GLOBAL {full} whose module {module} is blocked.")
    if f"{module}.{name}" in _SAFE:
        return _SAFE[f"{module}.{name}"]
    if full in _user_globals:
        entry = _user_globals[full]
        return entry[0] if isinstance(entry, tuple) else entry
    raise _refused(
        f"Unsupported global: GLOBAL {full} was not an allowed global by default. Please use "
        f"`torch.serialization.add_safe_globals([{full}])` or the `torch.serialization.safe_globals([{full}])` context "
        "manager to allowlist this global if you trust this class/function."
    )


def _may_build(target: Any) -> bool:
    allowed = [entry[0] if isinstance(entry, tuple) else entry for entry in _user_globals.values()]
    return type(target) is OrderedDict or any(type(target) is each for each in allowed)


def _refused(reason: str) -> pickle.UnpicklingError:
    return pickle.UnpicklingError(
        f"Weights only load failed. {reason}\nWith weights_only=False the file is loaded whatever it asks for, which "
        "can run any code that it contains: do that only if you trust where it comes from."
    )


def get_unsafe_globals_in_checkpoint(f: str | os.PathLike[str] | BinaryIO) -> list[str]:
    """The names in a file that `load` would refuse."""
    with _opened(f) as file:
        archive = _Archive(file)
        with archive.open("data.pkl") as data:
            names = globals_of(data)
    return [name for name in names if name not in _SAFE and name not in _user_globals]


# --- loading ----------------------------------------------------------------------------------------------------------


class _Archive:
    """A zip file as torch writes it: everything in one folder."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except zipfile.BadZipFile as error:
            raise _corrupt(f"failed finding central directory ({error})") from None
        self._names = set(self._zip.namelist())
        self._folder = next(iter(self._zip.namelist()), "").partition("/")[0]
        if not self.has("version") and not self.has(".data/version"):
            raise RuntimeError(
                'Expected hasRecord("version") to be true, but got false: the file is a zip archive that torch.save '
                "did not write"
            )
        if self.has("constants.pkl"):
            raise NotSupportedError("torch.load: the file is a TorchScript archive, which minitorch does not run")

    def has(self, key: str) -> bool:
        """Whether there is such a record."""
        return f"{self._folder}/{key}" in self._names

    def open(self, key: str) -> BinaryIO:
        """A record as a file; raises RuntimeError where there is none."""
        return io.BytesIO(self.read(key))

    def read(self, key: str) -> bytes:
        """A record's bytes; raises RuntimeError where there is none, or it is not what was written."""
        with self._reading(key):
            return self._zip.read(f"{self._folder}/{key}")

    @staticmethod
    @contextmanager
    def _reading(key: str) -> Iterator[None]:
        try:
            yield
        except KeyError:
            raise _corrupt(f"failed locating file {key}: file not found") from None
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise _corrupt(f"failed reading file {key} ({error})") from None

    def array(self, key: str) -> Any:
        """A record's bytes as an array."""
        with self._reading(key):
            out: Any = np.empty(self._zip.getinfo(f"{self._folder}/{key}").file_size, np.uint8)
            record: Any
            with self._zip.open(f"{self._folder}/{key}") as record:
                rest = memoryview(out)
                while rest:
                    rest = rest[record.readinto(rest) or len(rest) :]
            return out

    def place(self, key: str) -> tuple[int, int]:
        """Where a record's bytes begin in the file, and how many there are."""
        with self._reading(key):
            info = self._zip.getinfo(f"{self._folder}/{key}")
        if info.compress_type != zipfile.ZIP_STORED:
            raise RuntimeError(f"mmap can only be used with records that are not compressed, as {key} is")
        file: Any = self._zip.fp
        file.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        return info.header_offset + 30 + name + extra, info.file_size


def _corrupt(reason: str) -> RuntimeError:
    return RuntimeError(
        f"PytorchStreamReader failed reading zip archive: {reason}. The file is corrupt: it was not written to its "
        "end, or was changed afterwards"
    )


@contextmanager
def _opened(f: Any) -> Iterator[BinaryIO]:
    """The file at a path, or `f` itself, which must read and seek."""
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            yield file
        return
    for name in ("read", "readline", "seek", "tell"):
        if not hasattr(f, name):
            raise AttributeError(
                f"'{type(f).__name__}' object has no attribute '{name}'. You can only torch.load from a file that is "
                "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
            )
    yield f


def load(
    f: str | os.PathLike[str] | BinaryIO,
    map_location: MapLocation = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Reads what `save` wrote, minitorch's or torch's, from a path or a file opened for reading.

    `map_location` says where tensors go: a device, a dict from the file's devices, or a function of a storage and its
    device. By default only tensors, numbers, texts and containers are made, and nothing in the file is run; anything
    else raises pickle.UnpicklingError, unless add_safe_globals allowed it. `weights_only=False` makes every object,
    Modules too, and can run any code in the file. Raises RuntimeError for a corrupt file, EOFError for an empty one,
    NotSupportedError for tensors of bfloat16 and complex numbers.
    """
    if weights_only is None:
        weights_only = pickle_module is None
    elif weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if mmap and not isinstance(f, (str, os.PathLike)):
        raise ValueError("f must be a file path in order to use the mmap argument")
    reader = _Reader(map_location, weights_only, pickle_module or pickle, pickle_load_args)
    with _opened(f) as file:
        start = file.tell()
        head = file.read(len(_ZIP))
        file.seek(start)
        if not head:
            raise EOFError("Ran out of input: the file is empty")
        if head == _ZIP:
            return reader.zip(file, bool(mmap))
        if mmap:
            raise RuntimeError(
                "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True)`"
            )
        return reader.legacy(file)


class _Reader:
    """One call of `load`."""

    def __init__(self, map_location: Any, weights_only: bool, pickle_module: Any, options: dict[str, Any]) -> None:
        self._place = _location_reader(map_location)
        self._weights_only, self._pickle, self._options = weights_only, pickle_module, options
        self._storages: dict[str, Storage] = {}

    def zip(self, file: BinaryIO, mapped: bool) -> Any:
        """Reads the zip format."""
        archive = _Archive(file)
        foreign = archive.has("byteorder") and archive.read("byteorder").decode() != sys.byteorder
        memory = memory_map.mmap(file.fileno(), 0, access=memory_map.ACCESS_COPY) if mapped else None

        def row(key: str, dtype: dtypes.dtype, count: int) -> Any:
            if memory is not None and not foreign:
                start, size = archive.place(f"data/{key}")
                return np.frombuffer(memory, np.uint8, size, start)
            found = archive.array(f"data/{key}")
            return found.view(dtype.numpy).byteswap().view(np.uint8) if foreign else found

        return self._unpickle(archive.open("data.pkl"), row)

    def legacy(self, file: BinaryIO) -> Any:
        """Reads the format of before torch 1.6; its storages come last."""
        magic = self._unpickle(file, None)
        if magic != _LEGACY_MAGIC:
            raise RuntimeError("Invalid magic number; corrupt file? It is not a file that torch.save wrote")
        if self._unpickle(file, None) != _LEGACY_PROTOCOL:
            raise RuntimeError(f"Invalid protocol version: a file of protocol {_LEGACY_PROTOCOL} expected")
        foreign = not self._unpickle(file, None).get("little_endian", True)
        here, end = file.tell(), file.seek(0, io.SEEK_END)
        file.seek(here)
        kinds: dict[str, dtypes.dtype] = {}

        def row(key: str, dtype: dtypes.dtype, count: int) -> Any:
            if not 0 <= count * dtype.itemsize <= end:
                raise RuntimeError(f"unexpected EOF: a storage of {count} elements is longer than the file")
            kinds[key] = dtype
            return np.zeros(count * dtype.itemsize, np.uint8)

        result = self._unpickle(file, row, later=True)
        for key in self._unpickle(file, None):
            storage = self._storages[key]
            (count,) = struct.unpack("<q", self._exactly(file, 8))
            data = np.frombuffer(self._exactly(file, count * kinds[key].itemsize), np.uint8)
            if len(data) != storage.nbytes():
                raise RuntimeError(f"the file is corrupt: storage {key} has another length than its tensors say")
            storage._row[...] = data.view(kinds[key].numpy).byteswap().view(np.uint8) if foreign else data
        return result

    @staticmethod
    def _exactly(file: BinaryIO, count: int) -> bytes:
        data = file.read(count) if count >= 0 else b""
        if len(data) != count:
            raise RuntimeError(f"unexpected EOF, expected {count - len(data)} more bytes. The file might be corrupted.")
        return data

    def _unpickle(self, file: BinaryIO, row: Any, later: bool = False) -> Any:
        def persistent_load(identity: Any) -> Storage:
            if row is None or not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage":
                raise pickle.UnpicklingError(f"the file is corrupt: unknown persistent id {identity!r}")
            _, kind, key, location, count, *view = identity
            if any(view):
                raise NotSupportedError(
                    "torch.load: the file is of torch 0.3 or earlier; save it anew with a later one"
                )
            if key not in self._storages:
                if not isinstance(kind, _StorageType):
                    raise NotSupportedError(f"torch.load: the file holds a storage of type {kind!r}")
                if kind.dtype in (dtypes.bfloat16, dtypes.complex64, dtypes.complex128):
                    raise NotSupportedError(
                        f"torch.load: the file holds a tensor of {kind.dtype!r}, which minitorch does not have: "
                        "convert it in torch and save it again"
                    )
                self._storages[key] = self._place(Storage(row(key, kind.dtype, count), kind.dtype), location)
            return self._storages[key]

        if self._weights_only:
            encoding = self._options.get("encoding", "utf-8")
            try:
                return RestrictedUnpickler(file, _find_safe, persistent_load, _may_build, encoding).load()
            except pickle.UnpicklingError as error:
                if str(error).startswith("Weights only load failed"):
                    raise
                raise _refused(str(error)) from None

        class Unpickler(self._pickle.Unpickler):  # type: ignore[misc,name-defined]  # the module is the caller's
            """Reads any object, with minitorch's in the place of torch's."""

            def find_class(self, module: str, name: str) -> Any:
                found = _find(module, name)
                return super().find_class(module, name) if found is None else found

        unpickler = Unpickler(file, **self._options)
        unpickler.persistent_load = persistent_load
        return unpickler.load()
