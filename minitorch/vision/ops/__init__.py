"""torchvision.ops: boxes around things in images, and parts of models. The public list; no code."""

from minitorch.vision.ops.boxes import batched_nms as batched_nms
from minitorch.vision.ops.boxes import box_area as box_area
from minitorch.vision.ops.boxes import box_convert as box_convert
from minitorch.vision.ops.boxes import box_iou as box_iou
from minitorch.vision.ops.boxes import clip_boxes_to_image as clip_boxes_to_image
from minitorch.vision.ops.boxes import generalized_box_iou as generalized_box_iou
from minitorch.vision.ops.boxes import nms as nms
from minitorch.vision.ops.boxes import remove_small_boxes as remove_small_boxes
from minitorch.vision.ops.focal_loss import sigmoid_focal_loss as sigmoid_focal_loss
from minitorch.vision.ops.misc import MLP as MLP
from minitorch.vision.ops.misc import Conv2dNormActivation as Conv2dNormActivation
from minitorch.vision.ops.misc import SqueezeExcitation as SqueezeExcitation
from minitorch.vision.ops.stochastic_depth import StochasticDepth as StochasticDepth
from minitorch.vision.ops.stochastic_depth import stochastic_depth as stochastic_depth
