"""torchvision's transforms of images and of tensors (..., channels, height, width)."""

from __future__ import annotations

from minitorch.vision.transforms import functional as functional
from minitorch.vision.transforms import v2 as v2
from minitorch.vision.transforms._geometry import InterpolationMode as InterpolationMode
from minitorch.vision.transforms.autoaugment import AutoAugment as AutoAugment
from minitorch.vision.transforms.autoaugment import AutoAugmentPolicy as AutoAugmentPolicy
from minitorch.vision.transforms.autoaugment import RandAugment as RandAugment
from minitorch.vision.transforms.autoaugment import TrivialAugmentWide as TrivialAugmentWide
from minitorch.vision.transforms.transforms import CenterCrop as CenterCrop
from minitorch.vision.transforms.transforms import ColorJitter as ColorJitter
from minitorch.vision.transforms.transforms import Compose as Compose
from minitorch.vision.transforms.transforms import ConvertImageDtype as ConvertImageDtype
from minitorch.vision.transforms.transforms import ElasticTransform as ElasticTransform
from minitorch.vision.transforms.transforms import FiveCrop as FiveCrop
from minitorch.vision.transforms.transforms import GaussianBlur as GaussianBlur
from minitorch.vision.transforms.transforms import Grayscale as Grayscale
from minitorch.vision.transforms.transforms import Lambda as Lambda
from minitorch.vision.transforms.transforms import LinearTransformation as LinearTransformation
from minitorch.vision.transforms.transforms import Normalize as Normalize
from minitorch.vision.transforms.transforms import Pad as Pad
from minitorch.vision.transforms.transforms import PILToTensor as PILToTensor
from minitorch.vision.transforms.transforms import RandomAdjustSharpness as RandomAdjustSharpness
from minitorch.vision.transforms.transforms import RandomAffine as RandomAffine
from minitorch.vision.transforms.transforms import RandomApply as RandomApply
from minitorch.vision.transforms.transforms import RandomAutocontrast as RandomAutocontrast
from minitorch.vision.transforms.transforms import RandomChoice as RandomChoice
from minitorch.vision.transforms.transforms import RandomCrop as RandomCrop
from minitorch.vision.transforms.transforms import RandomEqualize as RandomEqualize
from minitorch.vision.transforms.transforms import RandomErasing as RandomErasing
from minitorch.vision.transforms.transforms import RandomGrayscale as RandomGrayscale
from minitorch.vision.transforms.transforms import RandomHorizontalFlip as RandomHorizontalFlip
from minitorch.vision.transforms.transforms import RandomInvert as RandomInvert
from minitorch.vision.transforms.transforms import RandomOrder as RandomOrder
from minitorch.vision.transforms.transforms import RandomPerspective as RandomPerspective
from minitorch.vision.transforms.transforms import RandomPosterize as RandomPosterize
from minitorch.vision.transforms.transforms import RandomResizedCrop as RandomResizedCrop
from minitorch.vision.transforms.transforms import RandomRotation as RandomRotation
from minitorch.vision.transforms.transforms import RandomSolarize as RandomSolarize
from minitorch.vision.transforms.transforms import RandomVerticalFlip as RandomVerticalFlip
from minitorch.vision.transforms.transforms import Resize as Resize
from minitorch.vision.transforms.transforms import TenCrop as TenCrop
from minitorch.vision.transforms.transforms import ToPILImage as ToPILImage
from minitorch.vision.transforms.transforms import ToTensor as ToTensor
