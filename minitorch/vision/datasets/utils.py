"""What the datasets share: checksums, downloads that appear only when whole, archives, lists of a folder.

Two environment variables serve a classroom. MINITORCH_DATA names a folder of data sets in torchvision's layout: with
download=True its files are copied where there are any, before the network is asked. MINITORCH_MIRROR is a base URL that
stands before each dataset's own mirrors; below it lie the files by the names that the dataset downloads.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import http.client
import importlib
import lzma
import os
import secrets
import shutil
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

StrPath = str | os.PathLike[str]

USER_AGENT = "pytorch/vision"
_TIMEOUT = 30.0  # seconds without a byte: a mirror that hangs must not keep the next one from being tried
_BLOCK = 1 << 17


def calculate_md5(fpath: StrPath, chunk_size: int = 1024 * 1024) -> str:
    """The MD5 of a file, in hexadecimal digits."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as file:
        while block := file.read(chunk_size):
            digest.update(block)
    return digest.hexdigest()


def check_md5(fpath: StrPath, md5: str, **kwargs: Any) -> bool:
    """Whether a file has the MD5 `md5`."""
    return md5 == calculate_md5(fpath, **kwargs)


def check_integrity(fpath: StrPath, md5: str | None = None) -> bool:
    """Whether there is such a file and, where `md5` is given, it has that MD5."""
    return os.path.isfile(fpath) and (md5 is None or check_md5(fpath, md5))


def verify_str_arg(
    value: Any, arg: str | None = None, valid_values: Iterable[str] | None = None, custom_msg: str | None = None
) -> Any:
    """`value`, which must be a str and one of `valid_values`; ValueError otherwise."""
    if not isinstance(value, str):
        argument = "" if arg is None else f" for argument {arg}"
        raise ValueError(f"Expected type str{argument}, but got type {type(value)}.")
    values = None if valid_values is None else list(valid_values)
    if values is not None and value not in values:
        listed = ", ".join(repr(valid) for valid in values)
        raise ValueError(custom_msg or f"Unknown value '{value}' for argument {arg}. Valid values are {{{listed}}}.")
    return value


# --- downloads -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A path to write to that becomes `target` when the block ends well, and vanishes when it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield partial
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _progress(total: int | None, name: str) -> Any:
    """A tqdm bar on stderr, or None where there is no terminal to draw it on or no tqdm."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    try:
        return importlib.import_module("tqdm").tqdm(total=total, unit="B", unit_scale=True, desc=name)
    except ImportError:
        return None


def _fetch(url: str, path: Path, name: str, max_redirect_hops: int) -> None:
    """Write what `url` gives to `path`; RuntimeError when the connection ends before the announced length."""
    redirects = type("_Redirects", (urllib.request.HTTPRedirectHandler,), {"max_redirections": max_redirect_hops})
    request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT})
    with (
        urllib.request.build_opener(redirects).open(request, timeout=_TIMEOUT) as source,
        open(path, "wb") as file,
    ):
        announced = source.headers.get("Content-Length")
        bar = _progress(int(announced) if announced else None, name)
        try:
            while block := source.read(_BLOCK):
                file.write(block)
                if bar is not None:
                    bar.update(len(block))
        finally:
            if bar is not None:
                bar.close()
        if announced and file.tell() != int(announced):
            raise RuntimeError(
                f"File not found or corrupted. {name}: {announced} bytes were announced, {file.tell()} came"
            )


def download_url(
    url: str, root: StrPath, filename: StrPath | None = None, md5: str | None = None, max_redirect_hops: int = 3
) -> None:
    """Fetch `url` into the folder `root`, unless a file of that name with that MD5 lies there.

    It is written under a temporary name and moved into place once whole and verified. Raises RuntimeError for a
    body that is cut short or has another MD5, and urllib's errors.
    """
    folder = Path(root).expanduser()
    name = os.fspath(filename) if filename else os.path.basename(url)
    if check_integrity(folder / name, md5):
        return
    with _whole(folder / name) as partial:
        _fetch(url, partial, name, max_redirect_hops)
        if md5 is not None and (came := calculate_md5(partial)) != md5:
            raise RuntimeError(f"File not found or corrupted. {name}: expected MD5 {md5}, got {came}")


def download_from_mirrors(urls: Iterable[str], root: StrPath, filename: str, md5: str | None = None) -> None:
    """Fetch `filename` into `root` from the first of `urls` that gives it whole, $MINITORCH_MIRROR before them all.

    Raises RuntimeError that lists every address and why it failed.
    """
    first = os.environ.get("MINITORCH_MIRROR")
    failures = []
    for url in [*([f"{first.rstrip('/')}/{filename}"] if first else []), *urls]:
        try:
            return download_url(url, root, filename, md5)
        except (OSError, http.client.HTTPException, RuntimeError, ValueError) as error:
            failures.append(f"tried {url}, got: {error}")
    raise RuntimeError(
        f"Error downloading {filename}: {'; '.join(failures)}. Without a network, put the file in {root}, or name a "
        "folder of data in MINITORCH_DATA"
    )


def shared_folder(relative: str, names: Iterable[str], suffixes: Iterable[str] = ("",)) -> str:
    """The folder `relative` in $MINITORCH_DATA, where each of `names` lies there; otherwise empty."""
    shared = os.environ.get("MINITORCH_DATA")
    folder = os.path.join(os.path.expanduser(shared or ""), relative)
    complete = shared and all(find_file(folder, name, suffixes) for name in names)
    return folder if complete else ""


def find_file(folder: StrPath, name: str, suffixes: Iterable[str] = ("",)) -> str:
    """The path of `name` in `folder`, with the first of `suffixes` under which it is there; otherwise empty."""
    paths = (os.path.join(folder, name + suffix) for suffix in suffixes)
    return next((path for path in paths if os.path.isfile(path)), "")


# --- archives ------------------------------------------------------------------------------------------------------

_OPENERS: dict[str, Callable[..., Any]] = {".bz2": bz2.open, ".gz": gzip.open, ".xz": lzma.open}
_ARCHIVES = (".tar", ".zip")
_ALIASES = {".tbz": ".tar", ".tbz2": ".tar", ".tgz": ".tar"}


def _archive_suffix(path: Path) -> str | None:
    """What kind of archive a file's name says it is; None for one compressed file."""
    if not path.suffixes:
        raise RuntimeError(
            f"File '{path}' has no suffixes that could be used to detect the archive type and compression."
        )
    last = path.suffix
    if last in _OPENERS:
        last = path.with_suffix("").suffix
        return last if last in _ARCHIVES else None
    if last in _ARCHIVES or last in _ALIASES:
        return _ALIASES.get(last, last)
    known = sorted([*_ALIASES, *_ARCHIVES, *_OPENERS])
    raise RuntimeError(f"Unknown compression or archive type: '{last}'.\nKnown suffixes are: '{known}'.")


def unpack_file(from_path: StrPath, to_path: StrPath) -> None:
    """Write what a file holds, decompressed where its suffix says so, to `to_path`, which appears when it is whole.

    Raises RuntimeError for a damaged file.
    """
    source = Path(from_path)
    with open(source, "rb") as packed, _whole(Path(to_path)) as partial, open(partial, "wb") as plain:
        try:
            shutil.copyfileobj(_OPENERS[source.suffix](packed) if source.suffix in _OPENERS else packed, plain)
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            raise RuntimeError(f"{source} cannot be unpacked: {error}") from error


def _extract(archive: Any, to_path: Path, **options: Any) -> None:
    """Unpack beside the target and move each file over, so that none is ever there in part."""
    to_path.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".extracting.", dir=to_path) as staging:
        archive.extractall(staging, **options)
        for source in sorted(Path(staging).rglob("*")):
            target = to_path / source.relative_to(staging)
            if source.is_dir() and not source.is_symlink():
                target.mkdir(exist_ok=True)
            else:
                os.replace(source, target)


def extract_archive(from_path: StrPath, to_path: StrPath | None = None, remove_finished: bool = False) -> str:
    """Unpack a tar or zip archive into the folder `to_path`, or a compressed file; return where it went.

    No member can land outside of `to_path`. Raises RuntimeError for an unknown suffix and for a damaged archive.
    """
    source = Path(from_path)
    archive = _archive_suffix(source)
    target = source.parent if to_path is None else Path(to_path)
    if archive is None:
        target = target / source.with_suffix("").name
        unpack_file(source, target)
    else:
        try:
            if archive == ".tar":
                with tarfile.open(source) as tar:
                    _extract(tar, target, filter="data")
            else:
                with zipfile.ZipFile(source) as packed:
                    _extract(packed, target)
        except FileNotFoundError:
            raise
        except (OSError, EOFError, lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
            raise RuntimeError(f"{source} cannot be unpacked: {error}") from error
    if remove_finished:
        source.unlink()
    return os.fspath(target)


def download_and_extract_archive(
    url: str,
    download_root: StrPath,
    extract_root: StrPath | None = None,
    filename: StrPath | None = None,
    md5: str | None = None,
    remove_finished: bool = False,
) -> None:
    """Fetch an archive into `download_root` and unpack it into `extract_root` (default: the same folder)."""
    root = Path(download_root).expanduser()
    name = os.fspath(filename) if filename else os.path.basename(url)
    download_url(url, root, name, md5)
    extract_archive(root / name, root if extract_root is None else extract_root, remove_finished)


# --- folders -------------------------------------------------------------------------------------------------------


def list_dir(root: StrPath, prefix: bool = False) -> list[str]:
    """The names of the folders in `root`, with `root` before them if `prefix`."""
    root = os.path.expanduser(root)
    found = [name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name))]
    return [os.path.join(root, name) for name in found] if prefix else found


def list_files(root: StrPath, suffix: str | tuple[str, ...], prefix: bool = False) -> list[str]:
    """The names of the files in `root` that end in `suffix`, with `root` before them if `prefix`."""
    root = os.path.expanduser(root)
    found = [name for name in os.listdir(root) if os.path.isfile(os.path.join(root, name)) and name.endswith(suffix)]
    return [os.path.join(root, name) for name in found] if prefix else found
