"""torch.nn.utils: gradient clipping, parameters as one vector, and sequences of different lengths."""

from minitorch.nn.utils import rnn as rnn
from minitorch.nn.utils.clip_grad import clip_grad_norm as clip_grad_norm
from minitorch.nn.utils.clip_grad import clip_grad_norm_ as clip_grad_norm_
from minitorch.nn.utils.clip_grad import clip_grad_value_ as clip_grad_value_
from minitorch.nn.utils.clip_grad import clip_grads_with_norm_ as clip_grads_with_norm_
from minitorch.nn.utils.clip_grad import get_total_norm as get_total_norm
from minitorch.nn.utils.convert_parameters import parameters_to_vector as parameters_to_vector
from minitorch.nn.utils.convert_parameters import vector_to_parameters as vector_to_parameters
