"""torch.save and torch.load: what one engine writes the other reads, and a file runs nothing."""

from __future__ import annotations

import collections
import io
import os
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.errors import NotSupportedError
from minitorch.unpickler import RestrictedUnpickler

ENGINES = {"minitorch": minitorch, "torch": torch}
PAIRS = [(minitorch, torch), (torch, minitorch), (minitorch, minitorch)]
WAYS = pytest.mark.parametrize(("writer", "reader"), PAIRS, ids=["to torch", "from torch", "own"])
DTYPES = [
    "float64",
    "float32",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
]

# Expressions over `torch`, whose values are written by one engine and read by the other.
VALUES = {
    "0-d": "torch.tensor(3.5)",
    "empty": "torch.zeros(0, 3)",
    "0-d int": "torch.tensor(-3)",
    "transposed": "torch.arange(6.).view(2, 3).t()",
    "stepped": "torch.arange(12.).view(3, 4)[1:, ::2]",
    "expanded": "torch.ones(1, 3).expand(2, 3)",
    "requires grad": "torch.ones(2, requires_grad=True)",
    "computed": "torch.ones(2, requires_grad=True) * 2",
    "parameter": "torch.nn.Parameter(torch.ones(2, 2))",
    "frozen parameter": "torch.nn.Parameter(torch.ones(2), requires_grad=False)",
    "dtype": "[torch.float32, torch.int64, torch.bool, torch.bfloat16]",
    "device": "[torch.device('cpu'), torch.device('cuda'), torch.device('cuda', 1)]",
    "size": "torch.Size([2, 3])",
    "layout": "torch.strided",
    "numbers": "[1, -1, 2**70, 1.5, float('inf'), True, None, 3j, 300, 70000]",
    "text": "['', 'x' * 300, 'ü', b'12', b'x' * 300, bytearray(b'1')]",
    "containers": "{'a': [1, (2,), {}], 'b': {1, 2}, 3: ((),), 'c': [[]]}",
    "counter": "collections.Counter('aab')",
    "ordered": "collections.OrderedDict(b=1, a=torch.ones(1))",
    "class": "torch.nn.Parameter",
}


def expression(engine: Any, text: str) -> Any:
    return eval(text, {"torch": engine, "collections": collections})


def passed(writer: Any, reader: Any, value: Any, save: dict[str, Any] | None = None, **load: Any) -> Any:
    """What `reader` reads of the file that `writer` makes of `value`."""
    file = io.BytesIO()
    writer.save(value, file, **(save or {}))
    file.seek(0)
    return reader.load(file, **load)


def told(value: Any) -> str:
    """A value's repr, with what it leaves out of tensors."""
    shown = repr(value)
    return (
        f"{shown} {value.stride()} {value.requires_grad}"
        if hasattr(value, "stride") and not isinstance(value, type)
        else shown
    )


@WAYS
@pytest.mark.parametrize("name", VALUES)
def test_every_value_comes_through(name: str, writer: Any, reader: Any) -> None:
    came = passed(writer, reader, expression(writer, VALUES[name]))
    # A tensor with a grad_fn is a leaf in the file.
    expected = expression(reader, VALUES[name])
    assert told(came) == told(expected.detach().requires_grad_() if name == "computed" else expected)


@WAYS
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_comes_through(dtype: str, writer: Any, reader: Any) -> None:
    made = writer.tensor([0, 1, 3]).to(getattr(writer, dtype))
    came = passed(writer, reader, {"whole": made, "part": made[1:]})
    assert came["whole"].dtype is getattr(reader, dtype)
    assert (came["whole"].numpy() == made.numpy()).all() and came["whole"].numpy().dtype == made.numpy().dtype
    came["whole"][1] = 0
    assert came["part"][0].item() == 0


@WAYS
def test_tensors_that_share_memory_share_it_again(writer: Any, reader: Any) -> None:
    base = writer.arange(6.0)
    parameter = writer.nn.Parameter(base.view(2, 3))
    value = [base, base.view(2, 3).t(), base[4:], base.data, parameter, parameter, writer.arange(6.0)]
    came = passed(writer, reader, value)
    with reader.no_grad():
        came[0][4] = 50
    assert came[1][1, 1].item() == came[2][0].item() == came[3][4].item() == came[4][1, 1].item() == 50
    assert came[4] is came[5]
    assert came[6][4].item() == 4
    assert came[1].stride() == (1, 3) and came[2].storage_offset() == 4


def test_the_memory_is_written_once() -> None:
    file = io.BytesIO()
    big = minitorch.zeros(1000, 100)
    minitorch.save([big, big[3], big.t(), big.view(-1), big.expand(2, 1000, 100)], file)
    assert len(file.getvalue()) < 2 * 400_000


def test_a_diagonal_and_a_strided_view_know_their_memory() -> None:
    base = minitorch.arange(9.0).view(3, 3)
    came = passed(minitorch, torch, [base, base.as_strided((2, 2), (3, 1), 4), base.diagonal()])
    assert came[1].tolist() == [[4, 5], [7, 8]] and came[2].tolist() == [0, 4, 8]
    came[0][1, 1] = 40
    assert came[1][0, 0].item() == came[2][1].item() == 40


@WAYS
def test_a_state_dict_with_its_metadata(writer: Any, reader: Any) -> None:
    model = writer.nn.Sequential(writer.nn.Linear(2, 3), writer.nn.Tanh(), writer.nn.Linear(3, 1))
    came = passed(writer, reader, model.state_dict())
    assert type(came) is collections.OrderedDict and list(came) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert came._metadata[""] == {"version": 1}
    twin = reader.nn.Sequential(reader.nn.Linear(2, 3), reader.nn.Tanh(), reader.nn.Linear(3, 1))
    assert str(twin.load_state_dict(came)) == "<All keys matched successfully>"
    out = twin(reader.ones(4, 2)).tolist()
    assert np.allclose(out, model(writer.ones(4, 2)).tolist(), atol=1e-6)


@WAYS
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_training_goes_on_from_a_checkpoint_of_the_other_engine(optimizer: str, writer: Any, reader: Any) -> None:
    options = {"lr": 0.1, "momentum": 0.9} if optimizer == "SGD" else {"lr": 0.1}

    def start(engine: Any) -> tuple[Any, Any]:
        engine.manual_seed(0)
        model = engine.nn.Linear(3, 1)
        return model, getattr(engine.optim, optimizer)(model.parameters(), **options)

    def train(engine: Any, model: Any, stepper: Any, steps: int) -> list[float]:
        losses = []
        for k in range(steps):
            stepper.zero_grad()
            loss = (model(engine.arange(6.0).view(2, 3) / (k + 2)) ** 2).sum()
            loss.backward()
            stepper.step()
            losses.append(loss.item())
        return losses

    model, stepper = start(writer)
    train(writer, model, stepper, 3)
    state = {"epoch": 3, "model": model.state_dict(), "optimizer": stepper.state_dict(), "rng": writer.get_rng_state()}
    came = passed(writer, reader, state)
    later, later_stepper = start(reader)
    later.load_state_dict(came["model"])
    later_stepper.load_state_dict(came["optimizer"])
    assert np.allclose(train(writer, model, stepper, 4), train(reader, later, later_stepper, 4), rtol=1e-4)
    reader.set_rng_state(came["rng"])
    drawn = reader.rand(3).tolist()
    writer.set_rng_state(state["rng"])
    assert writer.rand(3).tolist() == drawn


@WAYS
def test_whole_modules(writer: Any, reader: Any) -> None:
    model = writer.nn.Sequential(writer.nn.Linear(2, 2), writer.nn.Dropout(0.3), writer.nn.ReLU()).eval()
    model[0].note = 5
    came = passed(writer, reader, model, weights_only=False)
    assert type(came) is reader.nn.Sequential and came[1].p == 0.3 and came[0].note == 5 and not came.training
    assert np.allclose(came(reader.ones(1, 2)).tolist(), model(writer.ones(1, 2)).tolist(), atol=1e-6)
    came.register_forward_hook(lambda *_: None)
    assert came.state_dict().keys() == model.state_dict().keys()


@WAYS
def test_functions_and_results_with_names(writer: Any, reader: Any) -> None:
    value = [writer.nn.functional.relu, writer.ones(2, 2).max(0), writer.nn.Linear, int, writer.optim.SGD]
    came = passed(writer, reader, value, weights_only=False)
    assert came[0](reader.tensor([-1.0])).item() == 0
    assert came[1].values.tolist() == [1, 1] and type(came[1]).__name__ == "max"
    assert came[2] is reader.nn.Linear and came[3] is int and came[4] is reader.optim.SGD


@WAYS
def test_attributes_of_tensors(writer: Any, reader: Any) -> None:
    tensor, parameter = writer.ones(2), writer.nn.Parameter(writer.ones(1))
    tensor.note, parameter.note = "a", "b"
    came = passed(writer, reader, [tensor, parameter])
    assert [each.note for each in came] == ["a", "b"] and type(came[1]) is reader.nn.Parameter


@WAYS
def test_numpy_values(writer: Any, reader: Any) -> None:
    value = {"scalar": np.float64(1.5), "array": np.arange(3), "matrix": np.eye(2, dtype=np.float32)}
    came = passed(writer, reader, value, weights_only=False)
    assert came["scalar"] == 1.5 and (came["array"] == np.arange(3)).all() and came["matrix"].dtype == np.float32
    allowed = [np._core.multiarray.scalar, np._core.multiarray._reconstruct, np.ndarray, np.dtype]
    kinds = [type(np.dtype(name)) for name in ("float64", "int64", "float32")]
    with reader.serialization.safe_globals(allowed + kinds):
        came = passed(writer, reader, value)
    assert came["scalar"] == 1.5 and came["array"].tolist() == [0, 1, 2]
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        passed(writer, reader, value)


class Net(minitorch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = minitorch.nn.Linear(2, 1)

    def forward(self, x: Any) -> Any:
        return self.layer(x)


class Plain:
    def __init__(self) -> None:
        self.x = 1


def test_a_module_of_the_users() -> None:
    net = Net()
    came = passed(minitorch, minitorch, net, weights_only=False)
    assert type(came) is Net and came(minitorch.ones(2)).item() == net(minitorch.ones(2)).item()


# --- nothing in the file is run ---------------------------------------------------------------------------------------


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, ("was_here",)


class SetsState:
    """Its pickle sets the state of what a harmless call returns."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return self.target, (), {"__class__": Plain}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_file_may_not_ask_for(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ENGINES[engine]
    monkeypatch.chdir(tmp_path)
    for value in (Evil(), Plain(), frozenset([1]), range(3), len, collections.defaultdict(list), slice(1)):
        with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
            passed(torch, reader, [value])
    assert not Path("was_here").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_blocked_modules_stay_blocked(engine: str) -> None:
    reader = ENGINES[engine]
    with reader.serialization.safe_globals([(os.mkdir, "posix.mkdir")]):
        with pytest.raises(pickle.UnpicklingError, match="posix.mkdir whose module posix is blocked"):
            passed(torch, reader, Evil())


def test_the_message_says_what_to_do() -> None:
    with pytest.raises(pickle.UnpicklingError) as caught:
        passed(minitorch, minitorch, Plain())
    name = f"{__name__}.Plain"
    assert f"Unsupported global: GLOBAL {name} was not an allowed global by default" in str(caught.value)
    assert f"add_safe_globals([{name}])" in str(caught.value) and "weights_only=False" in str(caught.value)


@pytest.mark.parametrize("state", ["class", "function", "tensor", "set"])
def test_no_state_is_set_on_what_is_no_data(state: str) -> None:
    code = {
        "class": b"ctorch\nTensor\n",
        "function": b"ctorch._utils\n_rebuild_tensor_v2\n",
        "tensor": b"ctorch\nSize\n(](K\x01etR",
        "set": b"cbuiltins\nset\n(tR",
    }[state]
    file = archive(code + b"}X\x01\x00\x00\x00xK\x01sb.")
    with pytest.raises(pickle.UnpicklingError, match="Can only build"):
        minitorch.load(file)
    assert not hasattr(minitorch.Tensor, "x")


@pytest.mark.parametrize(
    "code",
    [
        b"X\x01\x00\x00\x00a(tR.",  # calls a text
        b"ctorch\nfloat32\n(tR.",  # calls a dtype
        b"h\x05.",  # takes what was never noted
        b"}",  # ends too soon
        b"K\x01K\x02a.",  # appends to a number
        b"(K\x01K\x02u.",  # sets an item of nothing
        b"\xff.",
        b"K\x01Q.",  # a storage that is a number
        b"",
    ],
)
def test_a_corrupt_pickle(code: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        minitorch.load(archive(code))


def archive(code: bytes, **records: bytes) -> io.BytesIO:
    """A file like torch's around a pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("archive/data.pkl", code)
        out.writestr("archive/version", b"3\n")
        out.writestr("archive/byteorder", records.pop("byteorder", b"little"))
        for name, data in records.items():
            out.writestr(f"archive/data/{name[1:]}", data)
    file.seek(0)
    return file


def tensor_code(offset: int, size: int, stride: int, count: int = 4, kind: bytes = b"Float") -> bytes:
    """A pickle of one vector over the storage "0"."""

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    storage = b"(X\x07\x00\x00\x00storagectorch\n" + kind + b"Storage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(count) + b"tQ" + number(offset)
        + b"(" + number(size) + b"t(" + number(stride) + b"t\x89}tR."
    )  # fmt: skip


@pytest.mark.parametrize("place", [(0, 5, 1), (3, 2, 1), (0, 2, 4), (-1, 2, 1), (0, -1, 1), (0, 2, -1), (5, 1, 1)])
def test_a_tensor_cannot_reach_out_of_its_storage(place: tuple[int, int, int]) -> None:
    numbers = np.arange(4, dtype=np.float32).tobytes()
    assert minitorch.load(archive(tensor_code(1, 2, 2), _0=numbers)).tolist() == [1, 3]
    with pytest.raises(RuntimeError, match="out of bounds for storage of size 16"):
        minitorch.load(archive(tensor_code(*place), _0=numbers))


def test_a_file_of_the_other_byte_order() -> None:
    numbers = np.arange(4, dtype=">f4").tobytes()
    file = archive(tensor_code(0, 4, 1), _0=numbers, byteorder=b"big")
    assert minitorch.load(file).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("dtype", ["bfloat16", "complex64", "complex128"])
@pytest.mark.parametrize("weights_only", [True, False])
def test_dtypes_that_minitorch_lacks(dtype: str, weights_only: bool) -> None:
    with pytest.raises(NotSupportedError, match=f"the file holds a tensor of torch.{dtype}"):
        passed(torch, minitorch, {"x": torch.ones(2, dtype=getattr(torch, dtype))}, weights_only=weights_only)


# --- allowing more ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_safe_globals(engine: str) -> None:
    reader = ENGINES[engine]
    before = reader.serialization.get_safe_globals()
    with reader.serialization.safe_globals([Plain]):
        assert Plain in reader.serialization.get_safe_globals()
        assert passed(torch, reader, Plain()).x == 1
    assert set(reader.serialization.get_safe_globals()) == set(before)
    reader.serialization.add_safe_globals([Plain])
    try:
        assert passed(torch, reader, Plain()).x == 1
    finally:
        reader.serialization.clear_safe_globals()
    with pytest.raises(pickle.UnpicklingError):
        passed(torch, reader, Plain())


def test_safe_globals_by_torchs_name() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 1))
    with minitorch.serialization.safe_globals([minitorch.nn.Sequential, minitorch.nn.Linear]):
        assert passed(torch, minitorch, model)[0].in_features == 2
    with minitorch.serialization.safe_globals([(minitorch.nn.Flatten, "my.Own")]):
        file = archive(b"cmy\nOwn\n.")
        assert minitorch.load(file) is minitorch.nn.Flatten
    with pytest.raises(ValueError, match="Expected tuple of"):
        minitorch.serialization.add_safe_globals([(Plain, 1)])


@pytest.mark.parametrize("engine", ENGINES)
def test_unsafe_globals_are_listed(engine: str) -> None:
    file = io.BytesIO()
    torch.save([torch.nn.Linear(1, 1), torch.ones(1)], file)
    file.seek(0)
    names = ENGINES[engine].serialization.get_unsafe_globals_in_checkpoint(file)
    assert names == ["torch.nn.modules.linear.Linear"]


# --- where tensors go -------------------------------------------------------------------------------------------------


def on_cuda() -> io.BytesIO:
    """A file whose tensor lay on a GPU."""
    code = tensor_code(0, 4, 1).replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
    return archive(code, _0=np.arange(4, dtype=np.float32).tobytes())


MAPS: dict[str, Any] = {
    "text": lambda engine: "cpu",
    "device": lambda engine: engine.device("cpu"),
    "dict": lambda engine: {"cuda:0": "cpu"},
    "function": lambda engine: lambda storage, location: storage,
    "function that says": lambda engine: lambda storage, location: storage.cpu(),
}


@pytest.mark.parametrize("form", MAPS)
@pytest.mark.parametrize("engine", ENGINES)
def test_map_location(engine: str, form: str) -> None:
    reader = ENGINES[engine]
    came = reader.load(on_cuda(), map_location=MAPS[form](reader))
    assert came.tolist() == [0, 1, 2, 3] and came.device.type == "cpu"
    seen: list[tuple[str, int]] = []
    reader.load(on_cuda(), lambda storage, location: seen.append((location, storage.nbytes())) or storage)
    assert seen == [("cuda:0", 16)]


@pytest.mark.parametrize("where", [None, {"cuda": "cpu"}, {"cpu": "cuda:1"}, lambda storage, location: None])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_gpu_that_is_not_there(engine: str, where: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device but torch.cuda"):
        ENGINES[engine].load(on_cuda(), where)


@pytest.mark.parametrize("engine", ENGINES)
def test_map_location_errors(engine: str) -> None:
    reader = ENGINES[engine]
    with pytest.raises(TypeError, match="'int' object is not callable"):
        reader.load(on_cuda(), 3)
    with pytest.raises(RuntimeError, match="don't know how to restore data location"):
        reader.load(on_cuda(), {"cuda:0": "nowhere"})


# --- files ------------------------------------------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize("kind", [str, Path])
def test_paths(writer: Any, reader: Any, kind: Any, tmp_path: Path) -> None:
    path = kind(tmp_path / "model.pt")
    writer.save({"a": writer.arange(3.0)}, path)
    assert reader.load(path)["a"].tolist() == [0, 1, 2]
    assert reader.load(path, mmap=True)["a"].tolist() == [0, 1, 2]
    with zipfile.ZipFile(path) as file:
        assert {"model/data.pkl", "model/version", "model/byteorder", "model/data/0"} <= set(file.namelist())


@WAYS
def test_a_file_that_something_stands_before(writer: Any, reader: Any) -> None:
    file = io.BytesIO()
    file.write(b"before")
    writer.save([writer.ones(2)], file)
    assert file.tell() == len(file.getvalue())
    file.seek(6)
    assert reader.load(io.BytesIO(file.read()))[0].tolist() == [1, 1]


@WAYS
def test_only_write_is_asked_of_a_file(writer: Any, reader: Any) -> None:
    class Sink:
        def __init__(self) -> None:
            self.data = b""

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

        def flush(self) -> None:
            """Asked for by torch."""

    sink = Sink()
    writer.save({"a": writer.ones(3)}, sink)
    assert reader.load(io.BytesIO(sink.data))["a"].tolist() == [1, 1, 1]


def test_mapped_memory_is_a_copy_on_write(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    minitorch.save({"a": minitorch.arange(1000.0), "b": minitorch.arange(5)}, path)
    before = path.read_bytes()
    came = minitorch.load(path, mmap=True)
    assert came["b"].tolist() == [0, 1, 2, 3, 4] and came["a"].data_ptr() % 64 == 0
    came["a"].add_(1)
    assert came["a"][0].item() == 1 and path.read_bytes() == before
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        minitorch.load(io.BytesIO(before), mmap=True)


def test_a_path_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.pt"
    minitorch.save([minitorch.ones(2)], path)
    path.chmod(0o640)
    before = path.read_bytes()
    with pytest.raises((AttributeError, pickle.PicklingError)):
        minitorch.save([lambda: 1], path)

    def full(*args: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("minitorch.serialization._bytes_of", full)
        with pytest.raises(OSError, match="No space left"):
            minitorch.save([minitorch.zeros(2)], path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    minitorch.save([minitorch.zeros(2)], path)
    assert minitorch.load(path)[0].tolist() == [0, 0] and path.stat().st_mode & 0o777 == 0o640
    link = tmp_path / "link.pt"
    link.symlink_to(path)
    minitorch.save([minitorch.ones(1)], link)
    assert link.is_symlink() and minitorch.load(path)[0].tolist() == [1]
    minitorch.save([minitorch.ones(1)], "/dev/null")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("engine", ENGINES)
def test_paths_that_cannot_be_written_or_read(engine: str, tmp_path: Path) -> None:
    one = ENGINES[engine]
    with pytest.raises(RuntimeError, match="Parent directory .* does not exist"):
        one.save(1, tmp_path / "no" / "x.pt")
    with pytest.raises(RuntimeError, match="open file failed with strerror: Is a directory"):
        one.save(1, tmp_path)
    with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like object with a 'write'"):
        one.save(1, 3)
    with pytest.raises(FileNotFoundError):
        one.load(tmp_path / "x.pt")
    with pytest.raises(IsADirectoryError):
        one.load(tmp_path)
    with pytest.raises(AttributeError, match="You can only torch.load from a file that is seekable"):
        one.load(3)


def written() -> bytes:
    file = io.BytesIO()
    minitorch.save({"a": minitorch.arange(100.0)}, file)
    return file.getvalue()


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("engine", ENGINES)
def test_empty_and_truncated_files(engine: str, weights_only: bool) -> None:
    load = ENGINES[engine].load
    with pytest.raises(EOFError):
        load(io.BytesIO(b""), weights_only=weights_only)
    data = written()
    for part in (data[:4], data[: len(data) // 2], data[:-10]):
        with pytest.raises(RuntimeError, match="PytorchStreamReader failed reading zip archive"):
            load(io.BytesIO(part), weights_only=weights_only)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_zip_file_of_something_else(engine: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("x/y", "1")
    file.seek(0)
    with pytest.raises(RuntimeError, match='Expected hasRecord\\("version"\\) to be true'):
        ENGINES[engine].load(file)


def test_changed_and_missing_records() -> None:
    data = written()
    at = data.index(np.arange(100, dtype=np.float32).tobytes())
    changed = data[: at + 8] + b"\xff" + data[at + 9 :]
    with pytest.raises(RuntimeError, match="failed reading file data/0 .*CRC"):
        minitorch.load(io.BytesIO(changed))
    with pytest.raises(RuntimeError, match="failed locating file data/0: file not found"):
        minitorch.load(archive(tensor_code(0, 4, 1)))


@pytest.mark.parametrize("weights_only", [True, False])
def test_what_is_no_file_of_torchs(weights_only: bool) -> None:
    with pytest.raises(pickle.UnpicklingError):
        minitorch.load(io.BytesIO(b"hello world" * 5), weights_only=weights_only)
    with pytest.raises(RuntimeError, match="Invalid magic number"):
        minitorch.load(io.BytesIO(pickle.dumps({"a": 1})), weights_only=weights_only)


def test_a_torchscript_archive() -> None:
    file = io.BytesIO()
    with pytest.warns(DeprecationWarning):
        torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), file)
    file.seek(0)
    with pytest.raises(NotSupportedError, match="TorchScript archive"):
        minitorch.load(file)


def test_pickle_module() -> None:
    assert passed(minitorch, minitorch, Plain(), pickle_module=pickle).x == 1
    with pytest.raises(RuntimeError, match="Can not safely load weights when explicit pickle_module is specified"):
        passed(minitorch, minitorch, 1, pickle_module=pickle, weights_only=True)
    with pytest.raises(NotSupportedError, match="pickle_module=marshal"):
        passed(minitorch, minitorch, 1, save={"pickle_module": __import__("marshal")})


@pytest.mark.parametrize("protocol", range(1, 6))
def test_every_protocol(protocol: int) -> None:
    value = {"a": [1, (2, 3, 4, 5), {3}, 2**80, None, True, 1.5, "x" * 300], "t": minitorch.arange(3.0)}
    came = passed(minitorch, minitorch, value, {"pickle_protocol": protocol})
    assert repr(came) == repr(value)
    assert repr(passed(minitorch, torch, value, {"pickle_protocol": protocol}, weights_only=False)) == repr(value)


@WAYS
@pytest.mark.parametrize("weights_only", [True, False])
def test_the_old_format(writer: Any, reader: Any, weights_only: bool) -> None:
    base = writer.arange(6.0)
    value = {"a": base, "b": base[2:4], "p": writer.nn.Parameter(writer.ones(2)), "i": writer.tensor([1, 2]), "n": "x"}
    save = {"_use_new_zipfile_serialization": False}
    came = passed(writer, reader, value, save, weights_only=weights_only)
    assert came["a"].tolist() == list(range(6)) and came["b"].tolist() == [2, 3] and came["i"].tolist() == [1, 2]
    came["a"][2] = 20
    assert came["b"][0].item() == 20 and came["p"].requires_grad and came["n"] == "x"
    with pytest.raises(RuntimeError, match="mmap can only be used with files saved with"):
        file = Path(os.devnull).parent / "shm" / f"minitorch-{os.getpid()}.pt"
        try:
            writer.save(1, file, **save)
            reader.load(file, mmap=True)
        finally:
            file.unlink(missing_ok=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_old_file_that_ends_too_soon(engine: str) -> None:
    file = io.BytesIO()
    torch.save(torch.arange(100.0), file, _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match="unexpected EOF"):
        ENGINES[engine].load(io.BytesIO(file.getvalue()[:-100]))


def test_the_instructions_of_every_protocol() -> None:
    """The restricted reader makes of plain data what pickle makes of it."""
    shared = [1]
    value = [
        shared,
        shared,
        {"k": (1, 2, 3, 4)},
        {1},
        frozenset([2]),
        b"x" * 300,
        bytearray(b"y"),
        -5,
        2**40,
        1e300,
        "ü",
    ]
    for protocol in range(6):
        data = io.BytesIO(pickle.dumps(value, protocol))

        def find(module: str, name: str) -> Any:
            return getattr(__import__(module.replace("__builtin__", "builtins"), fromlist=[name]), name)

        came = RestrictedUnpickler(data, find, lambda identity: None, lambda target: False).load()
        assert came == value and came[0] is came[1]
