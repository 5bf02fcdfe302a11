"""Datasets of images read from disk: what is parsed, how samples look, and what is said of damaged files."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import vision
from minitorch.utils.data import DataLoader
from minitorch.vision import datasets
from minitorch.vision.datasets import cifar, folder, mnist
from tests.vision_files import idx, write_cifar, write_mnist

Image = pytest.importorskip("PIL.Image")
ROOT = Path(__file__).resolve().parent.parent
CODES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


# --- MNIST ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("train", [True, False])
def test_mnist_reads_both_parts_plain_or_packed(tmp_path: Path, packed: bool, train: bool) -> None:
    arrays = write_mnist(tmp_path / "MNIST/raw", packed=packed)
    images, labels = arrays["train" if train else "t10k"]
    dataset = datasets.MNIST(tmp_path, train=train)
    assert dataset.data.dtype == minitorch.uint8 and dataset.targets.dtype == minitorch.int64
    assert np.array_equal(dataset.data.numpy(), images) and dataset.targets.tolist() == labels.tolist()
    assert len(dataset) == len(images)
    for index in (0, len(images) - 1, -1):
        image, label = dataset[index]
        assert image.mode == "L" and np.array_equal(np.asarray(image), images[index])
        assert type(label) is int and label == labels[index]
    with pytest.raises(
        IndexError, match=f"index {len(images)} is out of bounds for dimension 0 with size {len(images)}"
    ):
        dataset[len(images)]
    with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
        dataset[0:2]  # type: ignore[index]  # on purpose
    assert dataset[minitorch.tensor(2)][1] == dataset[np.int64(2)][1] == labels[2]
    assert [label for _, label in dataset] == labels.tolist()


def test_a_plain_file_is_read_before_a_packed_one(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST/raw"
    write_mnist(raw, packed=True, seed=1)
    plain = write_mnist(raw, seed=2)
    assert np.array_equal(datasets.MNIST(tmp_path).data.numpy(), plain["train"][0])


def test_transforms_and_the_loader(tmp_path: Path) -> None:
    images, labels = write_mnist(tmp_path / "MNIST/raw")["train"]
    dataset = datasets.MNIST(
        tmp_path, transform=lambda image: minitorch.tensor(np.asarray(image) / 255), target_transform=lambda y: y + 1
    )
    batch, targets = next(iter(DataLoader(dataset, batch_size=3)))
    assert np.allclose(batch.numpy(), images[:3] / 255) and targets.tolist() == (labels[:3] + 1).tolist()


def test_names_and_old_names(tmp_path: Path) -> None:
    write_mnist(tmp_path / "MNIST/raw")
    dataset = datasets.MNIST(str(tmp_path))
    assert dataset.class_to_idx["3 - three"] == 3 and dataset.classes[9] == "9 - nine"
    assert dataset.raw_folder == str(tmp_path / "MNIST/raw")
    assert dataset.processed_folder == str(tmp_path / "MNIST/processed")
    for old, new in (("train_data", "data"), ("test_data", "data"), ("train_labels", "targets")):
        with pytest.warns(UserWarning, match=f"{old} has been renamed {new}") as caught:
            assert getattr(dataset, old) is getattr(dataset, new)
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="test_labels has been renamed targets"):
        assert dataset.test_labels is dataset.targets


def test_repr_is_torchvisions(tmp_path: Path) -> None:
    write_mnist(tmp_path / "MNIST/raw", count=5)

    class Two:
        def __repr__(self) -> str:
            return "Two(\n    a\n)"

    head = f"Dataset MNIST\n    Number of datapoints: 5\n    Root location: {tmp_path}\n    Split: Test"
    assert repr(datasets.MNIST(tmp_path, train=False)) == head
    dataset = datasets.MNIST(tmp_path, False, Two(), Two())
    # The second line of the transforms stands at the margin there, too.
    assert repr(dataset) == (
        f"{head}\n    StandardTransform\nTransform: Two(\n               a\n           )\n"
        "Target transform: Two(\n                      a\n                  )"
    )


def test_both_kinds_of_transforms_are_refused() -> None:
    with pytest.raises(ValueError, match="Only transforms or transform/target_transform can be passed as argument"):
        datasets.VisionDataset("x", transforms=max, transform=abs)
    dataset = datasets.VisionDataset("x", transforms=max)
    assert dataset.transforms is max
    with pytest.raises(NotImplementedError, match="VisionDataset has to define __getitem__"):
        dataset[0]
    with pytest.raises(NotImplementedError, match="VisionDataset has to define __len__"):
        len(dataset)
    both = datasets.VisionDataset("x", transform=abs, target_transform=len).transforms
    assert both is not None and both(-1, [0, 0]) == (1, 2)


def test_a_missing_dataset_says_where_it_looked(tmp_path: Path) -> None:
    expected = "Dataset not found. You can use download=True to download it (train-images-idx3-ubyte, "
    with pytest.raises(RuntimeError, match=re.escape(expected) + f".*{tmp_path}/MNIST/raw"):
        datasets.MNIST(tmp_path)
    with pytest.raises(TypeError, match="PathLike"):
        datasets.MNIST(3)  # type: ignore[arg-type]  # on purpose


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_mnist(tmp_path / "MNIST/raw")
    assert datasets.MNIST("~").root == str(tmp_path)


def cut(content: bytes) -> bytes:
    return content[:-3]


@pytest.mark.parametrize(
    ("damage", "error", "text"),
    [
        (cut, RuntimeError, r"sizes \(7, 4, 3\) of uint8 need 100 bytes, it has 97"),
        (lambda content: content + b"xx", RuntimeError, "need 100 bytes, it has 102"),
        (lambda content: b"", ValueError, r"is not an idx file: .* got \[\]"),
        (
            lambda content: content[:9],
            RuntimeError,
            "truncated or corrupt: its header needs 16 bytes, it has 9",
        ),
        (lambda content: b"<html>nothing here</html>", ValueError, r"got \[60, 104, 116, 109\]"),
        (lambda content: b"\0\0\x07\3" + content[4:], ValueError, "a code of"),
        (lambda content: b"\0\0\x08\4" + content[4:], ValueError, "1 to 3 dimensions"),
        (
            lambda content: b"\0\0\x09\3" + content[4:],
            TypeError,
            "be of dtype torch.uint8 instead of torch.int8",
        ),
        (lambda content: idx(np.zeros(7, "u1")), ValueError, "should have 3 dimension instead of 1"),
        (lambda content: idx(np.zeros((3, 4, 3), "u1")), RuntimeError, "holds 3 images, but .* holds 7 labels"),
    ],
)
def test_damaged_idx_files(tmp_path: Path, damage: Callable[[bytes], bytes], error: type, text: str) -> None:
    raw = tmp_path / "MNIST/raw"
    write_mnist(raw)
    path = raw / "train-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(error, match=f"{re.escape(str(path))}.*{text}"):
        datasets.MNIST(tmp_path)


@pytest.mark.parametrize(
    "damage", [cut, lambda content: b"not gzip at all", lambda content: content[:12] + b"\xff" * 40]
)
def test_damaged_gzip(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    raw = tmp_path / "MNIST/raw"
    write_mnist(raw, packed=True)
    path = raw / "train-labels-idx1-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RuntimeError, match=f"{re.escape(str(path))} is not a whole .gz file"):
        datasets.MNIST(tmp_path)


@pytest.mark.parametrize("code", CODES)
def test_idx_dtypes(tmp_path: Path, code: int) -> None:
    array = np.arange(-6, 6).reshape(2, 3, 2).astype(CODES[code])
    (tmp_path / "x").write_bytes(idx(array, code))
    tensor = mnist.read_sn3_pascalvincent_tensor(tmp_path / "x")
    assert str(tensor.dtype) == str(torch.from_numpy(array.astype(array.dtype.newbyteorder("="))).dtype)
    assert np.array_equal(tensor.numpy(), array)
    tensor[0] = 1  # and it can be written to


def test_a_longer_idx_file_may_be_read_when_not_strict(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(idx(np.arange(5, dtype="u1")) + b"xx")
    assert mnist.read_sn3_pascalvincent_tensor(tmp_path / "x", strict=False).tolist() == [0, 1, 2, 3, 4]


def test_a_hostile_header_is_refused_without_allocating(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\0\0\x0e\x03" + b"\xff" * 12)
    with pytest.raises(RuntimeError, match="need 633,825,[0-9,]+ bytes, it has 16"):
        mnist.read_sn3_pascalvincent_tensor(tmp_path / "x")


@pytest.mark.parametrize("kind", [datasets.FashionMNIST, datasets.KMNIST])
def test_mnists_siblings(tmp_path: Path, kind: type[datasets.MNIST]) -> None:
    images, _ = write_mnist(tmp_path / kind.__name__ / "raw")["train"]
    dataset = kind(tmp_path)
    assert np.array_equal(dataset.data.numpy(), images) and len(dataset.classes) == 10
    assert len({md5 for _, md5 in [*kind.resources, *datasets.MNIST.resources]}) == 8


def test_emnist(tmp_path: Path) -> None:
    raw = tmp_path / "EMNIST/raw"
    arrays = write_mnist(raw, names={"train": "emnist-letters-train", "t10k": "emnist-letters-test"})
    dataset = datasets.EMNIST(tmp_path, "letters", train=False)
    assert np.array_equal(dataset.data.numpy(), arrays["t10k"][0])
    assert dataset.classes[:2] == ["N/A", "a"] and dataset.class_to_idx["z"] == 26
    assert dataset.test_file == "test_letters.pt"
    assert {split: len(names) for split, names in dataset.classes_split_dict.items()} == {
        "byclass": 62,
        "bymerge": 47,
        "balanced": 47,
        "letters": 27,
        "digits": 10,
        "mnist": 10,
    }
    assert "".join(dataset.classes_split_dict["balanced"][36:]) == "abdefghnqrt"
    with pytest.raises(ValueError, match="Unknown value 'foo' for argument split. Valid values are {'byclass', "):
        datasets.EMNIST(tmp_path, "foo")
    with pytest.raises(RuntimeError, match="Dataset not found.*emnist-digits-train-images-idx3-ubyte"):
        datasets.EMNIST(tmp_path, "digits")


def test_qmnist(tmp_path: Path) -> None:
    raw = tmp_path / "QMNIST/raw"
    raw.mkdir(parents=True)
    images = np.arange(10_002 * 2, dtype="u1").reshape(10_002, 1, 2)
    labels = np.arange(10_002 * 8).reshape(10_002, 8).astype(">i4")
    (raw / "qmnist-test-images-idx3-ubyte").write_bytes(idx(images))
    (raw / "qmnist-test-labels-idx2-int").write_bytes(idx(labels, 12))
    assert len(datasets.QMNIST(tmp_path, train=False)) == 10_002
    assert len(datasets.QMNIST(tmp_path, "test10k")) == 10_000
    dataset = datasets.QMNIST(tmp_path, "test50k", compat=False)
    assert len(dataset) == 2 and dataset[0][1].tolist() == labels[10_000].tolist()
    assert dataset.targets.dtype == minitorch.int64 and dataset.targets.shape == (2, 8)
    assert datasets.QMNIST(tmp_path, "test50k")[1][1] == labels[10_001, 0]
    assert repr(dataset).endswith("Split: test50k") and dataset.images_file == str(
        raw / "qmnist-test-images-idx3-ubyte"
    )
    with pytest.raises(ValueError, match="Unknown value 'foo' for argument what"):
        datasets.QMNIST(tmp_path, "foo")
    with pytest.raises(RuntimeError, match="Dataset not found.*xnist-labels-idx2-int"):
        datasets.QMNIST(tmp_path, "nist")


def test_the_real_digits() -> None:
    data = os.environ.get("MINITORCH_DATA")
    if not data or not Path(data, "MNIST/raw").is_dir():
        pytest.skip("MINITORCH_DATA does not name a folder with MNIST/raw")
    train, test = datasets.MNIST(data), datasets.MNIST(data, train=False)
    assert train.data.shape == (8000, 28, 28) and test.data.shape == (2000, 28, 28)
    assert train[0][1] == 7 and sorted(set(test.targets.tolist())) == list(range(10))


# --- CIFAR ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", [datasets.CIFAR10, datasets.CIFAR100])
def test_cifar(tmp_path: Path, kind: type[datasets.CIFAR10], protocol: int) -> None:
    pixels = write_cifar(tmp_path, kind, protocol).reshape(-1, 3, 32, 32)
    dataset = kind(tmp_path)
    count = 2 * len(kind.train_list)
    assert dataset.data.dtype == np.uint8 and dataset.data.shape == (count, 32, 32, 3)
    assert np.array_equal(dataset.data.transpose(0, 3, 1, 2), pixels)
    assert dataset.targets == [0, 1] * (count // 2) and dataset.class_to_idx == {"cat": 0, "dog": 1}
    image, label = dataset[minitorch.tensor(1)]
    assert image.mode == "RGB" and label == 1 and np.asarray(image)[5, 7].tolist() == pixels[1, :, 5, 7].tolist()
    assert repr(kind(tmp_path, False)) == (
        f"Dataset {kind.__name__}\n    Number of datapoints: 2\n    Root location: {tmp_path}\n    Split: Test"
    )
    doubled = kind(tmp_path, transform=np.asarray, target_transform=lambda label: 2 * label)
    assert doubled[1][0].shape == (32, 32, 3) and doubled[1][1] == 2


def test_cifar_reads_python_2s_pickles(tmp_path: Path) -> None:
    """As the published files are: byte strings for keys and pixels, under NumPy's old module names."""
    write_cifar(tmp_path)
    pixels = bytes(range(256)) * 12
    path = tmp_path / "cifar-10-batches-py/test_batch"
    path.write_bytes(
        b"\x80\x02}(U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
        b"K\x00tb\x89T" + len(pixels).to_bytes(4, "little") + pixels + b"tbU\x06labels]K\x01au."
    )
    dataset = datasets.CIFAR10(tmp_path, train=False)
    assert dataset.data.shape == (1, 32, 32, 3) and dataset.data[0, 0, :4, 0].tolist() == [0, 1, 2, 3]
    assert dataset.targets == [1]


class Harm:
    """Unpickled, it would make a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (pickle.dumps({"data": 1})[:-4], "test_batch is not a pickle of arrays and lists"),
        (b"", "test_batch is not a pickle of arrays and lists: Ran out of input"),
        (b"<html>", "test_batch is not a pickle of arrays and lists"),
        (pickle.dumps([1]), "test_batch: expected a pickled dict, got list"),
        (pickle.dumps({"labels": [0]}), "'data' to be a uint8 array of shape .N, 3072., got NoneType"),
        (pickle.dumps({"data": np.zeros((2, 5), "u1")}), r"got uint8 \(2, 5\)"),
        (pickle.dumps({"data": np.zeros((2, 3072))}), r"got float64 \(2, 3072\)"),
        (pickle.dumps({"data": np.zeros((2, 3072), "u1")}), "expected a list of 2 labels.*got NoneType"),
        (pickle.dumps({"data": np.zeros((2, 3072), "u1"), "labels": [1]}), "expected a list of 2 labels.*got 1"),
    ],
)
def test_damaged_batches(tmp_path: Path, content: bytes, text: str) -> None:
    write_cifar(tmp_path)
    (tmp_path / "cifar-10-batches-py/test_batch").write_bytes(content)
    with pytest.raises(RuntimeError, match=text):
        datasets.CIFAR10(tmp_path, train=False)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_runs_nothing(tmp_path: Path, protocol: int) -> None:
    write_cifar(tmp_path)
    harm = tmp_path / "harm"
    path = tmp_path / "cifar-10-batches-py/batches.meta"
    path.write_bytes(pickle.dumps({"label_names": Harm(harm)}, protocol))
    with pytest.raises(RuntimeError, match="batches.meta is not a pickle .*it names (posix|nt).mkdir"):
        datasets.CIFAR10(tmp_path)
    assert not harm.exists()
    assert all(name.startswith(("numpy", "_codecs")) for name, _ in cifar._GLOBALS)


def test_missing_cifar(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Dataset not found or corrupted. You can use download=True to download it"):
        datasets.CIFAR10(tmp_path)
    write_cifar(tmp_path)
    meta = tmp_path / "cifar-10-batches-py/batches.meta"
    meta.write_bytes(pickle.dumps({"other": 1}))
    with pytest.raises(RuntimeError, match="batches.meta: expected a list 'label_names', got NoneType"):
        datasets.CIFAR10(tmp_path)
    meta.unlink()
    with pytest.raises(RuntimeError, match="Dataset metadata file not found or corrupted. You can use download=True"):
        datasets.CIFAR10(tmp_path)


# --- folders -------------------------------------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for name, mode in {"b/x.png": "RGB", "a/2.PNG": "L", "a/10.jpg": "RGB", "a/sub/3.bmp": "RGB"}.items():
        path = tmp_path / "im" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, (4, 3), 100 if mode == "L" else (255, 0, 0)).save(path)
    (tmp_path / "im/a/note.txt").write_text("note")
    (tmp_path / "im/top.png").write_bytes(b"not in a class")
    return tmp_path / "im"


def test_image_folder(pictures: Path) -> None:
    dataset = datasets.ImageFolder(str(pictures))
    expected = [("a/10.jpg", 0), ("a/2.PNG", 0), ("a/sub/3.bmp", 0), ("b/x.png", 1)]
    assert dataset.samples == [(f"{pictures}/{name}", label) for name, label in expected]
    assert dataset.imgs is dataset.samples and dataset.targets == [0, 0, 0, 1] and len(dataset) == 4
    assert dataset.classes == ["a", "b"] and dataset.class_to_idx == {"a": 0, "b": 1}
    assert dataset.extensions == folder.IMG_EXTENSIONS and dataset.loader is folder.default_loader
    image, label = dataset[1]
    assert image.mode == "RGB" and image.getpixel((0, 0)) == (100, 100, 100) and label == 0
    assert repr(dataset) == f"Dataset ImageFolder\n    Number of datapoints: 4\n    Root location: {pictures}"
    chosen = datasets.ImageFolder(
        pictures, transform=lambda image: image.size, target_transform=str, is_valid_file=lambda path: "x" in path[-5:]
    )
    assert chosen.extensions is None and chosen.samples[0] == (f"{pictures}/a/note.txt", 0)
    assert chosen[1] == ((4, 3), "1")


def test_dataset_folder(pictures: Path) -> None:
    dataset = datasets.DatasetFolder(pictures, len, (".txt",), allow_empty=True)
    assert dataset.samples == [(f"{pictures}/a/note.txt", 0)] and dataset[0] == (len(f"{pictures}/a/note.txt"), 0)
    assert folder.make_dataset(pictures, {"a": 5}, ".txt") == [(f"{pictures}/a/note.txt", 5)]
    assert folder.make_dataset(pictures, extensions=".bmp", allow_empty=True) == [(f"{pictures}/a/sub/3.bmp", 0)]

    class Reversed(datasets.ImageFolder):
        def find_classes(self, directory: Any) -> tuple[list[str], dict[str, int]]:
            return ["b", "a"], {"b": 0, "a": 1}

    assert Reversed(pictures).targets == [1, 1, 1, 0]


def test_folders_without_samples(pictures: Path) -> None:
    (pictures / "c").mkdir()
    text = "Found no valid file for the classes c. Supported extensions are: .jpg, .jpeg, .png"
    with pytest.raises(FileNotFoundError, match=text):
        datasets.ImageFolder(pictures)
    assert datasets.ImageFolder(pictures, allow_empty=True).class_to_idx == {"a": 0, "b": 1, "c": 2}
    with pytest.raises(FileNotFoundError, match="Found no valid file for the classes b, c. $"):
        datasets.ImageFolder(pictures, is_valid_file=lambda path: path.endswith("txt"))
    with pytest.raises(FileNotFoundError, match="Supported extensions are: .txt$"):
        folder.make_dataset(pictures, {"b": 0}, ".txt")
    with pytest.raises(FileNotFoundError, match=f"Couldn't find any class folder in {pictures}/c."):
        datasets.ImageFolder(pictures / "c")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        datasets.ImageFolder(pictures / "nowhere")
    with pytest.raises(ValueError, match="'class_to_index' must have at least one entry to collect any samples."):
        folder.make_dataset(pictures, {}, ".txt")
    with pytest.raises(ValueError, match="The class_to_idx parameter cannot be None."):
        datasets.DatasetFolder.make_dataset(pictures, None, ".txt")  # type: ignore[arg-type]  # on purpose
    for arguments in ({}, {"extensions": (".txt",), "is_valid_file": len}):
        with pytest.raises(
            ValueError, match="Both extensions and is_valid_file cannot be None or not None at the same"
        ):
            datasets.DatasetFolder(pictures, len, **arguments)  # type: ignore[arg-type]  # on purpose


def test_damaged_images(pictures: Path) -> None:
    path = pictures / "b/x.png"
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(OSError, match=f"{path}: .*truncated"):
        folder.default_loader(path)
    with pytest.raises(OSError, match="cannot identify image file .*note.txt"):
        folder.pil_loader(pictures / "a/note.txt")


def test_extensions() -> None:
    assert folder.has_file_allowed_extension("A.PNG", (".png",)) and folder.has_file_allowed_extension("A.PNG", ".png")
    assert folder.is_image_file("x.tiff") and not folder.is_image_file("x.gif")


# --- made-up images ------------------------------------------------------------------------------------------------


def test_fake_data() -> None:
    dataset = datasets.FakeData(size=3, image_size=(3, 4, 5), num_classes=4)
    minitorch.manual_seed(0)
    expected = minitorch.rand(1)
    minitorch.manual_seed(0)
    image, label = dataset[0]
    assert minitorch.equal(minitorch.rand(1), expected), "the global generator was left as it was"
    # What torchvision 0.28 gives.
    assert image.size == (5, 4) and np.asarray(image).ravel()[:5].tolist() == [225, 152, 230, 219, 116]
    assert (type(label), label, dataset[1][1]) == (int, 3, 1)
    other = datasets.FakeData(size=3, image_size=(3, 4, 5), random_offset=7, transform=np.asarray, target_transform=str)
    assert other[2][0][0, :5, 0].tolist() == [240, 74, 21, 111, 112] and isinstance(other[2][1], str)
    assert dataset[-1][1] == 0
    with pytest.raises(IndexError, match="FakeData index out of range"):
        dataset[3]
    assert repr(datasets.FakeData()) == "Dataset FakeData\n    Number of datapoints: 1000"


# --- names, engines ------------------------------------------------------------------------------------------------


def test_a_dataset_that_is_not_here_is_named() -> None:
    with pytest.raises(AttributeError, match="minitorch.vision.datasets.*has no attribute 'LSUN'"):
        datasets.LSUN  # type: ignore[attr-defined]  # noqa: B018  # the access is the test


def test_the_packages_own_names() -> None:
    assert vision.__version__.split(".")[:2] == ["0", "28"]
    vision.set_image_backend("PIL")
    assert vision.get_image_backend() == "PIL"
    with pytest.raises(ValueError, match="Invalid backend 'accimage'"):
        vision.set_image_backend("accimage")


def test_construction_needs_no_pillow(tmp_path: Path) -> None:
    write_mnist(tmp_path / "MNIST/raw")
    script = (
        "import sys; sys.modules['PIL'] = None\n"
        "from minitorch.vision import datasets\n"
        f"dataset = datasets.MNIST({str(tmp_path)!r})\n"
        "print(len(dataset))\n"
        "try:\n    dataset[0]\nexcept ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.startswith("7\n") and "pip install pillow" in done.stdout


SCRIPT = """
import sys
import torch
from torchvision import datasets
from torchvision.datasets.folder import IMG_EXTENSIONS, default_loader
from torchvision.datasets.utils import check_integrity
root = sys.argv[1]
mnist = datasets.MNIST(root, train=False)
print(mnist, mnist.data.sum(), mnist.targets, mnist[2][0].tobytes(), mnist[2][1])
pictures = datasets.ImageFolder(root + "/im", target_transform=float)
print(pictures, [(image.tobytes(), label) for image, label in pictures])
cifar = datasets.CIFAR10(root)
print(cifar, cifar.data.sum(), cifar.targets)
fake = datasets.FakeData(4, (3, 8, 8))
print([(image.tobytes(), label) for image, label in fake], torch.is_tensor(mnist.data))
print(check_integrity(root + "/nothing"), IMG_EXTENSIONS, default_loader(pictures.samples[0][0]).size)
try:
    datasets.KMNIST(root)
except RuntimeError as error:
    print(str(error)[:63])
"""


def test_one_source_on_both_engines(tmp_path: Path, pictures: Path) -> None:
    write_mnist(tmp_path / "MNIST/raw")
    write_cifar(tmp_path, protocol=4)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "minitorch", "run", "--engine", engine, str(script), str(tmp_path)],
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        for engine in ("numpy", "torch")
    ]
    assert [done.stderr for done in outputs] == ["", ""]
    assert outputs[0].stdout == outputs[1].stdout and "Dataset not found" in outputs[0].stdout
