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
from minitorch.ops.elementwise import abs as abs
from minitorch.ops.elementwise import add as add
from minitorch.ops.elementwise import clamp as clamp
from minitorch.ops.elementwise import clamp_max as clamp_max
from minitorch.ops.elementwise import clamp_min as clamp_min
from minitorch.ops.elementwise import clamp as clip
from minitorch.ops.elementwise import clone as clone
from minitorch.ops.elementwise import div as div
from minitorch.ops.elementwise import eq as eq
from minitorch.ops.elementwise import exp as exp
from minitorch.ops.elementwise import fill as fill
from minitorch.ops.elementwise import floor_divide as floor_divide
from minitorch.ops.elementwise import fmod as fmod
from minitorch.ops.elementwise import ge as ge
from minitorch.ops.elementwise import gt as gt
from minitorch.ops.elementwise import le as le
from minitorch.ops.elementwise import log as log
from minitorch.ops.elementwise import lt as lt
from minitorch.ops.elementwise import maximum as maximum
from minitorch.ops.elementwise import minimum as minimum
from minitorch.ops.elementwise import mul as mul
from minitorch.ops.elementwise import ne as ne
from minitorch.ops.elementwise import neg as neg
from minitorch.ops.elementwise import positive as positive
from minitorch.ops.elementwise import pow as pow
from minitorch.ops.elementwise import reciprocal as reciprocal
from minitorch.ops.elementwise import remainder as remainder
from minitorch.ops.elementwise import rsqrt as rsqrt
from minitorch.ops.elementwise import rsub as rsub
from minitorch.ops.elementwise import sigmoid as sigmoid
from minitorch.ops.elementwise import sign as sign
from minitorch.ops.elementwise import sqrt as sqrt
from minitorch.ops.elementwise import square as square
from minitorch.ops.elementwise import sub as sub
from minitorch.ops.elementwise import tanh as tanh
from minitorch.ops.elementwise import true_divide as true_divide
from minitorch.ops.elementwise import where as where

# activation

# reduction
from minitorch.ops.reduction import all as all
from minitorch.ops.reduction import amax as amax
from minitorch.ops.reduction import amin as amin
from minitorch.ops.reduction import any as any
from minitorch.ops.reduction import argmax as argmax
from minitorch.ops.reduction import argmin as argmin
from minitorch.ops.reduction import count_nonzero as count_nonzero
from minitorch.ops.reduction import cumsum as cumsum
from minitorch.ops.reduction import max as max
from minitorch.ops.reduction import mean as mean
from minitorch.ops.reduction import min as min
from minitorch.ops.reduction import norm as norm
from minitorch.ops.reduction import prod as prod
from minitorch.ops.reduction import std as std
from minitorch.ops.reduction import std_mean as std_mean
from minitorch.ops.reduction import sum as sum
from minitorch.ops.reduction import var as var
from minitorch.ops.reduction import var_mean as var_mean

# sorting

# shape
from minitorch.ops.shape import adjoint as adjoint
from minitorch.ops.shape import as_strided as as_strided
from minitorch.ops.shape import atleast_1d as atleast_1d
from minitorch.ops.shape import atleast_2d as atleast_2d
from minitorch.ops.shape import atleast_3d as atleast_3d
from minitorch.ops.shape import block_diag as block_diag
from minitorch.ops.shape import broadcast_shapes as broadcast_shapes
from minitorch.ops.shape import broadcast_tensors as broadcast_tensors
from minitorch.ops.shape import broadcast_to as broadcast_to
from minitorch.ops.shape import cartesian_prod as cartesian_prod
from minitorch.ops.shape import cat as cat
from minitorch.ops.shape import chunk as chunk
from minitorch.ops.shape import column_stack as column_stack
from minitorch.ops.shape import concat as concat
from minitorch.ops.shape import concatenate as concatenate
from minitorch.ops.shape import diag as diag
from minitorch.ops.shape import diag_embed as diag_embed
from minitorch.ops.shape import diagflat as diagflat
from minitorch.ops.shape import diagonal as diagonal
from minitorch.ops.shape import diagonal_scatter as diagonal_scatter
from minitorch.ops.shape import dsplit as dsplit
from minitorch.ops.shape import dstack as dstack
from minitorch.ops.shape import flatten as flatten
from minitorch.ops.shape import flip as flip
from minitorch.ops.shape import fliplr as fliplr
from minitorch.ops.shape import flipud as flipud
from minitorch.ops.shape import hsplit as hsplit
from minitorch.ops.shape import hstack as hstack
from minitorch.ops.shape import is_same_size as is_same_size
from minitorch.ops.shape import meshgrid as meshgrid
from minitorch.ops.shape import moveaxis as moveaxis
from minitorch.ops.shape import movedim as movedim
from minitorch.ops.shape import narrow as narrow
from minitorch.ops.shape import narrow_copy as narrow_copy
from minitorch.ops.shape import numel as numel
from minitorch.ops.shape import permute as permute
from minitorch.ops.shape import ravel as ravel
from minitorch.ops.shape import reshape as reshape
from minitorch.ops.shape import roll as roll
from minitorch.ops.shape import rot90 as rot90
from minitorch.ops.shape import row_stack as row_stack
from minitorch.ops.shape import select as select
from minitorch.ops.shape import select_scatter as select_scatter
from minitorch.ops.shape import slice_scatter as slice_scatter
from minitorch.ops.shape import split as split
from minitorch.ops.shape import split_with_sizes as split_with_sizes
from minitorch.ops.shape import squeeze as squeeze
from minitorch.ops.shape import stack as stack
from minitorch.ops.shape import swapaxes as swapaxes
from minitorch.ops.shape import swapdims as swapdims
from minitorch.ops.shape import t as t
from minitorch.ops.shape import tensor_split as tensor_split
from minitorch.ops.shape import tile as tile
from minitorch.ops.shape import transpose as transpose
from minitorch.ops.shape import tril as tril
from minitorch.ops.shape import triu as triu
from minitorch.ops.shape import unbind as unbind
from minitorch.ops.shape import unflatten as unflatten
from minitorch.ops.shape import unsqueeze as unsqueeze
from minitorch.ops.shape import vsplit as vsplit
from minitorch.ops.shape import vstack as vstack

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
from minitorch.formats import channels_last as channels_last
from minitorch.formats import channels_last_3d as channels_last_3d
from minitorch.formats import contiguous_format as contiguous_format
from minitorch.formats import layout as layout
from minitorch.formats import memory_format as memory_format
from minitorch.formats import preserve_format as preserve_format
from minitorch.formats import sparse_coo as sparse_coo
from minitorch.formats import strided as strided
from minitorch.ops.conversion import BoolTensor as BoolTensor
from minitorch.ops.conversion import ByteTensor as ByteTensor
from minitorch.ops.conversion import CharTensor as CharTensor
from minitorch.ops.conversion import DoubleTensor as DoubleTensor
from minitorch.ops.conversion import FloatTensor as FloatTensor
from minitorch.ops.conversion import HalfTensor as HalfTensor
from minitorch.ops.conversion import IntTensor as IntTensor
from minitorch.ops.conversion import LongTensor as LongTensor
from minitorch.ops.conversion import ShortTensor as ShortTensor
from minitorch.ops.conversion import get_device as get_device
from minitorch.ops.conversion import is_complex as is_complex
from minitorch.ops.conversion import is_conj as is_conj
from minitorch.ops.conversion import is_floating_point as is_floating_point
from minitorch.ops.conversion import is_inference as is_inference
from minitorch.ops.conversion import is_neg as is_neg
from minitorch.ops.conversion import is_nonzero as is_nonzero
from minitorch.ops.conversion import is_signed as is_signed
from minitorch.ops.conversion import is_tensor as is_tensor
from minitorch.ops.conversion import numel as numel
from minitorch.ops.conversion import result_type as result_type
from minitorch.ops.conversion import set_default_tensor_type as set_default_tensor_type
from minitorch.ops.conversion import typename as typename
from minitorch.ops.creation import arange as arange
from minitorch.ops.creation import as_tensor as as_tensor
from minitorch.ops.creation import asarray as asarray
from minitorch.ops.creation import empty as empty
from minitorch.ops.creation import empty_like as empty_like
from minitorch.ops.creation import empty_strided as empty_strided
from minitorch.ops.creation import eye as eye
from minitorch.ops.creation import from_numpy as from_numpy
from minitorch.ops.creation import frombuffer as frombuffer
from minitorch.ops.creation import full as full
from minitorch.ops.creation import full_like as full_like
from minitorch.ops.creation import linspace as linspace
from minitorch.ops.creation import logspace as logspace
from minitorch.ops.creation import ones as ones
from minitorch.ops.creation import ones_like as ones_like
from minitorch.ops.creation import range as range
from minitorch.ops.creation import scalar_tensor as scalar_tensor
from minitorch.ops.creation import tensor as tensor
from minitorch.ops.creation import tril_indices as tril_indices
from minitorch.ops.creation import triu_indices as triu_indices
from minitorch.ops.creation import zeros as zeros
from minitorch.ops.creation import zeros_like as zeros_like

# random
from minitorch import random as random
from minitorch.ops.random import Generator as Generator
from minitorch.ops.random import alpha_dropout as alpha_dropout
from minitorch.ops.random import alpha_dropout_ as alpha_dropout_
from minitorch.ops.random import bernoulli as bernoulli
from minitorch.ops.random import default_generator as default_generator
from minitorch.ops.random import dropout as dropout
from minitorch.ops.random import dropout_ as dropout_
from minitorch.ops.random import feature_alpha_dropout as feature_alpha_dropout
from minitorch.ops.random import feature_alpha_dropout_ as feature_alpha_dropout_
from minitorch.ops.random import feature_dropout as feature_dropout
from minitorch.ops.random import feature_dropout_ as feature_dropout_
from minitorch.ops.random import get_rng_state as get_rng_state
from minitorch.ops.random import initial_seed as initial_seed
from minitorch.ops.random import manual_seed as manual_seed
from minitorch.ops.random import multinomial as multinomial
from minitorch.ops.random import normal as normal
from minitorch.ops.random import poisson as poisson
from minitorch.ops.random import rand as rand
from minitorch.ops.random import rand_like as rand_like
from minitorch.ops.random import randint as randint
from minitorch.ops.random import randint_like as randint_like
from minitorch.ops.random import randn as randn
from minitorch.ops.random import randn_like as randn_like
from minitorch.ops.random import randperm as randperm
from minitorch.ops.random import seed as seed
from minitorch.ops.random import set_rng_state as set_rng_state

# nn, optim, utils and the other packages
