"""The places that torch gives to its layers: `torch.nn.modules.linear` is minitorch/nn/linear.py, and so on."""

import sys

from minitorch.nn import (
    activation,
    adaptive,
    batchnorm,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    instancenorm,
    lazy,
    linear,
    loss,
    module,
    multihead,
    normalization,
    padding,
    pixelshuffle,
    pooling,
    rnn,
    sparse,
    transformer,
    upsampling,
)
from minitorch.nn.module import Module as Module
from minitorch.nn.modules import utils as utils

for _file in (
    activation,
    batchnorm,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    instancenorm,
    linear,
    loss,
    module,
    multihead,
    normalization,
    padding,
    pixelshuffle,
    pooling,
    rnn,
    sparse,
    transformer,
    upsampling,
    # Last: a file of weights names each class by the first of these that has it, and these import others'.
    adaptive,
    lazy,
):
    sys.modules[f"{__name__}.{_file.__name__.rpartition('.')[2]}"] = _file
    globals().update(
        {name: each for name, each in vars(_file).items() if isinstance(each, type) and issubclass(each, Module)}
    )
