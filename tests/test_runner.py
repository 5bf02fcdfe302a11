"""`minitorch run`: a script behaves as under `python script.py`, and what it imports as torch is minitorch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(
    *args: str, cwd: Path, stdin: str = "", program: tuple[str, ...] = ("-m", "minitorch", "run")
) -> tuple[int, str, str]:
    """Exit code, output and error output of a command; with `program=()` of plain Python."""
    done = subprocess.run(
        [sys.executable, *program, *args],
        cwd=cwd,
        input=stdin,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


# --- as under python script.py -------------------------------------------------------------------------------------

SCRIPTS = {
    "arguments": "import sys; print(sys.argv)",
    "names": "print(__name__, __file__, __package__, __spec__, __doc__, __annotations__, sorted(globals()))",
    "doc and annotations": "'''Says so.'''\nx: int = 1\nprint(__doc__, __annotations__)",
    "no future of ours": "def f(x: 1 + 1): pass\nprint(f.__annotations__)",
    "path and folder": "import os, sys; print(sys.path[0], os.getcwd())",
    "input": "print(input()[::-1]); import sys; print(sys.stdin.read())",
    "main is the script": "import sys, __main__\nx = 1\nprint(__main__.x, vars(__main__) is globals())",
    "pickles its classes": "import pickle\nclass A: pass\ns = pickle.dumps(A())\nprint(type(pickle.loads(s)) is A, s)",
    "source of its functions": "import inspect\ndef f(): return 1\nprint(inspect.getsource(f), inspect.getfile(f))",
    "exit code": "import sys; sys.exit(7)",
    "exit message": "import sys; sys.exit('no')",
    "exit without a code": "raise SystemExit",
    "uncaught": "def f():\n    raise ValueError('x')\nprint('before')\nf()",
    "uncaught, chained": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise KeyError(1) from error",
    "uncaught, while another": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    {}[1]",
    "uncaught, in a group": "raise ExceptionGroup('some', [ValueError(1), TypeError(2)])",
    "caught and printed": "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    "its own missing attribute": "class A: pass\nA().colour",
    "a missing module": "import no_such_module_anywhere",
    "syntax error": "x = (1,\ny y",
    "indentation": "if 1:\nx",
    "declared encoding": "# -*- coding: latin-1 -*-\nprint(ascii('caf\xe9'))",
    "interrupted": "import time\nprint('now', flush=True)\nraise KeyboardInterrupt",
    "its own excepthook": "import sys\nsys.excepthook = lambda *e: print('hook', e[1], e[2].tb_lineno)\n1 / 0",
    "a failing excepthook": "import sys\nsys.excepthook = lambda *a: sys.exit(5)\n1 / 0",
    "at exit": "import atexit\natexit.register(print, 'bye')\n1 / 0",
    "a thread's error": "import threading as t\na = t.Thread(target=lambda: 1 / 0)\na.start(); a.join(); print('on')",
    "from __future__": "from __future__ import annotations\ndef f(x: nothing): pass\nprint(f.__annotations__)",
    "own folder": "import helper; print(helper.value, helper.__file__)",
    "error in own folder": "import helper; helper.fail()",
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_behaves_as_under_python(name: str, tmp_path: Path) -> None:
    script = tmp_path / "scripts" / "some script.py"
    write(tmp_path / "scripts" / "helper.py", "value = 3\ndef fail():\n    raise RuntimeError('helper')\n")
    script.write_text(SCRIPTS[name], encoding="latin-1")
    args = ("scripts/some script.py", "--epochs", "3", "-m", "--", "x", "--engine", "torch", "--help")
    expected = run(*args, cwd=tmp_path, stdin="abc\nrest\n", program=())
    assert run(*args, cwd=tmp_path, stdin="abc\nrest\n") == expected


def test_a_link_is_run_from_the_folder_of_its_target(tmp_path: Path) -> None:
    write(tmp_path / "real" / "helper.py", "value = 3\n")
    write(
        tmp_path / "real" / "script.py", "import sys, helper; print(sys.argv[0], __file__, sys.path[0], helper.value)\n"
    )
    (tmp_path / "link.py").symlink_to(tmp_path / "real" / "script.py")
    expected = run("link.py", cwd=tmp_path, program=())
    assert run("link.py", cwd=tmp_path) == expected
    assert expected[0] == 0


def test_standard_input_is_run(tmp_path: Path) -> None:
    source = "import sys; print(sys.argv, sys.path[0], __name__); 1 / 0\n"
    assert run("-", "a", cwd=tmp_path, stdin=source) == run("-", "a", cwd=tmp_path, stdin=source, program=())


def test_a_module_or_package_is_run(tmp_path: Path) -> None:
    write(tmp_path / "package" / "__init__.py", "")
    write(
        tmp_path / "package" / "__main__.py",
        "from . import part; print(__name__, __package__, __spec__.name, part.sys.argv)",
    )
    write(tmp_path / "package" / "part.py", "import sys\nprint(__name__, sys.path[0])")
    for module in ("package", "package.part"):
        expected = run("-m", module, "--x", cwd=tmp_path, program=())
        assert expected[0] == 0
        assert run("-m", module, "--x", cwd=tmp_path) == expected


def test_an_interrupt_from_outside_ends_it_as_python_ends(tmp_path: Path) -> None:
    script = write(tmp_path / "sleeper.py", "import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "minitorch", "run", str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # which tests in the background ignore
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == -signal.SIGINT
    assert error.splitlines()[-1] == "KeyboardInterrupt"
    assert "minitorch" not in error


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere.py"], "no such script: nowhere.py"),
        (["folder"], "folder is a directory, not a script"),
        (["-m", "no_such_module"], "no module to run: no_such_module"),
        (["--engine", "jax", "script.py"], "argument --engine: invalid choice: 'jax' (choose from"),
        ([], "the following arguments are required: SCRIPT"),
    ],
)
def test_what_cannot_start_takes_one_line(args: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    code, out, error = run(*args, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert error.startswith(f"minitorch: error: {message}")
    assert error.count("\n") == 1


@pytest.mark.parametrize(("engine", "hint"), [("cupy", "minitorch[cuda12]"), ("torch", "pip install torch")])
def test_an_engine_that_is_not_installed_says_what_to_install(engine: str, hint: str, tmp_path: Path) -> None:
    write(tmp_path / "script.py", "print('ran')")
    start = f"""if True:
        import importlib.util, sys
        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *package: None if name == "torch" else find(name, *package)
        sys.modules["cupy"] = None
        from minitorch.cli import main
        sys.exit(main(["run", "--engine", "{engine}", "script.py"]))
        """
    code, out, error = run("-c", start, cwd=tmp_path, program=())
    assert (code, out) == (2, "")
    assert error.startswith(f"minitorch: error: engine {engine}: ")
    assert hint in error
    assert error.count("\n") == 1


# --- torch is minitorch --------------------------------------------------------------------------------------------


def script_output(tmp_path: Path, source: str, *args: str) -> str:
    script = write(tmp_path / "script.py", source)
    code, out, error = run(script.name, *args, cwd=tmp_path)
    assert (code, error) == (0, "")
    return out


def test_every_way_to_import_gives_minitorchs_own_module(tmp_path: Path) -> None:
    out = script_output(
        tmp_path,
        """
        import torch
        import torch.nn as nn
        import torch.nn.functional as F
        import torch.optim as optim
        from torch import optim as optim_too
        from torch.utils.data import DataLoader, Dataset
        from torch.autograd import Variable
        from torch.nn.modules.linear import Linear
        from torch.nn.modules import ReLU
        from torch.nn.parameter import Parameter
        from torch.optim.sgd import SGD
        from torch.cuda.amp.grad_scaler import GradScaler
        from torch.cpu.amp.autocast_mode import autocast
        from torch.utils.data._utils.collate import default_collate
        import torch.utils.data._utils.worker, torch.distributed, torch.types, torch.nn.common_types
        import torch.utils.data as data
        import minitorch
        import minitorch.nn.functional
        assert torch is minitorch
        assert nn is torch.nn is minitorch.nn
        assert F is nn.functional is minitorch.nn.functional
        assert optim is optim_too is torch.optim is minitorch.optim
        assert data is torch.utils.data is minitorch.utils.data and data.DataLoader is DataLoader
        assert Linear is nn.Linear is torch.nn.modules.linear.Linear
        assert ReLU is nn.ReLU and Parameter is nn.Parameter and SGD is optim.SGD
        assert GradScaler is torch.cuda.amp.GradScaler and autocast is torch.cpu.amp.autocast
        assert default_collate is data.default_collate is data._utils.collate.default_collate
        print(torch.tensor([1.0, 2.5]) + 1)
        """,
    )
    assert out == "tensor([2.0000, 3.5000])\n"


def test_classes_report_torchs_modules_and_pickle_by_them(tmp_path: Path) -> None:
    out = script_output(
        tmp_path,
        """
        import copy, pickle
        import torch
        from torch import nn
        print(type(torch.zeros(1)), type(nn.Linear(1, 1)), nn.Parameter, torch.optim.SGD, torch.no_grad)
        print(torch.nn.__name__, torch.utils.data.DataLoader, torch.utils.data.Dataset)
        print(torch.Size, torch.device, torch.dtype)
        from torch.utils.hooks import RemovableHandle
        softmax = nn.functional.softmax
        print(softmax.__module__, pickle.loads(pickle.dumps(softmax)) is softmax)
        print(RemovableHandle, type(torch.ones(1).max(0)), type(torch.ones(1, requires_grad=True).exp().grad_fn))
        assert type(pickle.loads(pickle.dumps(torch.ones(1).max(0)))) is torch.return_types.max
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(2, 1)
            def forward(self, x):
                return self.fc(x)
        net = Net()
        text = pickle.dumps(net)
        assert b"torch.nn.modules.linear" in text and b"minitorch.nn" not in text
        again = pickle.loads(text)
        assert type(again) is Net and torch.equal(again.fc.weight, net.fc.weight)
        assert type(copy.deepcopy(net).fc) is nn.Linear
        """,
    )
    assert out == (
        "<class 'torch.Tensor'> <class 'torch.nn.modules.linear.Linear'> <class 'torch.nn.parameter.Parameter'> "
        "<class 'torch.optim.sgd.SGD'> <class 'torch.autograd.grad_mode.no_grad'>\n"
        "torch.nn <class 'torch.utils.data.dataloader.DataLoader'> <class 'torch.utils.data.dataset.Dataset'>\n"
        "<class 'torch.Size'> <class 'torch.device'> <class 'torch.dtype'>\n"
        "torch.nn.functional True\n"
        "<class 'torch.utils.hooks.RemovableHandle'> <class 'torch.return_types.max'> <class 'ExpBackward0'>\n"
    )


def test_modules_of_the_scripts_own_folder_see_it_too(tmp_path: Path) -> None:
    write(
        tmp_path / "model.py", "import torch, minitorch\nassert torch is minitorch\nclass Net(torch.nn.Module): pass\n"
    )
    assert script_output(tmp_path, "import model; print(model.Net())") == "Net()\n"


CHILDREN = """
    import multiprocessing
    import sys
    import torch
    from model import Net

    class Point:
        def __init__(self, x):
            self.x = x

    def work(queue, point):
        import minitorch
        assert torch is minitorch
        queue.put((__name__, sys.argv, type(point.x).__module__, float(point.x.sum()), Point.__module__, str(Net())))

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        queue = context.Queue()
        process = context.Process(target=work, args=(queue, Point(torch.ones(3))))
        process.start()
        print(queue.get(timeout=60))
        process.join()
        print(process.exitcode)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("folder", ["elsewhere", "checkout"])
def test_child_processes_see_it_too(method: str, folder: str, tmp_path: Path) -> None:
    write(tmp_path / "model.py", "import torch\nclass Net(torch.nn.Module): pass\n")
    script = write(tmp_path / "script.py", CHILDREN)
    if folder == "checkout":  # minitorch is found in the working directory only, which no child has on its path
        start = (
            "import os, sys; os.environ.pop('PYTHONPATH'); from minitorch.cli import main; sys.exit(main(sys.argv[1:]))"
        )
        code, out, error = run("-c", start, "run", str(script), method, cwd=ROOT, program=())
    else:
        code, out, error = run(str(script), method, cwd=tmp_path)
    main = "__main__" if method == "fork" else "__mp_main__"
    assert (code, error) == (0, "")
    assert out == f"{(main, [str(script), method], 'torch', 3.0, main, 'Net()')}\n0\n"


def test_a_pool_of_spawned_workers_and_their_errors(tmp_path: Path) -> None:
    out = script_output(
        tmp_path,
        """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        import torch

        def square(x):
            if x is None:
                raise ValueError("no number")
            return (torch.tensor(x) ** 2).item()

        if __name__ == "__main__":
            with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
                print(list(pool.map(square, [1.0, 2.0, 3.0])))
                try:
                    pool.submit(square, None).result()
                except ValueError as error:
                    print(error)
        """,
    )
    assert out == "[1.0, 4.0, 9.0]\nno number\n"


def test_an_installed_torch_is_never_imported(tmp_path: Path) -> None:
    out = script_output(
        tmp_path,
        """
        import sys
        import torch, torch.nn, torch.optim
        for name in ("fft", "tensor", "backend", "ops.arithmetic", "nn.linear_", "_C._nothing"):
            try:
                __import__(f"torch.{name}")
            except ModuleNotFoundError as error:
                assert error.name.startswith("torch."), error.name
            else:
                print("found", name)
        files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
        print([file for file in files if "site-packages/torch/" in file])
        """,
    )
    assert out == "[]\n"


def test_engine_torch_runs_the_installed_torch(tmp_path: Path) -> None:
    write(
        tmp_path / "script.py", "import sys, torch; print(sys.argv, torch.__file__, torch.nn.Linear)\ntorch.nn.Linearr"
    )
    assert run("--engine", "torch", "script.py", "a", cwd=tmp_path) == run("script.py", "a", cwd=tmp_path, program=())


# --- names that minitorch lacks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("torch.lobpcg", "torch.lobpcg is in torch, but not in minitorch (yet)"),
        ("torch.nn.UninitializedBuffer()", "torch.nn.UninitializedBuffer is in torch, but not in minitorch (yet)"),
        ("torch.nn.Linearr(1, 2)", "torch.nn.Linearr is neither in torch nor in minitorch; near it: torch.nn.Linear"),
        ("torch.LeakyReLU", "torch.LeakyReLU is neither in torch nor in minitorch; near it: torch.nn.LeakyReLU"),
        ("torch._nothing", "torch._nothing is not in minitorch"),
        (
            "from torch.nn import UninitializedBuffer",
            "torch.nn.UninitializedBuffer is in torch, but not in minitorch (yet)",
        ),
        ("from torch import nothing", "torch.nothing is neither in torch nor in minitorch"),
        ("from torch.optim.sgd import Sgd", "torch.optim.sgd.Sgd is not in minitorch"),
        ("import torch.fft", "torch.fft is in torch, but not in minitorch (yet)"),
        ("import torch.tensor", "torch.tensor is neither in torch nor in minitorch"),
        (
            "from torch.utils.bundled_inputs import augment",
            "torch.utils.bundled_inputs is in torch, but not in minitorch (yet)",
        ),
        ("import torch.distributed.rpc", "torch.distributed.rpc is not in minitorch"),
        ("import torch.nothing.more", "torch.nothing is neither in torch nor in minitorch"),
        (
            "torch.ones(2).unsqeeze(0)",
            "torch.Tensor.unsqeeze is neither in torch nor in minitorch; near it: torch.Tensor.uns",
        ),
        ("torch.ones(2).to_mkldnn()", "torch.Tensor.to_mkldnn is in torch, but not in minitorch (yet)"),
        ("torch.Tensor.to_mkldnn", "torch.Tensor.to_mkldnn is in torch, but not in minitorch (yet)"),
        (
            "torch.nn.Linear(1, 1).T_destination",
            "torch.nn.Module.T_destination is in torch, but not in minitorch (yet)",
        ),
    ],
)
def test_a_missing_name_takes_one_line(line: str, message: str, tmp_path: Path) -> None:
    write(tmp_path / "lib.py", f"import torch\ndef go():\n    {line}\n")
    write(tmp_path / "script.py", "import lib\nprint('started')\nlib.go()\n")
    code, out, error = run("script.py", cwd=tmp_path)
    assert (code, out) == (1, "started\n")
    assert error.startswith(f"minitorch: error: lib.py:3: {message}")
    assert error.count("\n") == 1


def test_probing_for_a_name_works_as_ever(tmp_path: Path) -> None:
    out = script_output(
        tmp_path,
        """
        import torch
        print(hasattr(torch, "lobpcg"), getattr(torch, "lobpcg", 5), hasattr(torch.ones(1), "to_mkldnn"))
        try:
            from torch.nn import UninitializedBuffer
        except ImportError as error:
            print(type(error), str(error).partition(" (")[0])
        try:
            import torch.fft
        except ImportError as error:
            print(repr(error))
        try:
            torch.lobpcg
        except AttributeError as error:
            print(repr(error))
        """,
    )
    assert out.splitlines() == [
        "False 5 False",
        "<class 'ImportError'> cannot import name 'UninitializedBuffer' from 'torch.nn'",
        "ModuleNotFoundError(\"No module named 'torch.fft'\")",
        "AttributeError(\"module 'torch' has no attribute 'lobpcg'\")",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import torch\nclass Net(torch.nn.Module): pass\nNet().fc9",
        "import torch\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    torch.lobpcg",
        "import sys, torch\nhook = sys.excepthook\nsys.excepthook = lambda *error: hook(*error)\ntorch.lobpcg",
    ],
    ids=[
        "an attribute of the script's own module",
        "while another error is handled",
        "under the script's own excepthook",
    ],
)
def test_the_whole_traceback_where_the_line_would_hide_something(source: str, tmp_path: Path) -> None:
    write(tmp_path / "script.py", source)
    code, _, error = run("script.py", cwd=tmp_path)
    assert code == 1
    assert error.startswith("Traceback (most recent call last):\n")
    assert "AttributeError: " in error.splitlines()[-1]
    assert "runner.py" not in error


# --- torchvision ---------------------------------------------------------------------------------------------------

VISION = """
    import sys
    import torch, torchvision
    import torchvision.transforms as T
    from torchvision import transforms
    from torchvision.transforms import functional, Normalize
    from torchvision.transforms.transforms import Normalize as same
    from concurrent.futures import ProcessPoolExecutor
    import multiprocessing

    def pixels(start):
        image = torch.arange(start, start + 4.0).reshape(1, 2, 2)
        return Normalize((0.5,), (2.0,))(image)

    if __name__ == "__main__":
        print(T is transforms is torchvision.transforms, same is Normalize, torchvision.__name__)
        print(isinstance(pixels(1.0), torch.Tensor), pixels(1.0).tolist(), "minitorch.vision" in sys.modules)
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            print([image.tolist() for image in pool.map(pixels, [1.0, 2.0])])
"""


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_torchvision_is_minitorchs_on_either_engine(engine: str, tmp_path: Path) -> None:
    script = write(tmp_path / "script.py", VISION)
    code, out, error = run("--engine", engine, str(script), cwd=tmp_path)
    assert (code, error) == (0, "")
    one, two = [[[0.25, 0.75], [1.25, 1.75]]], [[[0.75, 1.25], [1.75, 2.25]]]
    assert out.splitlines() == [
        "True True torchvision",
        f"True {one} {engine == 'numpy'}",
        f"[{one}, {two}]",
    ]


def test_an_installed_torchvision_is_what_the_torch_engine_runs(tmp_path: Path) -> None:
    write(tmp_path / "torchvision.py", "here = __file__\n")
    script = write(tmp_path / "script.py", "import torch, torchvision; print(torchvision.here)")
    code, out, error = run("--engine", "torch", str(script), cwd=tmp_path)
    assert (code, out, error) == (0, f"{tmp_path / 'torchvision.py'}\n", "")
