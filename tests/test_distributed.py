"""torch.distributed says that it is not here, and the sampler of several processes' shares works without it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.distributed

import minitorch
from minitorch import coverage
from minitorch.errors import NotSupportedError
from tests.same import check_same, check_same_error

# What torch has for a backend's own options and hooks: no script of one process names it.
INNER = {"BuiltinCommHookType", "DebugLevel", "GroupName", "Logger", "QueueEmptyError", "Reducer"}


def test_nothing_is_available() -> None:
    dist = minitorch.distributed
    asked = ["available", "initialized", "mpi_available", "nccl_available", "gloo_available", "ucc_available"]
    assert not any(getattr(dist, f"is_{name}")() for name in asked)
    assert not dist.is_backend_available("gloo")
    assert dist.group.WORLD is None and dist.GroupMember.WORLD is None


@pytest.mark.parametrize("name", ["get_rank", "get_world_size", "get_backend"])
def test_questions_to_a_group_are_refused_as_without_one(name: str) -> None:
    check_same_error(f"torch.distributed.{name}()", "Default process group has not been initialized")


def test_what_torchrun_says_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    check_same("torch.distributed.is_torchelastic_launched()")
    check_same("torch.distributed.get_node_local_rank(3), torch.distributed.get_node_local_rank(fallback_rank=0)")
    check_same_error("torch.distributed.get_node_local_rank()", "LOCAL_RANK is not in the environment")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    check_same("torch.distributed.get_node_local_rank(), torch.distributed.is_torchelastic_launched()")


def test_every_other_name_is_there_and_refuses() -> None:
    listed = {name for name in coverage.sections()["torch.distributed"] if not name.endswith("Options")} - INNER
    dist = minitorch.distributed
    assert [name for name in sorted(listed) if not hasattr(dist, name)] == []
    for name in ("init_process_group", "all_reduce", "barrier", "destroy_process_group", "ProcessGroup", "TCPStore"):
        assert isinstance(getattr(dist, name), type) == isinstance(getattr(torch.distributed, name), type)
        with pytest.raises(NotSupportedError, match=rf"torch\.distributed\.{name}: minitorch computes in one process"):
            getattr(dist, name)(minitorch.ones(1), backend="gloo")
    assert issubclass(dist.DistBackendError, dist.DistError) and issubclass(dist.DistError, RuntimeError)


def test_reductions_have_torchs_names() -> None:
    for operation in minitorch.distributed.ReduceOp:
        assert int(getattr(torch.distributed.ReduceOp, operation.name)) == operation.value


def test_data_parallel_over_processes_is_refused() -> None:
    wrapper = minitorch.nn.parallel.DistributedDataParallel
    with pytest.raises(NotSupportedError, match=r"torch\.nn\.parallel\.DistributedDataParallel: minitorch computes in"):
        wrapper(minitorch.nn.Linear(1, 1), device_ids=[0])
    assert not isinstance(minitorch.nn.Linear(1, 1), wrapper) and issubclass(wrapper, minitorch.nn.Module)


# --- the sampler -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("count", "replicas"), [(10, 3), (9, 3), (1, 4), (2, 5), (7, 1), (0, 2), (3, 3)])
def test_shares_are_torchs(count: int, replicas: int, shuffle: bool, drop_last: bool) -> None:
    check_same(
        "[(len(s), s.num_samples, s.total_size, list(s), s.set_epoch(4), list(s)) for s in shares]",
        f"""shares = [
            torch.utils.data.DistributedSampler(range({count}), {replicas}, k, {shuffle}, 7, {drop_last})
            for k in range({replicas})
        ]""",
    )


def test_a_loader_takes_its_share_and_draws_nothing_of_the_global_stream() -> None:
    check_same(
        "[b.tolist() for b in torch.utils.data.DataLoader(range(10), 2, sampler=sampler)], torch.rand(1)",
        "torch.manual_seed(0); sampler = torch.utils.data.distributed.DistributedSampler(range(10), 2, 1)",
    )


@pytest.mark.parametrize("given", ["num_replicas=2", "rank=0", ""])
def test_a_share_has_to_be_named_where_there_is_no_group(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.distributed, "is_available", lambda: False)
    check_same_error(
        f"torch.utils.data.DistributedSampler(range(5), {given})", "Requires distributed package to be available"
    )


@pytest.mark.parametrize("rank", [2, -1])
def test_a_share_that_there_is_not(rank: int) -> None:
    check_same_error(
        f"torch.utils.data.DistributedSampler(range(5), 2, {rank})",
        f"Invalid rank {rank}, rank should be in the interval [0, 1]",
    )


def test_a_sampler_takes_a_type() -> None:
    sampler: Any = minitorch.utils.data.DistributedSampler[int](range(4), num_replicas=2, rank=0, shuffle=False)
    assert list(sampler) == [0, 2]
