"""torch.optim.lr_scheduler: schedules of the learning rate. The public list; no code."""

from minitorch.optim.lr_scheduler.combined import ChainedScheduler as ChainedScheduler
from minitorch.optim.lr_scheduler.combined import SequentialLR as SequentialLR
from minitorch.optim.lr_scheduler.decay import ConstantLR as ConstantLR
from minitorch.optim.lr_scheduler.decay import ExponentialLR as ExponentialLR
from minitorch.optim.lr_scheduler.decay import LambdaLR as LambdaLR
from minitorch.optim.lr_scheduler.decay import LinearLR as LinearLR
from minitorch.optim.lr_scheduler.decay import MultiplicativeLR as MultiplicativeLR
from minitorch.optim.lr_scheduler.decay import MultiStepLR as MultiStepLR
from minitorch.optim.lr_scheduler.decay import PolynomialLR as PolynomialLR
from minitorch.optim.lr_scheduler.decay import StepLR as StepLR
from minitorch.optim.lr_scheduler.periodic import CosineAnnealingLR as CosineAnnealingLR
from minitorch.optim.lr_scheduler.periodic import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from minitorch.optim.lr_scheduler.periodic import CyclicLR as CyclicLR
from minitorch.optim.lr_scheduler.periodic import OneCycleLR as OneCycleLR
from minitorch.optim.lr_scheduler.plateau import ReduceLROnPlateau as ReduceLROnPlateau
from minitorch.optim.lr_scheduler.scheduler import EPOCH_DEPRECATION_WARNING as EPOCH_DEPRECATION_WARNING
from minitorch.optim.lr_scheduler.scheduler import LRScheduler as LRScheduler
from minitorch.optim.lr_scheduler.scheduler import _LRScheduler as _LRScheduler
