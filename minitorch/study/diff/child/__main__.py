"""Runs the script of `python -m minitorch.study.diff.child`, and records it."""

from __future__ import annotations

import functools
import importlib
import os
import sys

from minitorch import runner
from minitorch.autograd.observer import observers
from minitorch.study.diff.child.channel import Channel
from minitorch.study.diff.child.minitorch_engine import Minitorch
from minitorch.study.diff.child.recorder import Engine, Enough, Recorder
from minitorch.study.diff.child.script import LIBRARIES
from minitorch.study.diff.child.torch_engine import Torch


def main(engine_name: str, records: str, go: str, steps: str, script: str, *args: str) -> int:
    """Runs the script and records it; returns the exit code."""
    channel = Channel(int(records), int(go))
    runner.select(engine_name)
    torch = importlib.import_module("torch")
    engine = Torch(torch) if engine_name == "torch" else Minitorch(torch)
    LIBRARIES.add(os.path.dirname(os.path.realpath(str(torch.__file__))))
    channel.wait()
    recorder = Recorder(channel, engine, int(steps) or -1)
    os.register_at_fork(after_in_child=functools.partial(_only_here, engine))
    code, why = 0, "done"
    try:
        program, main = runner.load(script, args)
        optimizers = importlib.import_module("torch.optim.optimizer")
        optimizers.register_optimizer_step_pre_hook(recorder.step_begins)
        optimizers.register_optimizer_step_post_hook(recorder.step_ends)
        importlib.import_module("torch.nn.modules.module").register_module_forward_pre_hook(recorder.module)
        engine.start(recorder)
        sys.settrace(recorder.trace)
        try:
            runner.run(program, main)
        finally:
            sys.settrace(None)
            recorder.busy = True
    except Enough:
        channel.leave()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        why = f"exit {code}" if code else why
    except BaseException as error:
        recorder.failed(error)
        code, why = 1, "failed"
    sys.stdout.flush()
    sys.stderr.flush()
    channel.close(why)
    return code


def _only_here(engine: Engine) -> None:
    """In a process that the script forked: nothing is recorded."""
    sys.settrace(None)
    if isinstance(engine, Minitorch) and engine in observers:
        observers.remove(engine)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
