"""minitorch: PyTorch's API over NumPy and CuPy, built from scratch to show how backprop works. The public list; no code."""

import minitorch.ops._lifted
import minitorch.ops._methods

# tensor, dtypes, devices
from minitorch.devices import device as device
from minitorch.devices import get_default_device as get_default_device
from minitorch.devices import set_default_device as set_default_device
from minitorch.dtypes import can_cast as can_cast
from minitorch.dtypes import bool_ as bool
from minitorch.dtypes import double as double
from minitorch.dtypes import dtype as dtype
from minitorch.dtypes import finfo as finfo
from minitorch.dtypes import float16 as float16
from minitorch.dtypes import float32 as float32
from minitorch.dtypes import float32 as float
from minitorch.dtypes import float64 as float64
from minitorch.dtypes import bfloat16 as bfloat16
from minitorch.dtypes import complex64 as complex64
from minitorch.dtypes import complex128 as complex128
from minitorch.dtypes import get_default_dtype as get_default_dtype
from minitorch.dtypes import half as half
from minitorch.dtypes import iinfo as iinfo
from minitorch.dtypes import int8 as int8
from minitorch.dtypes import int16 as int16
from minitorch.dtypes import int32 as int32
from minitorch.dtypes import int32 as int
from minitorch.dtypes import int64 as int64
from minitorch.dtypes import long as long
from minitorch.dtypes import promote_types as promote_types
from minitorch.dtypes import set_default_dtype as set_default_dtype
from minitorch.dtypes import short as short
from minitorch.dtypes import uint8 as uint8
from minitorch.dtypes import uint16 as uint16
from minitorch.dtypes import uint32 as uint32
from minitorch.dtypes import uint64 as uint64
from minitorch.printing import set_printoptions as set_printoptions
from minitorch.sizes import Size as Size
from minitorch.tensor import Tensor as Tensor

# autograd
from minitorch.autograd.modes import enable_grad as enable_grad
from minitorch.autograd.modes import inference_mode as inference_mode
from minitorch.autograd.modes import is_grad_enabled as is_grad_enabled
from minitorch.autograd.modes import is_inference_mode_enabled as is_inference_mode_enabled
from minitorch.autograd.modes import no_grad as no_grad
from minitorch.autograd.modes import set_grad_enabled as set_grad_enabled

# elementwise
from minitorch.ops.elementwise import add as add
from minitorch.ops.elementwise import clone as clone
from minitorch.ops.elementwise import eq as eq
from minitorch.ops.elementwise import exp as exp
from minitorch.ops.elementwise import gt as gt
from minitorch.ops.elementwise import log as log
from minitorch.ops.elementwise import mul as mul
from minitorch.ops.elementwise import neg as neg
from minitorch.ops.elementwise import sub as sub
from minitorch.ops.elementwise import tanh as tanh

# activation

# reduction
from minitorch.ops.reduction import sum as sum

# sorting

# shape

# indexing

# linalg
from minitorch.ops.linalg import addbmm as addbmm
from minitorch.ops.linalg import addmm as addmm
from minitorch.ops.linalg import addmv as addmv
from minitorch.ops.linalg import addr as addr
from minitorch.ops.linalg import baddbmm as baddbmm
from minitorch.ops.linalg import bmm as bmm
from minitorch.ops.linalg import chain_matmul as chain_matmul
from minitorch.ops.linalg import cross as cross
from minitorch.ops.linalg import dot as dot
from minitorch.ops.linalg import einsum as einsum
from minitorch.ops.linalg import inner as inner
from minitorch.ops.linalg import kron as kron
from minitorch.ops.linalg import matmul as matmul
from minitorch.ops.linalg import matrix_power as matrix_power
from minitorch.ops.linalg import mm as mm
from minitorch.ops.linalg import mv as mv
from minitorch.ops.linalg import outer as outer
from minitorch.ops.linalg import tensordot as tensordot
from minitorch.ops.linalg import trace as trace
from minitorch.ops.linalg import vdot as vdot
from minitorch.ops.linalg import outer as ger

# creation and conversion

# random

# nn, optim, utils and the other packages
