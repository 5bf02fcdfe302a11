"""torch.hub: weights from the internet, and models from a folder with a `hubconf.py`. Nothing is fetched unasked."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

from minitorch.errors import NotSupportedError
from minitorch.serialization import MapLocation
from minitorch.serialization import load as load_file

_HASH = re.compile(r"-([a-f0-9]*)\.")
_dir: list[str] = []


def get_dir() -> str:
    """The folder of downloads: what set_dir said, else `hub` in TORCH_HOME, else ~/.cache/torch/hub."""
    if _dir:
        return _dir[0]
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return os.path.join(os.path.expanduser(os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Sets the folder of downloads."""
    _dir[:] = [os.path.expanduser(d)]


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Fetches `url` to the path `dst`, which appears only when it is complete.

    Raises RuntimeError when its SHA-256 does not begin with `hash_prefix`, and urllib's errors.
    """
    import urllib.request

    target = Path(dst).expanduser()
    digest = hashlib.sha256()
    request = urllib.request.Request(url, headers={"User-Agent": "torch.hub"})
    with (
        urllib.request.urlopen(request) as source,
        tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file,
    ):
        try:
            total, done = int(source.headers.get("Content-Length") or 0), 0
            while block := source.read(1 << 17):
                file.write(block)
                digest.update(block)
                done += len(block)
                if progress and total:
                    print(f"\r{done / total:4.0%} of {total:,} bytes", end="", file=sys.stderr)
            if progress and total:
                print(file=sys.stderr)
            if hash_prefix and not digest.hexdigest().startswith(hash_prefix):
                raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest.hexdigest()}")')
            file.close()
            os.replace(file.name, target)
        finally:
            Path(file.name).unlink(missing_ok=True)


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: MapLocation = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = True,
) -> dict[str, Any]:
    """What `torch.load` reads of the file at `url`, which is fetched once; `check_hash` takes the hash in its name.

    Differs from torch: weights_only is True by default, so that nothing in the file is run.
    """
    folder = Path(model_dir or os.path.join(get_dir(), "checkpoints"))
    folder.mkdir(parents=True, exist_ok=True)
    name = file_name or os.path.basename(re.split("[?#]", url)[0])
    path = folder / name
    if not path.exists():
        print(f'Downloading: "{url}" to {path}', file=sys.stderr)
        found = _HASH.search(name) if check_hash else None
        download_url_to_file(url, str(path), found[1] if found else None, progress)
    loaded: dict[str, Any] = load_file(path, map_location, weights_only=weights_only)
    return loaded


def _hubconf(repo_or_dir: str, source: str) -> types.ModuleType:
    """The `hubconf.py` of a folder, imported."""
    if source not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    if source == "github":
        raise NotSupportedError(
            f"torch.hub: minitorch does not fetch code; clone {repo_or_dir} and say source='local' and its folder"
        )
    path = os.path.join(repo_or_dir, "hubconf.py")
    spec = importlib.util.spec_from_file_location("hubconf", path)
    if spec is None or spec.loader is None or not os.path.exists(path):
        raise FileNotFoundError(f"torch.hub: no hubconf.py in {repo_or_dir}")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, repo_or_dir)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(repo_or_dir)
    return module


def _entry(module: types.ModuleType, model: str) -> Any:
    entry = getattr(module, model, None)
    if not callable(entry):
        raise RuntimeError(f"Cannot find callable {model} in hubconf")
    return entry


def load(repo_or_dir: str, model: str, *args: Any, source: str = "github", **kwargs: Any) -> Any:
    """What the function `model` of a folder's hubconf.py returns; `source` has to be "local".

    Raises NotSupportedError for "github", RuntimeError for a function that is not there.
    """
    for option in ("trust_repo", "force_reload", "verbose", "skip_validation"):
        kwargs.pop(option, None)
    return _entry(_hubconf(repo_or_dir, source), model)(*args, **kwargs)


def list(github: str, force_reload: bool = False, *, source: str = "github", **options: Any) -> Any:
    """The names of the functions in a folder's hubconf.py."""
    entries = vars(_hubconf(github, source)).items()
    return [name for name, value in entries if callable(value) and not name.startswith("_")]


def help(github: str, model: str, force_reload: bool = False, *, source: str = "github", **options: Any) -> str | None:
    """The docstring of a function in a folder's hubconf.py."""
    text: str | None = _entry(_hubconf(github, source), model).__doc__
    return text
