"""torch.autograd: the modes, the graph, the engine, and what is built on them. The public list."""

from minitorch.autograd import function as function
from minitorch.autograd import functional as functional
from minitorch.autograd import graph as graph
from minitorch.autograd.anomaly import detect_anomaly as detect_anomaly
from minitorch.autograd.anomaly import set_detect_anomaly as set_detect_anomaly
from minitorch.autograd.engine import backward as backward
from minitorch.autograd.engine import grad as grad
from minitorch.autograd.function import Function as Function
from minitorch.autograd.gradcheck import gradcheck as gradcheck
from minitorch.autograd.gradcheck import gradgradcheck as gradgradcheck
from minitorch.autograd.modes import enable_grad as enable_grad
from minitorch.autograd.modes import inference_mode as inference_mode
from minitorch.autograd.modes import no_grad as no_grad
from minitorch.autograd.modes import set_grad_enabled as set_grad_enabled
from minitorch.autograd.variable import Variable as Variable
