"""The transform classes."""

from __future__ import annotations

from minitorch.vision.transforms._color import ColorJitter as ColorJitter
from minitorch.vision.transforms._color import GaussianBlur as GaussianBlur
from minitorch.vision.transforms._color import Grayscale as Grayscale
from minitorch.vision.transforms._color import RandomAdjustSharpness as RandomAdjustSharpness
from minitorch.vision.transforms._color import RandomAutocontrast as RandomAutocontrast
from minitorch.vision.transforms._color import RandomEqualize as RandomEqualize
from minitorch.vision.transforms._color import RandomGrayscale as RandomGrayscale
from minitorch.vision.transforms._color import RandomInvert as RandomInvert
from minitorch.vision.transforms._color import RandomPosterize as RandomPosterize
from minitorch.vision.transforms._color import RandomSolarize as RandomSolarize
from minitorch.vision.transforms._containers import Compose as Compose
from minitorch.vision.transforms._containers import Lambda as Lambda
from minitorch.vision.transforms._containers import RandomApply as RandomApply
from minitorch.vision.transforms._containers import RandomChoice as RandomChoice
from minitorch.vision.transforms._containers import RandomOrder as RandomOrder
from minitorch.vision.transforms._containers import RandomTransforms as RandomTransforms
from minitorch.vision.transforms._conversion import ConvertImageDtype as ConvertImageDtype
from minitorch.vision.transforms._conversion import LinearTransformation as LinearTransformation
from minitorch.vision.transforms._conversion import Normalize as Normalize
from minitorch.vision.transforms._conversion import PILToTensor as PILToTensor
from minitorch.vision.transforms._conversion import RandomErasing as RandomErasing
from minitorch.vision.transforms._conversion import ToPILImage as ToPILImage
from minitorch.vision.transforms._conversion import ToTensor as ToTensor
from minitorch.vision.transforms._geometric import CenterCrop as CenterCrop
from minitorch.vision.transforms._geometric import ElasticTransform as ElasticTransform
from minitorch.vision.transforms._geometric import FiveCrop as FiveCrop
from minitorch.vision.transforms._geometric import Pad as Pad
from minitorch.vision.transforms._geometric import RandomAffine as RandomAffine
from minitorch.vision.transforms._geometric import RandomCrop as RandomCrop
from minitorch.vision.transforms._geometric import RandomHorizontalFlip as RandomHorizontalFlip
from minitorch.vision.transforms._geometric import RandomPerspective as RandomPerspective
from minitorch.vision.transforms._geometric import RandomResizedCrop as RandomResizedCrop
from minitorch.vision.transforms._geometric import RandomRotation as RandomRotation
from minitorch.vision.transforms._geometric import RandomVerticalFlip as RandomVerticalFlip
from minitorch.vision.transforms._geometric import Resize as Resize
from minitorch.vision.transforms._geometric import TenCrop as TenCrop
