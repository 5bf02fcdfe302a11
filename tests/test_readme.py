"""README's Python blocks run, one after another, and print what their comments say."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

README = (Path(__file__).resolve().parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_python_blocks_run() -> None:
    assert len(BLOCKS) >= 2
    for block in BLOCKS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
        for said in re.findall(r"# (tensor\(.*)", block):
            assert said in printed.getvalue().splitlines()


def test_the_files_it_names_exist() -> None:
    root = Path(__file__).resolve().parent.parent
    for name in re.findall(r"`((?:minitorch|parity|benchmarks|tests)/[\w/.]*)`", README):
        assert (root / name).exists(), name
    for name in ("node.py", "autograd/graph.py", "autograd/op.py", "autograd/engine.py", "autograd/views.py"):
        assert f"`{name}`" in README
        assert (root / "minitorch" / name).exists()
