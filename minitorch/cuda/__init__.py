"""torch.cuda: the GPU, through CuPy. `is_available()` is False without CuPy or a device. The public list; no code.

Differs from torch: CuPy computes on the current GPU, so that tensors of another one need `with torch.cuda.device(1):`.
"""

# devices
# mixed precision
from minitorch.cuda import amp as amp
from minitorch.cuda.devices import can_device_access_peer as can_device_access_peer
from minitorch.cuda.devices import current_device as current_device
from minitorch.cuda.devices import device as device
from minitorch.cuda.devices import device_count as device_count
from minitorch.cuda.devices import device_of as device_of
from minitorch.cuda.devices import get_arch_list as get_arch_list
from minitorch.cuda.devices import get_device_capability as get_device_capability
from minitorch.cuda.devices import get_device_name as get_device_name
from minitorch.cuda.devices import get_device_properties as get_device_properties
from minitorch.cuda.devices import init as init
from minitorch.cuda.devices import is_available as is_available
from minitorch.cuda.devices import is_bf16_supported as is_bf16_supported
from minitorch.cuda.devices import is_initialized as is_initialized
from minitorch.cuda.devices import is_tf32_supported as is_tf32_supported
from minitorch.cuda.devices import set_device as set_device
from minitorch.cuda.devices import synchronize as synchronize

# memory
from minitorch.cuda.memory import empty_cache as empty_cache
from minitorch.cuda.memory import ipc_collect as ipc_collect
from minitorch.cuda.memory import max_memory_allocated as max_memory_allocated
from minitorch.cuda.memory import max_memory_cached as max_memory_cached
from minitorch.cuda.memory import max_memory_reserved as max_memory_reserved
from minitorch.cuda.memory import mem_get_info as mem_get_info
from minitorch.cuda.memory import memory_allocated as memory_allocated
from minitorch.cuda.memory import memory_cached as memory_cached
from minitorch.cuda.memory import memory_reserved as memory_reserved
from minitorch.cuda.memory import memory_stats as memory_stats
from minitorch.cuda.memory import memory_summary as memory_summary
from minitorch.cuda.memory import reset_accumulated_memory_stats as reset_accumulated_memory_stats
from minitorch.cuda.memory import reset_max_memory_allocated as reset_max_memory_allocated
from minitorch.cuda.memory import reset_max_memory_cached as reset_max_memory_cached
from minitorch.cuda.memory import reset_peak_memory_stats as reset_peak_memory_stats
from minitorch.cuda.memory import set_per_process_memory_fraction as set_per_process_memory_fraction

# random
from minitorch.cuda.random import get_rng_state as get_rng_state
from minitorch.cuda.random import get_rng_state_all as get_rng_state_all
from minitorch.cuda.random import initial_seed as initial_seed
from minitorch.cuda.random import manual_seed as manual_seed
from minitorch.cuda.random import manual_seed_all as manual_seed_all
from minitorch.cuda.random import seed as seed
from minitorch.cuda.random import seed_all as seed_all
from minitorch.cuda.random import set_rng_state as set_rng_state
from minitorch.cuda.random import set_rng_state_all as set_rng_state_all

# streams
from minitorch.cuda.streams import Event as Event
from minitorch.cuda.streams import Stream as Stream
from minitorch.cuda.streams import StreamContext as StreamContext
from minitorch.cuda.streams import current_stream as current_stream
from minitorch.cuda.streams import default_stream as default_stream
from minitorch.cuda.streams import set_stream as set_stream
from minitorch.cuda.streams import stream as stream

# errors
from minitorch.errors import OutOfMemoryError as OutOfMemoryError

# the old tensor types
from minitorch.ops.conversion import CUDA_TYPES as _CUDA_TYPES

globals().update(_CUDA_TYPES)
