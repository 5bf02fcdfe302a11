"""Work in threads: the same numbers whatever their number, errors that arrive, forks, and BLAS left as it was."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch import blas, parallel
from minitorch.nn import functional as F
from minitorch.settings import set_num_threads


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Two threads, as nowhere else in the tests; then as it was."""
    before, products = minitorch.get_num_threads(), blas.get_threads()
    set_num_threads(2)
    yield
    set_num_threads(before)
    blas.set_threads(products)


def random(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype("f")


def test_results_come_in_the_order_of_the_items_from_several_threads() -> None:
    seen = set()

    def square(k: int) -> int:
        seen.add(threading.get_ident())
        time.sleep(0.002)
        return k * k

    assert parallel.each(square, range(20)) == [k * k for k in range(20)]
    assert len(seen) == 2 and threading.get_ident() in seen
    set_num_threads(1)
    seen.clear()
    assert parallel.each(square, range(3)) == [0, 1, 4] and seen == {threading.get_ident()}
    assert parallel.each(square, []) == []


def test_as_many_threads_at_a_time_as_were_asked_for() -> None:
    set_num_threads(3)
    together = threading.Barrier(3, timeout=20)
    assert parallel.each(lambda k: together.wait() >= 0, range(3)) == [True] * 3


def test_a_part_of_a_part_is_not_split_again() -> None:
    def outer(k: int) -> bool:
        own = threading.get_ident()
        return all(parallel.each(lambda _: threading.get_ident() == own, range(4)))

    assert all(parallel.each(outer, range(8)))


@pytest.mark.parametrize("bad", [0, 5, 19])
def test_an_error_arrives_when_all_threads_are_done(bad: int) -> None:
    running = []

    def work(k: int) -> None:
        running.append(k)
        time.sleep(0.001)
        running.remove(k)
        if k == bad:
            raise KeyError(k)

    with pytest.raises(KeyError, match=str(bad)):
        parallel.each(work, range(20))
    assert not running
    assert parallel.each(lambda k: k, range(4)) == [0, 1, 2, 3]


def test_products_take_one_thread_within_and_as_many_as_before_after() -> None:
    if blas._set is None:
        pytest.skip("NumPy's products are not those of OpenBLAS here")
    assert blas.get_threads() == 2
    assert set(parallel.each(lambda _: blas.get_threads(), range(8))) == {1}
    assert blas.get_threads() == 2
    with pytest.raises(ZeroDivisionError):
        parallel.each(lambda k: 1 // k, range(4))
    assert blas.get_threads() == 2
    minitorch.set_num_threads(1)
    assert blas.get_threads() == 1


def test_several_threads_of_the_user_may_call_at_the_same_time() -> None:
    found: dict[int, list[int]] = {}

    def call(k: int) -> None:
        found[k] = parallel.each(lambda item: item + k, range(50))

    callers = [threading.Thread(target=call, args=(k,)) for k in range(4)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    assert found == {k: list(range(k, 50 + k)) for k in range(4)}
    assert blas.get_threads() in (1 if blas._set is None else 2,)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_process_starts_threads_of_its_own() -> None:
    parallel.each(lambda k: k, range(4))
    child = os.fork()
    if not child:
        os._exit(0 if parallel.each(lambda k: k * k, range(4)) == [0, 1, 4, 9] else 1)
    end = time.monotonic() + 20
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        assert time.monotonic() < end, "the forked process hangs"
        time.sleep(0.01)
    assert status == 0


def test_elementwise_is_split_where_it_pays_and_never_otherwise() -> None:
    sizes: list[int] = []

    def double(array: Any, out: Any) -> None:
        sizes.append(array.size)
        np.multiply(array, 2, out=out)

    for shape, several in (((100,), False), ((3, 2**18), True), ((2**18, 5), True), ((), False)):
        x, sizes[:] = random(*shape), []
        out = np.empty_like(x)
        parallel.elementwise(double, x, out)
        assert np.array_equal(out, 2 * x) and sum(sizes) == x.size
        assert (len(sizes) > 1) is several
    x, sizes[:] = random(1024, 1024).T, []
    out = np.empty(x.shape, x.dtype)
    parallel.elementwise(double, x, out)
    assert np.array_equal(out, 2 * x) and len(sizes) == 1, "what does not lie in a row is not split"


def test_parts_for_several_threads_are_larger() -> None:
    sizes: list[int] = []
    x, out = np.zeros((2, 2**19), np.float32)
    for passes in (1, 16):
        sizes.append(0)
        parallel.elementwise(lambda part, _: sizes.__setitem__(-1, max(sizes[-1], part.size)), x, out, passes=passes)
    assert sizes[0] < sizes[1] < x.size


def test_scratch_is_used_again_by_the_same_thread_only() -> None:
    dtype = np.dtype("f")
    first = parallel.scratch(np, "test", (4, 5), dtype)
    assert first.shape == (4, 5) and first.dtype == dtype
    assert np.shares_memory(first, parallel.scratch(np, "test", (3, 2), np.dtype("d")))
    assert not np.shares_memory(first, parallel.scratch(np, "other", (4, 5), dtype))
    others: list[Any] = []
    thread = threading.Thread(target=lambda: others.append(parallel.scratch(np, "test", (4, 5), dtype)))
    thread.start()
    thread.join()
    assert not np.shares_memory(first, others[0])
    large = parallel.scratch(np, "test", (parallel.SCRATCH,), dtype)
    assert large.nbytes > parallel.SCRATCH
    assert not np.shares_memory(large, parallel.scratch(np, "test", (4,), dtype)), "too much to be kept"


def step(number: int) -> list[Any]:
    """The gradients of a net with large layers of many kinds, and the weights after steps, with so many threads."""
    set_num_threads(number)
    blas.set_threads(1)  # products of several threads are added up in another order
    minitorch.manual_seed(0)
    nn = minitorch.nn
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 2, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(392, 800),
    )  # fmt: skip
    lstm, gru = nn.LSTM(40, 80), nn.GRU(80, 80)
    x = minitorch.tensor(random(128, 3, 32, 32), requires_grad=True)
    target = minitorch.tensor(np.arange(128) % 800)
    params = [*model.parameters(), *lstm.parameters(), *gru.parameters()]
    results: list[Any] = []
    for kind in (minitorch.optim.SGD, minitorch.optim.Adam):
        optimizer = kind(params, lr=0.01, **({"momentum": 0.9} if kind is minitorch.optim.SGD else {}))
        for _ in range(2):
            out = gru(lstm(minitorch.tensor(random(20, 64, 40)))[0])[0]
            loss = F.cross_entropy(model(x), target) + out.square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            results.append(loss.item())
    return [*results, x.grad.numpy(), *[each.detach().numpy() for each in params]]


def test_training_gives_the_same_numbers_with_any_number_of_threads() -> None:
    alone = step(1)
    for number in (2, 3, 2):
        for mine, other in zip(alone, step(number), strict=True):
            assert np.array_equal(mine, other)


def test_the_gradients_of_a_convolution_are_taken_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight, bias = (
        minitorch.tensor(random(*shape), requires_grad=True) for shape in ((64, 8, 16, 16), (16, 8, 3, 3), (16,))
    )
    out = F.conv2d(x, weight, bias)
    waiting = threading.Barrier(2, timeout=20)
    original = parallel.each

    def each(function: Any, items: Any, nbytes: float) -> Any:
        if len(items) < 3:
            return original(function, items, nbytes)

        def meeting(item: Any) -> Any:
            if item is not items[2]:
                waiting.wait()  # passes when another rule is under way, too
            return function(item)

        return original(meeting, items, nbytes)

    monkeypatch.setattr(parallel, "each", each)
    gradient = minitorch.tensor(random(*out.shape))
    own = minitorch.autograd.grad(out, (x, weight, bias), gradient, retain_graph=True)
    out.backward(gradient)
    for leaf, g in zip((x, weight, bias), own, strict=True):
        assert np.array_equal(leaf.grad.numpy(), g.numpy())


@pytest.mark.skipif(
    blas._function("openblas_read_env", "none") is None or os.cpu_count() == 1,
    reason="NumPy's products are not OpenBLAS's, or there is one processor",
)
def test_threads_of_blas_sleep_soon_after_a_product() -> None:
    script = """
        import os, threading, time
        import numpy as np
        if {imported}:
            import minitorch
        def busy(seconds):
            before = time.process_time()
            time.sleep(seconds)
            return (time.process_time() - before) / seconds
        x = np.ones((600, 600), np.float32)
        shares = []
        for _ in range(9):
            x @ x
            shares.append(busy(0.02))
        print(sorted(shares)[4])
    """
    shares = []
    for imported in (True, False):
        text = textwrap.dedent(script).format(imported=imported)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS", "OMP_"))}
        run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, env=environment)
        shares.append(float(run.stdout))
    assert shares[0] < 0.5 * shares[1]
