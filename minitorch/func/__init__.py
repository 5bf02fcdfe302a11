"""torch.func: gradients, Jacobians and batches as functions of functions."""

from minitorch.func.forward import jvp as jvp
from minitorch.func.forward import linearize as linearize
from minitorch.func.gradients import grad as grad
from minitorch.func.gradients import grad_and_value as grad_and_value
from minitorch.func.gradients import vjp as vjp
from minitorch.func.jacobians import hessian as hessian
from minitorch.func.jacobians import jacfwd as jacfwd
from minitorch.func.jacobians import jacrev as jacrev
from minitorch.func.mapping import vmap as vmap
from minitorch.func.modules import functional_call as functional_call
from minitorch.func.modules import replace_all_batch_norm_modules_ as replace_all_batch_norm_modules_
from minitorch.func.modules import stack_module_state as stack_module_state
