"""minitorch: PyTorch's API over NumPy and CuPy, with an autograd engine to read. The public list; no code."""

import minitorch.ops._lifted
import minitorch.ops._methods

# constants
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from numpy import newaxis as newaxis

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
from minitorch.storage import UntypedStorage as UntypedStorage
from minitorch.tensor import Tensor as Tensor

# autograd
from minitorch import autograd as autograd
from minitorch.autograd.anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from minitorch.autograd.anomaly import is_anomaly_enabled as is_anomaly_enabled
from minitorch.autograd.modes import enable_grad as enable_grad
from minitorch.autograd.modes import inference_mode as inference_mode
from minitorch.autograd.modes import is_grad_enabled as is_grad_enabled
from minitorch.autograd.modes import is_inference_mode_enabled as is_inference_mode_enabled
from minitorch.autograd.modes import no_grad as no_grad
from minitorch.autograd.modes import set_grad_enabled as set_grad_enabled

# copies
from minitorch.ops.copies import clone as clone
from minitorch.ops.copies import fill as fill
from minitorch.ops.copies import fill_ as fill_
from minitorch.ops.copies import zero_ as zero_

# arithmetic
from minitorch.ops.arithmetic import abs as abs
from minitorch.ops.arithmetic import abs_ as abs_
from minitorch.ops.arithmetic import abs as absolute
from minitorch.ops.arithmetic import add as add
from minitorch.ops.arithmetic import addcdiv as addcdiv
from minitorch.ops.arithmetic import addcmul as addcmul
from minitorch.ops.arithmetic import div as div
from minitorch.ops.arithmetic import div as divide
from minitorch.ops.arithmetic import floor_divide as floor_divide
from minitorch.ops.arithmetic import fmod as fmod
from minitorch.ops.arithmetic import lerp as lerp
from minitorch.ops.arithmetic import mul as mul
from minitorch.ops.arithmetic import mul as multiply
from minitorch.ops.arithmetic import neg as neg
from minitorch.ops.arithmetic import neg_ as neg_
from minitorch.ops.arithmetic import neg as negative
from minitorch.ops.arithmetic import negative_ as negative_
from minitorch.ops.arithmetic import positive as positive
from minitorch.ops.arithmetic import reciprocal as reciprocal
from minitorch.ops.arithmetic import reciprocal_ as reciprocal_
from minitorch.ops.arithmetic import remainder as remainder
from minitorch.ops.arithmetic import rsub as rsub
from minitorch.ops.arithmetic import sub as sub
from minitorch.ops.arithmetic import sub as subtract
from minitorch.ops.arithmetic import true_divide as true_divide

# rounding
from minitorch.ops.rounding import ceil as ceil
from minitorch.ops.rounding import ceil_ as ceil_
from minitorch.ops.rounding import copysign as copysign
from minitorch.ops.rounding import trunc as fix
from minitorch.ops.rounding import fix_ as fix_
from minitorch.ops.rounding import floor as floor
from minitorch.ops.rounding import floor_ as floor_
from minitorch.ops.rounding import frac as frac
from minitorch.ops.rounding import frac_ as frac_
from minitorch.ops.rounding import heaviside as heaviside
from minitorch.ops.rounding import nextafter as nextafter
from minitorch.ops.rounding import round as round
from minitorch.ops.rounding import round_ as round_
from minitorch.ops.rounding import sgn as sgn
from minitorch.ops.rounding import sign as sign
from minitorch.ops.rounding import trunc as trunc
from minitorch.ops.rounding import trunc_ as trunc_

# choices
from minitorch.ops.choices import clamp as clamp
from minitorch.ops.choices import clamp_ as clamp_
from minitorch.ops.choices import clamp_max as clamp_max
from minitorch.ops.choices import clamp_max_ as clamp_max_
from minitorch.ops.choices import clamp_min as clamp_min
from minitorch.ops.choices import clamp_min_ as clamp_min_
from minitorch.ops.choices import clamp as clip
from minitorch.ops.choices import clip_ as clip_
from minitorch.ops.choices import fmax as fmax
from minitorch.ops.choices import fmin as fmin
from minitorch.ops.choices import maximum as maximum
from minitorch.ops.choices import minimum as minimum
from minitorch.ops.choices import nan_to_num as nan_to_num
from minitorch.ops.choices import nan_to_num_ as nan_to_num_
from minitorch.ops.choices import where as where

# powers
from minitorch.ops.powers import float_power as float_power
from minitorch.ops.powers import pow as pow
from minitorch.ops.powers import rsqrt as rsqrt
from minitorch.ops.powers import rsqrt_ as rsqrt_
from minitorch.ops.powers import sqrt as sqrt
from minitorch.ops.powers import sqrt_ as sqrt_
from minitorch.ops.powers import square as square
from minitorch.ops.powers import square_ as square_

# exponentials
from minitorch.ops.exponentials import exp as exp
from minitorch.ops.exponentials import exp2 as exp2
from minitorch.ops.exponentials import exp2_ as exp2_
from minitorch.ops.exponentials import exp_ as exp_
from minitorch.ops.exponentials import expm1 as expm1
from minitorch.ops.exponentials import expm1_ as expm1_
from minitorch.ops.exponentials import frexp as frexp
from minitorch.ops.exponentials import ldexp as ldexp
from minitorch.ops.exponentials import ldexp_ as ldexp_
from minitorch.ops.exponentials import log as log
from minitorch.ops.exponentials import log10 as log10
from minitorch.ops.exponentials import log10_ as log10_
from minitorch.ops.exponentials import log1p as log1p
from minitorch.ops.exponentials import log1p_ as log1p_
from minitorch.ops.exponentials import log2 as log2
from minitorch.ops.exponentials import log2_ as log2_
from minitorch.ops.exponentials import log_ as log_
from minitorch.ops.exponentials import logaddexp as logaddexp
from minitorch.ops.exponentials import logaddexp2 as logaddexp2
from minitorch.ops.exponentials import logit as logit
from minitorch.ops.exponentials import logit_ as logit_
from minitorch.ops.exponentials import sigmoid as sigmoid
from minitorch.ops.exponentials import sigmoid_ as sigmoid_
from minitorch.ops.exponentials import xlogy as xlogy
from minitorch.ops.exponentials import xlogy_ as xlogy_

# trigonometry
from minitorch.ops.trigonometry import acos as acos
from minitorch.ops.trigonometry import acos_ as acos_
from minitorch.ops.trigonometry import acosh as acosh
from minitorch.ops.trigonometry import acosh_ as acosh_
from minitorch.ops.trigonometry import acos as arccos
from minitorch.ops.trigonometry import arccos_ as arccos_
from minitorch.ops.trigonometry import acosh as arccosh
from minitorch.ops.trigonometry import arccosh_ as arccosh_
from minitorch.ops.trigonometry import asin as arcsin
from minitorch.ops.trigonometry import arcsin_ as arcsin_
from minitorch.ops.trigonometry import asinh as arcsinh
from minitorch.ops.trigonometry import arcsinh_ as arcsinh_
from minitorch.ops.trigonometry import atan as arctan
from minitorch.ops.trigonometry import atan2 as arctan2
from minitorch.ops.trigonometry import arctan_ as arctan_
from minitorch.ops.trigonometry import atanh as arctanh
from minitorch.ops.trigonometry import arctanh_ as arctanh_
from minitorch.ops.trigonometry import asin as asin
from minitorch.ops.trigonometry import asin_ as asin_
from minitorch.ops.trigonometry import asinh as asinh
from minitorch.ops.trigonometry import asinh_ as asinh_
from minitorch.ops.trigonometry import atan as atan
from minitorch.ops.trigonometry import atan2 as atan2
from minitorch.ops.trigonometry import atan_ as atan_
from minitorch.ops.trigonometry import atanh as atanh
from minitorch.ops.trigonometry import atanh_ as atanh_
from minitorch.ops.trigonometry import cos as cos
from minitorch.ops.trigonometry import cos_ as cos_
from minitorch.ops.trigonometry import cosh as cosh
from minitorch.ops.trigonometry import cosh_ as cosh_
from minitorch.ops.trigonometry import deg2rad as deg2rad
from minitorch.ops.trigonometry import deg2rad_ as deg2rad_
from minitorch.ops.trigonometry import hypot as hypot
from minitorch.ops.trigonometry import rad2deg as rad2deg
from minitorch.ops.trigonometry import rad2deg_ as rad2deg_
from minitorch.ops.trigonometry import sin as sin
from minitorch.ops.trigonometry import sin_ as sin_
from minitorch.ops.trigonometry import sinc as sinc
from minitorch.ops.trigonometry import sinc_ as sinc_
from minitorch.ops.trigonometry import sinh as sinh
from minitorch.ops.trigonometry import sinh_ as sinh_
from minitorch.ops.trigonometry import tan as tan
from minitorch.ops.trigonometry import tan_ as tan_
from minitorch.ops.trigonometry import tanh as tanh
from minitorch.ops.trigonometry import tanh_ as tanh_

# special
from minitorch.ops.special import digamma as digamma
from minitorch.ops.special import erf as erf
from minitorch.ops.special import erf_ as erf_
from minitorch.ops.special import erfc as erfc
from minitorch.ops.special import erfc_ as erfc_
from minitorch.ops.special import erfinv as erfinv
from minitorch.ops.special import i0 as i0
from minitorch.ops.special import i0_ as i0_
from minitorch.ops.special import lgamma as lgamma
from minitorch.ops.special import polygamma as polygamma

# special functions of probabilities
from minitorch.ops.probability import gammainc as igamma
from minitorch.ops.probability import gammaincc as igammac
from minitorch.ops.probability import multigammaln as mvlgamma

# bits
from minitorch.ops.bits import bitwise_and as bitwise_and
from minitorch.ops.bits import bitwise_left_shift as bitwise_left_shift
from minitorch.ops.bits import bitwise_not as bitwise_not
from minitorch.ops.bits import bitwise_or as bitwise_or
from minitorch.ops.bits import bitwise_right_shift as bitwise_right_shift
from minitorch.ops.bits import bitwise_xor as bitwise_xor
from minitorch.ops.bits import gcd as gcd
from minitorch.ops.bits import gcd_ as gcd_
from minitorch.ops.bits import lcm as lcm
from minitorch.ops.bits import lcm_ as lcm_

# comparison
from minitorch.ops.comparison import allclose as allclose
from minitorch.ops.comparison import eq as eq
from minitorch.ops.comparison import equal as equal
from minitorch.ops.comparison import ge as ge
from minitorch.ops.comparison import gt as greater
from minitorch.ops.comparison import ge as greater_equal
from minitorch.ops.comparison import gt as gt
from minitorch.ops.comparison import isclose as isclose
from minitorch.ops.comparison import isfinite as isfinite
from minitorch.ops.comparison import isinf as isinf
from minitorch.ops.comparison import isnan as isnan
from minitorch.ops.comparison import isneginf as isneginf
from minitorch.ops.comparison import isposinf as isposinf
from minitorch.ops.comparison import isreal as isreal
from minitorch.ops.comparison import le as le
from minitorch.ops.comparison import lt as less
from minitorch.ops.comparison import le as less_equal
from minitorch.ops.comparison import logical_and as logical_and
from minitorch.ops.comparison import logical_not as logical_not
from minitorch.ops.comparison import logical_or as logical_or
from minitorch.ops.comparison import logical_xor as logical_xor
from minitorch.ops.comparison import lt as lt
from minitorch.ops.comparison import ne as ne
from minitorch.ops.comparison import ne as not_equal
from minitorch.ops.comparison import signbit as signbit

# activation
from minitorch.ops.activation import celu as celu
from minitorch.ops.activation import celu_ as celu_
from minitorch.ops.activation import hardshrink as hardshrink
from minitorch.ops.activation import log_softmax as log_softmax
from minitorch.ops.activation import prelu as prelu
from minitorch.ops.activation import relu as relu
from minitorch.ops.activation import relu_ as relu_
from minitorch.ops.activation import selu as selu
from minitorch.ops.activation import selu_ as selu_
from minitorch.ops.activation import softmax as softmax
from minitorch.ops.activation import threshold as threshold
from minitorch.ops.activation import threshold_ as threshold_

# totals
from minitorch.ops.totals import all as all
from minitorch.ops.totals import any as any
from minitorch.ops.totals import count_nonzero as count_nonzero
from minitorch.ops.totals import logsumexp as logsumexp
from minitorch.ops.totals import mean as mean
from minitorch.ops.totals import nanmean as nanmean
from minitorch.ops.totals import nansum as nansum
from minitorch.ops.totals import prod as prod
from minitorch.ops.totals import sum as sum

# extremes
from minitorch.ops.extremes import amax as amax
from minitorch.ops.extremes import amin as amin
from minitorch.ops.extremes import aminmax as aminmax
from minitorch.ops.extremes import argmax as argmax
from minitorch.ops.extremes import argmin as argmin
from minitorch.ops.extremes import max as max
from minitorch.ops.extremes import min as min

# variance
from minitorch.ops.variance import std as std
from minitorch.ops.variance import std_mean as std_mean
from minitorch.ops.variance import var as var
from minitorch.ops.variance import var_mean as var_mean

# vector_norms
from minitorch.ops.vector_norms import dist as dist
from minitorch.ops.vector_norms import frobenius_norm as frobenius_norm
from minitorch.ops.vector_norms import norm as norm
from minitorch.ops.vector_norms import renorm as renorm

# scans
from minitorch.ops.scans import cummax as cummax
from minitorch.ops.scans import cummin as cummin
from minitorch.ops.scans import cumprod as cumprod
from minitorch.ops.scans import cumsum as cumsum
from minitorch.ops.scans import cumulative_trapezoid as cumulative_trapezoid
from minitorch.ops.scans import diff as diff
from minitorch.ops.scans import logcumsumexp as logcumsumexp
from minitorch.ops.scans import trapezoid as trapezoid
from minitorch.ops.scans import trapz as trapz

# sorting
from minitorch.ops.sorting import argsort as argsort
from minitorch.ops.sorting import bincount as bincount
from minitorch.ops.sorting import bucketize as bucketize
from minitorch.ops.sorting import histc as histc
from minitorch.ops.sorting import histogram as histogram
from minitorch.ops.sorting import isin as isin
from minitorch.ops.sorting import kthvalue as kthvalue
from minitorch.ops.sorting import median as median
from minitorch.ops.sorting import mode as mode
from minitorch.ops.sorting import msort as msort
from minitorch.ops.sorting import nanmedian as nanmedian
from minitorch.ops.sorting import nanquantile as nanquantile
from minitorch.ops.sorting import quantile as quantile
from minitorch.ops.sorting import searchsorted as searchsorted
from minitorch.ops.sorting import sort as sort
from minitorch.ops.sorting import topk as topk
from minitorch.ops.sorting import unique as unique
from minitorch.ops.sorting import unique_consecutive as unique_consecutive

# permutation
from minitorch.ops.permutation import adjoint as adjoint
from minitorch.ops.permutation import flip_function as flip
from minitorch.ops.permutation import fliplr as fliplr
from minitorch.ops.permutation import flipud as flipud
from minitorch.ops.permutation import moveaxis as moveaxis
from minitorch.ops.permutation import movedim as movedim
from minitorch.ops.permutation import permute_function as permute
from minitorch.ops.permutation import roll as roll
from minitorch.ops.permutation import rot90 as rot90
from minitorch.ops.permutation import swapaxes as swapaxes
from minitorch.ops.permutation import swapdims as swapdims
from minitorch.ops.permutation import t as t
from minitorch.ops.permutation import transpose as transpose

# shape
from minitorch.ops.shape import atleast_1d as atleast_1d
from minitorch.ops.shape import atleast_2d as atleast_2d
from minitorch.ops.shape import atleast_3d as atleast_3d
from minitorch.ops.shape import flatten as flatten
from minitorch.ops.shape import is_same_size as is_same_size
from minitorch.ops.shape import numel as numel
from minitorch.ops.shape import ravel as ravel
from minitorch.ops.shape import resize_as_ as resize_as_
from minitorch.ops.shape import reshape_function as reshape
from minitorch.ops.shape import squeeze as squeeze
from minitorch.ops.shape import unflatten as unflatten
from minitorch.ops.shape import unsqueeze as unsqueeze

# repeating
from minitorch.ops.repeating import broadcast_shapes as broadcast_shapes
from minitorch.ops.repeating import broadcast_tensors as broadcast_tensors
from minitorch.ops.repeating import broadcast_to as broadcast_to
from minitorch.ops.repeating import tile_function as tile

# parts
from minitorch.ops.parts import chunk as chunk
from minitorch.ops.parts import dsplit as dsplit
from minitorch.ops.parts import hsplit as hsplit
from minitorch.ops.parts import narrow as narrow
from minitorch.ops.parts import narrow_copy as narrow_copy
from minitorch.ops.parts import select as select
from minitorch.ops.parts import select_scatter as select_scatter
from minitorch.ops.parts import slice_scatter as slice_scatter
from minitorch.ops.parts import split as split
from minitorch.ops.parts import split_with_sizes as split_with_sizes
from minitorch.ops.parts import tensor_split as tensor_split
from minitorch.ops.parts import unbind as unbind
from minitorch.ops.parts import vsplit as vsplit

# joining
from minitorch.ops.joining import block_diag as block_diag
from minitorch.ops.joining import cartesian_prod as cartesian_prod
from minitorch.ops.joining import cat as cat
from minitorch.ops.joining import column_stack as column_stack
from minitorch.ops.joining import concat as concat
from minitorch.ops.joining import concatenate as concatenate
from minitorch.ops.joining import dstack as dstack
from minitorch.ops.joining import hstack as hstack
from minitorch.ops.joining import meshgrid as meshgrid
from minitorch.ops.joining import row_stack as row_stack
from minitorch.ops.joining import stack as stack
from minitorch.ops.joining import vstack as vstack

# diagonals
from minitorch.ops.diagonals import diag as diag
from minitorch.ops.diagonals import diag_embed as diag_embed
from minitorch.ops.diagonals import diagflat as diagflat
from minitorch.ops.diagonals import diagonal as diagonal
from minitorch.ops.diagonals import diagonal_scatter as diagonal_scatter
from minitorch.ops.diagonals import tril as tril
from minitorch.ops.diagonals import triu as triu

# strides
from minitorch.ops.strides import as_strided as as_strided

# copies of views
from minitorch.ops.part_copies import alias_copy as alias_copy
from minitorch.ops.part_copies import as_strided_copy as as_strided_copy
from minitorch.ops.part_copies import detach as detach
from minitorch.ops.part_copies import detach_ as detach_
from minitorch.ops.part_copies import diagonal_copy as diagonal_copy
from minitorch.ops.part_copies import expand_copy as expand_copy
from minitorch.ops.part_copies import permute_copy as permute_copy
from minitorch.ops.part_copies import select_copy as select_copy
from minitorch.ops.part_copies import slice_copy as slice_copy
from minitorch.ops.part_copies import split_copy as split_copy
from minitorch.ops.part_copies import split_with_sizes_copy as split_with_sizes_copy
from minitorch.ops.part_copies import squeeze_copy as squeeze_copy
from minitorch.ops.part_copies import t_copy as t_copy
from minitorch.ops.part_copies import transpose_copy as transpose_copy
from minitorch.ops.part_copies import unbind_copy as unbind_copy
from minitorch.ops.part_copies import unfold_copy as unfold_copy
from minitorch.ops.part_copies import unsafe_chunk as unsafe_chunk
from minitorch.ops.part_copies import unsafe_split as unsafe_split
from minitorch.ops.part_copies import unsafe_split_with_sizes as unsafe_split_with_sizes
from minitorch.ops.part_copies import unsqueeze_copy as unsqueeze_copy
from minitorch.ops.part_copies import view_copy as view_copy

# indexing
from minitorch.ops.indexing import index_put as index_put

# positions
from minitorch.ops.positions import put as put
from minitorch.ops.positions import take as take
from minitorch.ops.positions import unravel_index as unravel_index

# masks
from minitorch.ops.masks import argwhere as argwhere
from minitorch.ops.masks import masked_fill as masked_fill
from minitorch.ops.masks import masked_scatter as masked_scatter
from minitorch.ops.masks import masked_select as masked_select
from minitorch.ops.masks import nonzero as nonzero

# scattering
from minitorch.ops.scattering import gather as gather
from minitorch.ops.scattering import scatter as scatter
from minitorch.ops.scattering import scatter_add as scatter_add
from minitorch.ops.scattering import scatter_reduce as scatter_reduce
from minitorch.ops.scattering import take_along_dim as take_along_dim

# slices
from minitorch.ops.slices import combinations as combinations
from minitorch.ops.slices import index_add as index_add
from minitorch.ops.slices import index_copy as index_copy
from minitorch.ops.slices import index_fill as index_fill
from minitorch.ops.slices import index_reduce as index_reduce
from minitorch.ops.slices import index_select as index_select
from minitorch.ops.slices import repeat_interleave_function as repeat_interleave

# linalg
from minitorch.ops.linalg import addbmm as addbmm
from minitorch.ops.linalg import addmm as addmm
from minitorch.ops.linalg import addmv as addmv
from minitorch.ops.linalg import addmv_ as addmv_
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
from minitorch.ops.linalg import mm as mm
from minitorch.ops.linalg import mv as mv
from minitorch.ops.linalg import outer as outer
from minitorch.ops.linalg import tensordot as tensordot
from minitorch.ops.linalg import trace as trace
from minitorch import linalg as linalg
from minitorch import special as special
from minitorch.ops.linalg import vdot as vdot
from minitorch.ops.linalg import outer as ger
from minitorch.ops.decompositions import cholesky_inverse as cholesky_inverse
from minitorch.ops.decompositions import cholesky_of as cholesky
from minitorch.ops.decompositions import cholesky_solve as cholesky_solve
from minitorch.ops.decompositions import det as det
from minitorch.ops.decompositions import geqrf as geqrf
from minitorch.ops.decompositions import householder_product as orgqr
from minitorch.ops.decompositions import inverse as inverse
from minitorch.ops.decompositions import logdet as logdet
from minitorch.ops.decompositions import matrix_exp as matrix_exp
from minitorch.ops.decompositions import matrix_power as matrix_power
from minitorch.ops.decompositions import nuclear_norm as nuclear_norm
from minitorch.ops.decompositions import pinverse as pinverse
from minitorch.ops.decompositions import qr_of as qr
from minitorch.ops.decompositions import slogdet_of as slogdet
from minitorch.ops.decompositions import svd_of as svd
from minitorch.ops.decompositions import vander_of as vander

from minitorch.ops.lu import lu_solve_of as lu_solve
from minitorch.ops.lu import lu_unpack as lu_unpack
from minitorch.ops.lu import triangular_solve as triangular_solve

# complex numbers, as far as real ones have these
from minitorch.ops.rounding import angle as angle
from minitorch.ops.rounding import conj as conj
from minitorch.ops.rounding import imag as imag
from minitorch.ops.rounding import real as real

# losses
from minitorch.ops.sequence_loss import ctc_loss as ctc_loss

# windows
from minitorch.ops.creation import bartlett_window as bartlett_window
from minitorch.ops.creation import blackman_window as blackman_window
from minitorch.ops.creation import hamming_window as hamming_window
from minitorch.ops.creation import hann_window as hann_window
from minitorch.ops.creation import kaiser_window as kaiser_window

# pairs
from minitorch.ops.pairs import cdist as cdist
from minitorch.ops.pairs import corrcoef as corrcoef
from minitorch.ops.pairs import cov as cov
from minitorch.ops.pairs import pdist as pdist

# embedding
from minitorch.ops.embedding import embedding as embedding
from minitorch.ops.embedding import embedding_bag as embedding_bag
from minitorch.ops.embedding import embedding_renorm_ as embedding_renorm_

# norm
from minitorch.ops.norm import batch_norm as batch_norm
from minitorch.ops.norm import group_norm as group_norm
from minitorch.ops.norm import instance_norm as instance_norm
from minitorch.ops.norm import layer_norm as layer_norm
from minitorch.ops.norm import _weight_norm as _weight_norm
from minitorch.ops.norm import norm_except_dim as norm_except_dim
from minitorch.ops.norm import rms_norm as rms_norm

# convolution and pooling
from minitorch.ops.conv import conv1d as conv1d
from minitorch.ops.conv import conv2d as conv2d
from minitorch.ops.conv import conv3d as conv3d
from minitorch.ops.conv import conv_transpose1d as conv_transpose1d
from minitorch.ops.conv import conv_transpose2d as conv_transpose2d
from minitorch.ops.conv import conv_transpose3d as conv_transpose3d
from minitorch.ops.conv import convolution as convolution
from minitorch.ops.padding import constant_pad_nd as constant_pad_nd
from minitorch.ops.adaptive_pool import adaptive_avg_pool1d as adaptive_avg_pool1d
from minitorch.ops.adaptive_pool import adaptive_max_pool1d as adaptive_max_pool1d
from minitorch.ops.avg_pool import avg_pool1d as avg_pool1d
from minitorch.ops.max_pool import max_pool1d as max_pool1d
from minitorch.ops.max_pool import max_pool1d_with_indices as max_pool1d_with_indices
from minitorch.ops.max_pool import max_pool2d as max_pool2d
from minitorch.ops.max_pool import max_pool3d as max_pool3d
from minitorch.ops.resample import channel_shuffle as channel_shuffle
from minitorch.ops.resample import pixel_shuffle as pixel_shuffle
from minitorch.ops.resample import pixel_unshuffle as pixel_unshuffle

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
from minitorch.ops.random import binomial as binomial
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

# recurrent
from minitorch.ops.rnn import gru as gru
from minitorch.ops.rnn import gru_cell as gru_cell
from minitorch.ops.rnn import lstm as lstm
from minitorch.ops.rnn import lstm_cell as lstm_cell
from minitorch.ops.rnn import rnn_relu as rnn_relu
from minitorch.ops.rnn import rnn_relu_cell as rnn_relu_cell
from minitorch.ops.rnn import rnn_tanh as rnn_tanh
from minitorch.ops.rnn import rnn_tanh_cell as rnn_tanh_cell

# version and settings
from minitorch import __config__ as __config__
from minitorch import version as version
from minitorch.settings import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from minitorch.settings import get_deterministic_debug_mode as get_deterministic_debug_mode
from minitorch.settings import get_float32_matmul_precision as get_float32_matmul_precision
from minitorch.settings import get_num_interop_threads as get_num_interop_threads
from minitorch.settings import get_num_threads as get_num_threads
from minitorch.settings import (
    is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled,
)
from minitorch.settings import is_warn_always_enabled as is_warn_always_enabled
from minitorch.settings import set_deterministic_debug_mode as set_deterministic_debug_mode
from minitorch.settings import set_float32_matmul_precision as set_float32_matmul_precision
from minitorch.settings import set_flush_denormal as set_flush_denormal
from minitorch.settings import set_num_interop_threads as set_num_interop_threads
from minitorch.settings import set_num_threads as set_num_threads
from minitorch.settings import set_warn_always as set_warn_always
from minitorch.settings import use_deterministic_algorithms as use_deterministic_algorithms
from minitorch.version import __version__ as __version__

# devices
from minitorch import cuda as cuda
from minitorch import accelerator as accelerator
from minitorch import amp as amp
from minitorch import backends as backends
from minitorch import cpu as cpu
from minitorch import mps as mps
from minitorch import xpu as xpu
from minitorch.amp import GradScaler as GradScaler
from minitorch.amp import autocast as autocast
from minitorch.amp import get_autocast_dtype as get_autocast_dtype
from minitorch.amp import is_autocast_cpu_enabled as is_autocast_cpu_enabled
from minitorch.amp import is_autocast_enabled as is_autocast_enabled
from minitorch.errors import OutOfMemoryError as OutOfMemoryError

# compilers
from minitorch import compiler as compiler
from minitorch import jit as jit
from minitorch import onnx as onnx
from minitorch.compiler import compile as compile

# nn, optim, utils and the other packages
from minitorch import nn as nn
from minitorch.nn.functional import bilinear as bilinear
from minitorch.nn.functional import cosine_similarity as cosine_similarity
from minitorch.nn.functional import pairwise_distance as pairwise_distance
from minitorch.nn.functional.activations import rrelu_ as rrelu_
from minitorch.nn.functional.activations import rrelu_of as rrelu
from minitorch.nn.functional.numbered_loss import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from minitorch.nn.functional.numbered_loss import cosine_embedding_loss as cosine_embedding_loss
from minitorch.nn.functional.numbered_loss import hinge_embedding_loss as hinge_embedding_loss
from minitorch.nn.functional.numbered_loss import kl_div as kl_div
from minitorch.nn.functional.numbered_loss import margin_ranking_loss as margin_ranking_loss
from minitorch.nn.functional.numbered_loss import poisson_nll_loss as poisson_nll_loss
from minitorch.nn.functional.numbered_loss import triplet_margin_loss as triplet_margin_loss
from minitorch import optim as optim
from minitorch import utils as utils
from minitorch import multiprocessing as multiprocessing
from minitorch import testing as testing
from minitorch import types as types
from minitorch import distributed as distributed
from minitorch import distributions as distributions
from minitorch import func as func
from minitorch.func import vmap as vmap
from minitorch import profiler as profiler

# files
from minitorch import serialization as serialization
from minitorch import hub as hub
from minitorch.serialization import load as load
from minitorch.serialization import save as save
