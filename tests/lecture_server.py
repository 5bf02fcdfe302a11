"""The `minitorch` command in forks of a process that has imported an engine: a run without its seconds of start-up.

`python -m tests.lecture_server ENGINE` reads a request a line (JSON: arguments, environment, working directory, how
many seconds it may take, the files for its output), and answers with the exit code. tests/lecture_runs.py asks.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

from minitorch import cli

# What lectures import, beside the engine, and what the figures and the data of their own import.
OURS = ("minitorch.vision", "minitorch.utils.data")
EVERYWHERE = (
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "mpl_toolkits.mplot3d",
    "sklearn.datasets",
    "PIL.Image",
)


def prepare(engine: str) -> None:
    """Import what runs on this engine would import; what is not installed, they will miss themselves."""
    for module in (*(() if engine == "torch" else OURS), *EVERYWHERE):
        with suppress(ImportError):
            importlib.import_module(module)
    if engine == "torch":
        torch = importlib.import_module("torch")
        torch.optim.SGD([torch.zeros(1, requires_grad=True)]).step()  # the first step imports torch's compiler


def become(request: dict[str, Any]) -> list[str]:
    """Make this process the one that was asked for, as far as it can be; return its arguments."""
    signal.alarm(request["seconds"])  # whose default action ends the process
    for descriptor, path in enumerate((os.devnull, request["stdout"], request["stderr"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    arguments: list[str] = request["arguments"]
    return arguments


def command(arguments: list[str]) -> NoReturn:
    """Run the command line and end with its exit code, at once: to take apart what was imported takes seconds too."""
    code: object = 1
    try:
        code = cli.main(arguments)
    except SystemExit as exit:
        code = exit.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    if not isinstance(code, int):
        print(code, file=sys.stderr)  # what sys.exit makes of a message
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def serve() -> NoReturn:
    """Fork for each request, and say how the fork ended."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            command(become(json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()


if __name__ == "__main__":
    prepare(sys.argv[1])
    serve()
