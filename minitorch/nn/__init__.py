"""torch.nn: modules and what they are made of. The public list; no code."""

from minitorch.nn import functional as functional
from minitorch.nn import init as init
from minitorch.nn import parameter as parameter
from minitorch.nn import utils as utils

# parameter
from minitorch.nn.parameter import Buffer as Buffer
from minitorch.nn.parameter import Parameter as Parameter

# module
from minitorch.nn.module import Module as Module

# container
from minitorch.nn.container import ModuleDict as ModuleDict
from minitorch.nn.container import ModuleList as ModuleList
from minitorch.nn.container import ParameterDict as ParameterDict
from minitorch.nn.container import ParameterList as ParameterList
from minitorch.nn.container import Sequential as Sequential

# linear
from minitorch.nn.linear import Bilinear as Bilinear
from minitorch.nn.linear import Identity as Identity
from minitorch.nn.linear import Linear as Linear

# flatten
from minitorch.nn.flatten import Flatten as Flatten
from minitorch.nn.flatten import Unflatten as Unflatten

# activation
from minitorch.nn.activation import CELU as CELU
from minitorch.nn.activation import ELU as ELU
from minitorch.nn.activation import GELU as GELU
from minitorch.nn.activation import GLU as GLU
from minitorch.nn.activation import Hardshrink as Hardshrink
from minitorch.nn.activation import Hardsigmoid as Hardsigmoid
from minitorch.nn.activation import Hardswish as Hardswish
from minitorch.nn.activation import Hardtanh as Hardtanh
from minitorch.nn.activation import LeakyReLU as LeakyReLU
from minitorch.nn.activation import LogSigmoid as LogSigmoid
from minitorch.nn.activation import LogSoftmax as LogSoftmax
from minitorch.nn.activation import Mish as Mish
from minitorch.nn.activation import PReLU as PReLU
from minitorch.nn.activation import RReLU as RReLU
from minitorch.nn.activation import ReLU as ReLU
from minitorch.nn.activation import ReLU6 as ReLU6
from minitorch.nn.activation import SELU as SELU
from minitorch.nn.activation import SiLU as SiLU
from minitorch.nn.activation import Sigmoid as Sigmoid
from minitorch.nn.activation import Softmax as Softmax
from minitorch.nn.activation import Softmax2d as Softmax2d
from minitorch.nn.activation import Softmin as Softmin
from minitorch.nn.activation import Softplus as Softplus
from minitorch.nn.activation import Softshrink as Softshrink
from minitorch.nn.activation import Softsign as Softsign
from minitorch.nn.activation import Tanh as Tanh
from minitorch.nn.activation import Tanhshrink as Tanhshrink
from minitorch.nn.activation import Threshold as Threshold

# dropout
from minitorch.nn.dropout import AlphaDropout as AlphaDropout
from minitorch.nn.dropout import Dropout as Dropout
from minitorch.nn.dropout import Dropout1d as Dropout1d
from minitorch.nn.dropout import Dropout2d as Dropout2d
from minitorch.nn.dropout import Dropout3d as Dropout3d
from minitorch.nn.dropout import FeatureAlphaDropout as FeatureAlphaDropout

# distance
from minitorch.nn.distance import CosineSimilarity as CosineSimilarity
from minitorch.nn.distance import PairwiseDistance as PairwiseDistance

# the modules under the names of their files
from minitorch.nn import modules as modules
