"""The layers and losses as functions. Most are operations of ops/; the files here have torch's options around them."""

from minitorch.naming import report_package as _report_package

# activations
from minitorch.nn.functional.activations import celu as celu
from minitorch.nn.functional.activations import elu as elu
from minitorch.nn.functional.activations import glu as glu
from minitorch.nn.functional.activations import gumbel_softmax as gumbel_softmax
from minitorch.nn.functional.activations import hardsigmoid as hardsigmoid
from minitorch.nn.functional.activations import hardswish as hardswish
from minitorch.nn.functional.activations import hardtanh as hardtanh
from minitorch.nn.functional.activations import leaky_relu as leaky_relu
from minitorch.nn.functional.activations import log_softmax as log_softmax
from minitorch.nn.functional.activations import mish as mish
from minitorch.nn.functional.activations import relu as relu
from minitorch.nn.functional.activations import relu6 as relu6
from minitorch.nn.functional.activations import rrelu as rrelu
from minitorch.nn.functional.activations import rrelu_ as rrelu_
from minitorch.nn.functional.activations import selu as selu
from minitorch.nn.functional.activations import sigmoid as sigmoid
from minitorch.nn.functional.activations import silu as silu
from minitorch.nn.functional.activations import softmax as softmax
from minitorch.nn.functional.activations import tanh as tanh
from minitorch.nn.functional.activations import threshold as threshold
from minitorch.ops.activation import celu_ as celu_
from minitorch.ops.activation import elu_ as elu_
from minitorch.ops.activation import gelu as gelu
from minitorch.ops.activation import hardshrink as hardshrink
from minitorch.ops.activation import hardtanh_ as hardtanh_
from minitorch.ops.activation import leaky_relu_ as leaky_relu_
from minitorch.ops.activation import logsigmoid as logsigmoid
from minitorch.ops.activation import prelu as prelu
from minitorch.ops.activation import relu_ as relu_
from minitorch.ops.activation import selu_ as selu_
from minitorch.ops.activation import softmin as softmin
from minitorch.ops.activation import softplus as softplus
from minitorch.ops.activation import softshrink as softshrink
from minitorch.ops.activation import softsign as softsign
from minitorch.ops.activation import tanhshrink as tanhshrink
from minitorch.ops.activation import threshold_ as threshold_

# products and vectors
from minitorch.ops.linalg import linear as linear
from minitorch.nn.functional.vectors import bilinear as bilinear
from minitorch.nn.functional.vectors import cosine_similarity as cosine_similarity
from minitorch.nn.functional.vectors import normalize as normalize
from minitorch.nn.functional.vectors import pairwise_distance as pairwise_distance
from minitorch.ops.pairs import pdist as pdist

# convolution
from minitorch.ops.conv import conv1d as conv1d
from minitorch.ops.conv import conv2d as conv2d
from minitorch.ops.conv import conv3d as conv3d
from minitorch.ops.conv import conv_transpose1d as conv_transpose1d
from minitorch.ops.conv import conv_transpose2d as conv_transpose2d
from minitorch.ops.conv import conv_transpose3d as conv_transpose3d
from minitorch.ops.resample import fold as fold
from minitorch.ops.resample import unfold as unfold

# padding and resampling
from minitorch.ops.padding import pad as pad
from minitorch.ops.resample import channel_shuffle as channel_shuffle
from minitorch.ops.resample import interpolate as interpolate
from minitorch.ops.resample import pixel_shuffle as pixel_shuffle
from minitorch.ops.resample import pixel_unshuffle as pixel_unshuffle
from minitorch.ops.resample import upsample as upsample
from minitorch.ops.resample import upsample_bilinear as upsample_bilinear
from minitorch.ops.resample import upsample_nearest as upsample_nearest
from minitorch.ops.grid import affine_grid as affine_grid
from minitorch.ops.grid import grid_sample as grid_sample

# pooling
from minitorch.ops.avg_pool import avg_pool1d as avg_pool1d
from minitorch.ops.avg_pool import avg_pool2d as avg_pool2d
from minitorch.ops.avg_pool import avg_pool3d as avg_pool3d
from minitorch.ops.adaptive_pool import adaptive_avg_pool1d as adaptive_avg_pool1d
from minitorch.ops.adaptive_pool import adaptive_avg_pool2d as adaptive_avg_pool2d
from minitorch.ops.adaptive_pool import adaptive_avg_pool3d as adaptive_avg_pool3d
from minitorch.nn.functional.pooling import adaptive_max_pool1d as adaptive_max_pool1d
from minitorch.nn.functional.pooling import adaptive_max_pool2d as adaptive_max_pool2d
from minitorch.nn.functional.pooling import adaptive_max_pool3d as adaptive_max_pool3d
from minitorch.nn.functional.pooling import fractional_max_pool2d as fractional_max_pool2d
from minitorch.nn.functional.pooling import fractional_max_pool2d_with_indices as fractional_max_pool2d_with_indices
from minitorch.nn.functional.pooling import fractional_max_pool3d as fractional_max_pool3d
from minitorch.nn.functional.pooling import fractional_max_pool3d_with_indices as fractional_max_pool3d_with_indices
from minitorch.nn.functional.pooling import lp_pool1d as lp_pool1d
from minitorch.nn.functional.pooling import lp_pool2d as lp_pool2d
from minitorch.nn.functional.pooling import lp_pool3d as lp_pool3d
from minitorch.nn.functional.pooling import max_pool1d as max_pool1d
from minitorch.nn.functional.pooling import max_pool2d as max_pool2d
from minitorch.nn.functional.pooling import max_pool3d as max_pool3d
from minitorch.nn.functional.pooling import max_unpool1d as max_unpool1d
from minitorch.nn.functional.pooling import max_unpool2d as max_unpool2d
from minitorch.nn.functional.pooling import max_unpool3d as max_unpool3d

# dropout
from minitorch.nn.functional.dropouts import alpha_dropout as alpha_dropout
from minitorch.nn.functional.dropouts import dropout as dropout
from minitorch.nn.functional.dropouts import dropout1d as dropout1d
from minitorch.nn.functional.dropouts import dropout2d as dropout2d
from minitorch.nn.functional.dropouts import dropout3d as dropout3d
from minitorch.nn.functional.dropouts import feature_alpha_dropout as feature_alpha_dropout

# losses
from minitorch.nn.functional.distance_loss import huber_loss as huber_loss
from minitorch.nn.functional.distance_loss import l1_loss as l1_loss
from minitorch.nn.functional.distance_loss import mse_loss as mse_loss
from minitorch.nn.functional.distance_loss import smooth_l1_loss as smooth_l1_loss
from minitorch.nn.functional.binary_loss import binary_cross_entropy as binary_cross_entropy
from minitorch.nn.functional.binary_loss import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from minitorch.nn.functional.class_loss import cross_entropy as cross_entropy
from minitorch.nn.functional.class_loss import linear_cross_entropy as linear_cross_entropy
from minitorch.nn.functional.class_loss import nll_loss as nll_loss
from minitorch.nn.functional.likelihood_loss import gaussian_nll_loss as gaussian_nll_loss
from minitorch.nn.functional.likelihood_loss import kl_div as kl_div
from minitorch.nn.functional.likelihood_loss import poisson_nll_loss as poisson_nll_loss
from minitorch.nn.functional.margin_loss import cosine_embedding_loss as cosine_embedding_loss
from minitorch.nn.functional.margin_loss import hinge_embedding_loss as hinge_embedding_loss
from minitorch.nn.functional.margin_loss import margin_ranking_loss as margin_ranking_loss
from minitorch.nn.functional.margin_loss import multi_margin_loss as multi_margin_loss
from minitorch.nn.functional.margin_loss import multilabel_margin_loss as multilabel_margin_loss
from minitorch.nn.functional.margin_loss import multilabel_soft_margin_loss as multilabel_soft_margin_loss
from minitorch.nn.functional.margin_loss import soft_margin_loss as soft_margin_loss
from minitorch.nn.functional.margin_loss import triplet_margin_loss as triplet_margin_loss
from minitorch.nn.functional.margin_loss import triplet_margin_with_distance_loss as triplet_margin_with_distance_loss
from minitorch.nn.functional.sequence_loss import ctc_loss as ctc_loss

# normalization
from minitorch.nn.functional.normalizations import batch_norm as batch_norm
from minitorch.nn.functional.normalizations import group_norm as group_norm
from minitorch.nn.functional.normalizations import instance_norm as instance_norm
from minitorch.nn.functional.normalizations import layer_norm as layer_norm
from minitorch.nn.functional.normalizations import rms_norm as rms_norm
from minitorch.ops.norm import local_response_norm as local_response_norm

# embedding
from minitorch.nn.functional.embeddings import embedding as embedding
from minitorch.nn.functional.embeddings import embedding_bag as embedding_bag
from minitorch.nn.functional.embeddings import one_hot as one_hot

# attention
from minitorch.ops.attention import multi_head_attention_forward as multi_head_attention_forward
from minitorch.ops.attention import scaled_dot_product_attention as scaled_dot_product_attention

_report_package(__name__)
