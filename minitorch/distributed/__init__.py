"""torch.distributed: not here, and it says so. minitorch computes in one process.

What asks whether there is a process group is answered; what needs one raises NotSupportedError when it is called.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Callable
from typing import Any, NoReturn

from minitorch.errors import NotSupportedError


def is_available() -> bool:
    """Always False, as in a torch that was built without this package."""
    return False


def is_initialized() -> bool:
    """Always False."""
    return False


is_mpi_available = is_nccl_available = is_gloo_available = is_ucc_available = is_xccl_available = is_available


def is_backend_available(backend: str) -> bool:
    """Always False."""
    return False


def is_torchelastic_launched() -> bool:
    """Whether torchrun started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """The number in the environment's LOCAL_RANK, else `fallback_rank`; raises RuntimeError where there is neither."""
    given = os.environ.get("LOCAL_RANK", fallback_rank)
    if given is None:
        raise RuntimeError("LOCAL_RANK is not in the environment; pass fallback_rank to run in one process")
    return int(given)


def _no_group() -> ValueError:
    return ValueError("Default process group has not been initialized: minitorch computes in one process")


def get_rank(group: Any = None) -> int:
    """Raises ValueError, as torch does without a process group; `is_initialized()` tells beforehand."""
    raise _no_group()


def get_world_size(group: Any = None) -> int:
    """Raises ValueError, as torch does without a process group; `is_initialized()` tells beforehand."""
    raise _no_group()


def get_backend(group: Any = None) -> str:
    """Raises ValueError, as torch does without a process group; `is_initialized()` tells beforehand."""
    raise _no_group()


class ReduceOp(enum.Enum):
    """How torch.distributed would combine what the processes hold."""

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR, PREMUL_SUM = range(9)


class GroupMember:
    """Where torch keeps the default process group: there is none."""

    WORLD = None
    NON_GROUP_MEMBER = -100


class group:
    """Where torch keeps the default process group: there is none."""

    WORLD = None


class DistError(RuntimeError):
    """The base of torch.distributed's errors; never raised here."""


class DistBackendError(DistError):
    """An error of a backend; never raised here."""


class DistNetworkError(DistError):
    """An error of the network; never raised here."""


class DistStoreError(DistError):
    """An error of a store; never raised here."""


def refuse(name: str) -> NoReturn:
    """Raises NotSupportedError for the full name of something that takes several processes."""
    raise NotSupportedError(
        f"{name}: minitorch computes in one process; leave it out where torch.distributed.is_available() is False"
    )


def _missing_function(name: str) -> Callable[..., NoReturn]:
    def function(*args: Any, **kwargs: Any) -> NoReturn:
        refuse(f"torch.distributed.{name}")

    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__doc__ = "Raises NotSupportedError: minitorch computes in one process."
    return function


class _Missing:
    """For annotations; making one raises NotSupportedError: minitorch computes in one process."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse(f"torch.distributed.{type(self).__name__}")


_FUNCTIONS = """
    all_gather all_gather_coalesced all_gather_into_tensor all_gather_object all_gather_single all_reduce
    all_reduce_coalesced all_to_all all_to_all_single barrier batch_isend_irecv breakpoint broadcast
    broadcast_object_list destroy_process_group gather gather_object get_backend_config get_debug_level
    get_default_backend_for_device get_global_rank get_group_rank get_pg_count get_process_group_ranks init_device_mesh
    init_process_group irecv isend monitored_barrier new_group new_subgroups new_subgroups_by_enumeration record_comm
    recv recv_object_list reduce reduce_scatter reduce_scatter_single reduce_scatter_tensor
    register_rendezvous_handler rendezvous scatter scatter_object_list send send_object_list set_debug_level
    set_debug_level_from_env shrink_group split_group supports_complex
""".split()
_CLASSES = """
    Backend BackendConfig DeviceMesh FileStore GradBucket HashStore P2POp PrefixStore ProcessGroup ProcessGroupGloo
    Store TCPStore Work
""".split()

globals().update({name: _missing_function(name) for name in _FUNCTIONS})
globals().update(
    {name: type(name, (_Missing,), {"__module__": __name__, "__doc__": _Missing.__doc__}) for name in _CLASSES}
)
