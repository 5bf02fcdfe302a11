"""Downloads of the datasets from a server on this machine, copies from a folder of data, archives, checksums."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import os
import re
import socket
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch.vision import datasets
from minitorch.vision.datasets import utils
from tests.vision_files import idx, write_cifar, write_mnist

MNIST_FILES = [name for name, _ in datasets.MNIST.resources]


class Server(http.server.ThreadingHTTPServer):
    """Gives out `bodies` by path; of `cut` paths only the first half; sends `moved` paths elsewhere."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.moved: dict[str, str] = {}
        self.asked: list[str] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path in self.server.moved:
            self.send_response(302)
            self.send_header("Location", self.server.moved[self.path])
            self.end_headers()
            return
        body = self.server.bodies.get(self.path)
        if body is None:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path in self.server.cut else body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr: the tests look at it."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("MINITORCH_DATA", "MINITORCH_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def dead() -> str:
    """A mirror at a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def offer_mnist(server: Server, tmp_path: Path, where: str = "/") -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Put a small MNIST on the server, and its checksums where the test's MNIST looks for them."""
    arrays = write_mnist(tmp_path / "served", packed=True)
    for name in MNIST_FILES:
        server.bodies[where + name] = (tmp_path / "served" / name).read_bytes()
    return arrays


def small(tmp_path: Path, mirrors: list[str], **checksums: str) -> type[datasets.MNIST]:
    """MNIST with the mirrors and checksums of the test."""
    served = {name: md5((tmp_path / "served" / name).read_bytes()) for name in MNIST_FILES}

    class MNIST(datasets.MNIST):
        resources = [(name, checksums.get(name[:5], served[name])) for name in MNIST_FILES]

    MNIST.mirrors = mirrors
    return MNIST


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- MNIST ---------------------------------------------------------------------------------------------------------


def test_a_good_download(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrays = offer_mnist(server, tmp_path)
    kind = small(tmp_path, [server.url("/")])
    dataset = kind(tmp_path / "root", download=True)
    assert np.array_equal(dataset.data.numpy(), arrays["train"][0])
    unpacked = [name.removesuffix(".gz") for name in MNIST_FILES]
    assert left(tmp_path / "root/MNIST/raw") == sorted(MNIST_FILES + unpacked)
    assert server.asked == ["/" + name for name in MNIST_FILES]
    assert capsys.readouterr() == ("", ""), "no terminal, so no progress bar"
    assert len(kind(tmp_path / "root", train=False, download=True)) == 7
    assert len(server.asked) == 4, "what is there is not fetched again"


def test_a_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    offer_mnist(server, tmp_path)
    raw = tmp_path / "root/MNIST/raw"
    raw.mkdir(parents=True)
    (raw / MNIST_FILES[0]).write_bytes(server.bodies["/" + MNIST_FILES[0]])
    (raw / MNIST_FILES[1]).write_bytes(b"half a file")
    small(tmp_path, [server.url("/")])(tmp_path / "root", download=True)
    assert server.asked == ["/" + name for name in MNIST_FILES[1:]]


def test_the_next_mirror_is_tried(server: Server, tmp_path: Path, dead: str) -> None:
    offer_mnist(server, tmp_path, "/good/")
    bad = {f"/bad/{name}": b"another body" for name in MNIST_FILES}
    server.bodies |= bad | {f"/cut/{name}": server.bodies[f"/good/{name}"] for name in MNIST_FILES}
    server.cut |= {f"/cut/{name}" for name in MNIST_FILES}
    mirrors = [dead, server.url("/missing"), server.url("/bad/"), server.url("/cut/"), server.url("/good")]
    assert len(small(tmp_path, mirrors)(tmp_path / "root", download=True)) == 7
    assert server.asked[:4] == [f"/{place}/{MNIST_FILES[0]}" for place in ("missing", "bad", "cut", "good")]


def test_every_mirror_fails(server: Server, tmp_path: Path, dead: str) -> None:
    offer_mnist(server, tmp_path)
    server.cut.add("/" + MNIST_FILES[0])
    size = len(server.bodies["/" + MNIST_FILES[0]])
    server.bodies["/bad/" + MNIST_FILES[0]] = b"another body"
    kind = small(tmp_path, [dead, server.url("/missing/"), server.url("/"), server.url("/bad/"), "nonsense"])
    with pytest.raises(RuntimeError, match=f"^Error downloading {MNIST_FILES[0]}: tried {dead}") as told:
        kind(tmp_path / "root", download=True)
    text = str(told.value)
    for reason in (
        f"tried {dead}{MNIST_FILES[0]}, got: <urlopen error ",
        f"tried {server.url('/missing/')}{MNIST_FILES[0]}, got: HTTP Error 404: Not Found",
        f"{size} bytes were announced, {size // 2} came",
        f"expected MD5 {kind.resources[0][1]}, got {md5(b'another body')}",
        f"tried nonsense/{MNIST_FILES[0]}, got: unknown url type",
        f"put the file in {tmp_path}/root/MNIST/raw, or name a folder of data in MINITORCH_DATA",
    ):
        assert reason in text
    assert "\n" not in text and left(tmp_path / "root/MNIST/raw") == []


def test_a_wrong_checksum_leaves_nothing(server: Server, tmp_path: Path) -> None:
    offer_mnist(server, tmp_path)
    with pytest.raises(RuntimeError, match="File not found or corrupted. t10k-images-idx3-ubyte.gz: expected MD5 0000"):
        small(tmp_path, [server.url("/")], **{"t10k-": "0" * 32})(tmp_path / "root", download=True)
    assert not [name for name in left(tmp_path / "root/MNIST/raw") if name.startswith(("t10k", "."))]
    with pytest.raises(RuntimeError, match="Dataset not found"):
        small(tmp_path, [])(tmp_path / "root")


def test_what_is_there_is_used_without_a_network(tmp_path: Path, dead: str) -> None:
    write_mnist(tmp_path / "MNIST/raw", packed=True)

    class MNIST(datasets.MNIST):
        mirrors = [dead]

    assert len(MNIST(tmp_path, download=True)) == 7


def test_the_environments_mirror_comes_first(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer_mnist(server, tmp_path, "/class/")
    monkeypatch.setenv("MINITORCH_MIRROR", server.url("/class"))
    assert len(small(tmp_path, [server.url("/other/")])(tmp_path / "root", download=True)) == 7
    assert server.asked == ["/class/" + name for name in MNIST_FILES]


@pytest.mark.parametrize("packed", [False, True])
def test_a_shared_folder_of_data(
    server: Server, tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays = write_mnist(tmp_path / "data/FashionMNIST/raw", packed=packed)
    monkeypatch.setenv("MINITORCH_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [])
    with pytest.raises(RuntimeError, match="Dataset not found"):
        datasets.FashionMNIST(tmp_path / "root")
    dataset = datasets.FashionMNIST(tmp_path / "root", train=False, download=True)
    assert np.array_equal(dataset.data.numpy(), arrays["t10k"][0])
    assert left(tmp_path / "root/FashionMNIST/raw") == sorted(name.removesuffix(".gz") for name in MNIST_FILES)
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"FashionMNIST: copied 7 and 7 images from {tmp_path}/data/FashionMNIST/raw\n")
    datasets.FashionMNIST(tmp_path / "root", download=True)
    assert capsys.readouterr().err == "", "nothing is copied twice"


def test_a_shared_folder_that_lacks_a_file_is_passed_over(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_mnist(server, tmp_path)
    write_mnist(tmp_path / "data/MNIST/raw")
    (tmp_path / "data/MNIST/raw/t10k-labels-idx1-ubyte").unlink()
    monkeypatch.setenv("MINITORCH_DATA", str(tmp_path / "data"))
    small(tmp_path, [server.url("/")])(tmp_path / "root", download=True)
    assert len(server.asked) == 4


def test_a_damaged_shared_file_is_named(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path / "data/MNIST/raw", packed=True)
    broken = tmp_path / "data/MNIST/raw/train-images-idx3-ubyte.gz"
    broken.write_bytes(broken.read_bytes()[:-5])
    monkeypatch.setenv("MINITORCH_DATA", str(tmp_path / "data"))
    with pytest.raises(RuntimeError, match=f"{broken} cannot be unpacked: "):
        datasets.MNIST(tmp_path / "root", download=True)
    assert left(tmp_path / "root/MNIST/raw") == []


def test_the_real_digits_are_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = os.environ.get("MINITORCH_DATA")
    if not data or not Path(data, "MNIST/raw").is_dir():
        pytest.skip("MINITORCH_DATA does not name a folder with MNIST/raw")
    assert len(datasets.MNIST(tmp_path, train=False, download=True)) == 2000
    assert "MNIST: copied 8,000 and 2,000 images from" in capsys.readouterr().err


# --- other datasets ------------------------------------------------------------------------------------------------


def test_emnist_from_its_archive(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"train": "emnist-digits-train", "t10k": "emnist-digits-test"}
    arrays = write_mnist(tmp_path / "gzip", packed=True, names=names)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (tmp_path / "gzip").iterdir():
            archive.write(path, f"gzip/{path.name}")
    server.bodies["/gzip.zip"] = packed.getvalue()
    monkeypatch.setattr(datasets.EMNIST, "url", server.url("/gzip.zip"))
    monkeypatch.setattr(datasets.EMNIST, "md5", md5(packed.getvalue()))
    dataset = datasets.EMNIST(tmp_path, "digits", download=True)
    assert np.array_equal(dataset.data.numpy(), arrays["train"][0])
    assert all(name.endswith("-ubyte") for name in left(tmp_path / "EMNIST/raw")) and server.asked == ["/gzip.zip"]


def test_qmnist(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = {
        "/q-images.gz": gzip.compress(idx(np.ones((3, 2, 2), "u1"))),
        "/q-labels.gz": gzip.compress(idx(np.arange(24).reshape(3, 8).astype(">i4"), 12)),
    }
    server.bodies |= bodies
    files = [(server.url(path), md5(body)) for path, body in bodies.items()]
    monkeypatch.setattr(datasets.QMNIST, "resources", {"train": files})
    assert datasets.QMNIST(tmp_path, download=True).targets[:, 0].tolist() == [0, 8, 16]


def cifar_archive(tmp_path: Path) -> bytes:
    write_cifar(tmp_path / "made")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(tmp_path / "made/cifar-10-batches-py", "cifar-10-batches-py")
    return packed.getvalue()


def test_cifar_from_its_archive(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.bodies["/c.tar.gz"] = cifar_archive(tmp_path)
    monkeypatch.setattr(datasets.CIFAR10, "url", server.url("/c.tar.gz"))
    with pytest.raises(RuntimeError, match="Error downloading cifar-10-python.tar.gz: .*expected MD5 c58f30108f718f9"):
        datasets.CIFAR10(tmp_path / "root", download=True)
    assert left(tmp_path / "root") == []
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(server.bodies["/c.tar.gz"]))
    dataset = datasets.CIFAR10(tmp_path / "root", download=True)
    assert len(dataset) == 10 and left(tmp_path / "root") == ["cifar-10-batches-py", "cifar-10-python.tar.gz"]
    datasets.CIFAR10(tmp_path / "root", train=False, download=True)
    assert len(server.asked) == 2
    (tmp_path / "root/cifar-10-batches-py/test_batch").unlink()
    assert len(datasets.CIFAR10(tmp_path / "root", train=False, download=True)) == 2
    assert len(server.asked) == 2, "the archive is still there and good"


def test_cifar_from_a_shared_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_cifar(tmp_path / "data")
    monkeypatch.setenv("MINITORCH_DATA", str(tmp_path / "data"))
    assert len(datasets.CIFAR10(tmp_path / "root", download=True)) == 10
    assert capsys.readouterr().err == f"CIFAR10: copied 7 files from {tmp_path}/data/cifar-10-batches-py\n"


# --- utils ---------------------------------------------------------------------------------------------------------


def test_checksums(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello" * 1000)
    assert utils.calculate_md5(path) == utils.calculate_md5(path, chunk_size=7) == md5(b"hello" * 1000)
    assert utils.check_md5(path, md5(b"hello" * 1000)) and not utils.check_md5(path, "0" * 32)
    assert utils.check_integrity(path) and utils.check_integrity(path, md5(b"hello" * 1000))
    assert not utils.check_integrity(path, "0" * 32) and not utils.check_integrity(tmp_path / "no")
    assert not utils.check_integrity(tmp_path)


def test_download_url(server: Server, tmp_path: Path) -> None:
    server.bodies["/a.bin"] = b"body"
    server.moved["/moved"] = "/a.bin"
    server.moved |= {f"/far{hop}": f"/far{hop + 1}" for hop in range(5)} | {"/far5": "/a.bin"}
    utils.download_url(server.url("/a.bin"), tmp_path / "new")
    utils.download_url(server.url("/moved"), tmp_path / "new", "b.bin", md5(b"body"))
    assert left(tmp_path / "new") == ["a.bin", "b.bin"] and (tmp_path / "new/b.bin").read_bytes() == b"body"
    mode = (tmp_path / "new/a.bin").stat().st_mode
    (tmp_path / "plain").touch()
    assert mode == (tmp_path / "plain").stat().st_mode, "others may read what one has downloaded"
    with pytest.raises(OSError, match="redirect"):
        utils.download_url(server.url("/far0"), tmp_path / "new")
    with pytest.raises(OSError, match="HTTP Error 404"):
        utils.download_url(server.url("/no"), tmp_path / "new")
    assert left(tmp_path / "new") == ["a.bin", "b.bin"]


def test_an_interrupted_download_leaves_nothing(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(path: Path) -> str:
        assert path.read_bytes() == b"body"
        raise KeyboardInterrupt

    server.bodies["/a.bin"] = b"body"
    monkeypatch.setattr(utils, "calculate_md5", interrupt)
    with pytest.raises(KeyboardInterrupt):
        utils.download_url(server.url("/a.bin"), tmp_path / "new", md5="0" * 32)
    assert left(tmp_path / "new") == []


def test_progress_is_drawn_on_a_terminal(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    pytest.importorskip("tqdm")
    server.bodies["/a.bin"] = b"body" * 1000
    monkeypatch.setattr(sys, "stderr", Terminal())
    utils.download_url(server.url("/a.bin"), tmp_path)
    drawn = sys.stderr.getvalue()  # type: ignore[attr-defined]  # the Terminal above
    assert "a.bin: 100%" in drawn and "4.00k/4.00k" in drawn
    monkeypatch.setitem(sys.modules, "tqdm", None)
    utils.download_url(server.url("/a.bin"), tmp_path, "without tqdm")
    assert sys.stderr.getvalue() == drawn  # type: ignore[attr-defined]  # the Terminal above


def archive(path: Path, name: str = "in/a.txt") -> Path:
    content = b"content"
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(name, content)
    else:
        with tarfile.open(path, f"w:{path.suffix.lstrip('.').replace('tgz', 'gz').replace('tar', '')}") as tar:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.zip"])
def test_archives(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / name)
    (tmp_path / "out/in").mkdir(parents=True)
    (tmp_path / "out/in/other").touch()
    assert utils.extract_archive(path, tmp_path / "out") == str(tmp_path / "out")
    assert (tmp_path / "out/in/a.txt").read_bytes() == b"content" and left(tmp_path / "out/in") == ["a.txt", "other"]
    assert left(tmp_path / "out") == ["in"]
    assert utils.extract_archive(str(path), remove_finished=True) == str(tmp_path) and not path.exists()
    assert (tmp_path / "in/a.txt").exists()


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar.xz", "a.zip"])
def test_a_damaged_archive(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RuntimeError, match=f"{path} cannot be unpacked: "):
        utils.extract_archive(path, tmp_path / "out")
    assert left(tmp_path / "out") == []


def test_no_member_lands_outside(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="cannot be unpacked: .*would be extracted to"):
        utils.extract_archive(archive(tmp_path / "a.tar", "../harm"), tmp_path / "out")
    utils.extract_archive(archive(tmp_path / "a.zip", "../harm"), tmp_path / "out")
    assert not (tmp_path / "harm").exists() and left(tmp_path / "out") == ["harm"]


def test_compressed_files(tmp_path: Path) -> None:
    path = tmp_path / "c.bin.gz"
    path.write_bytes(gzip.compress(b"content"))
    assert utils.extract_archive(path) == str(tmp_path / "c.bin")
    assert utils.extract_archive(path, tmp_path / "new", remove_finished=True) == str(tmp_path / "new/c.bin")
    assert (tmp_path / "new/c.bin").read_bytes() == b"content" and not path.exists()
    (tmp_path / "a").touch()
    with pytest.raises(RuntimeError, match="a' has no suffixes that could be used to detect the archive type"):
        utils.extract_archive(tmp_path / "a")
    known = re.escape("Known suffixes are: '['.bz2', '.gz', '.tar', '.tbz', '.tbz2', '.tgz', '.xz', '.zip']'.")
    with pytest.raises(RuntimeError, match=f"Unknown compression or archive type: '.foo'.\n{known}"):
        utils.extract_archive(tmp_path / "a.foo")
    for missing in ("a.gz", "a.tar.gz", "a.zip"):
        with pytest.raises(FileNotFoundError, match=missing):
            utils.extract_archive(tmp_path / missing, tmp_path / "none")


def test_download_and_extract(server: Server, tmp_path: Path) -> None:
    server.bodies["/x.zip"] = archive(tmp_path / "x.zip").read_bytes()
    checksum = md5(server.bodies["/x.zip"])
    utils.download_and_extract_archive(server.url("/x.zip"), tmp_path / "d", tmp_path / "e", "y.zip", checksum)
    assert left(tmp_path / "d") == ["y.zip"] and left(tmp_path / "e") == ["in"]
    utils.download_and_extract_archive(server.url("/x.zip"), tmp_path / "f", remove_finished=True)
    assert left(tmp_path / "f") == ["in"]


def test_lists_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.txt", "a.bin", "sub/c.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert utils.list_dir(tmp_path) == ["sub"] and utils.list_dir(str(tmp_path), prefix=True) == [f"{tmp_path}/sub"]
    assert utils.list_files(tmp_path, ".txt") == ["b.txt"]
    assert sorted(utils.list_files(tmp_path, (".txt", ".bin"), True)) == [f"{tmp_path}/a.bin", f"{tmp_path}/b.txt"]


def test_verify_str_arg() -> None:
    assert utils.verify_str_arg("a") == utils.verify_str_arg("a", "split", ("a", "b")) == "a"
    for arguments, text in (
        ((3, "split", ("a",)), "Expected type str for argument split, but got type <class 'int'>."),
        ((3,), "Expected type str, but got type <class 'int'>."),
        (("x", "split", ("a", "b")), "Unknown value 'x' for argument split. Valid values are {'a', 'b'}."),
        (("x", "split", ("a",), "another text"), "another text"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            utils.verify_str_arg(*arguments)
