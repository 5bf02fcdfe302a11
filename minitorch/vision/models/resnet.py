"""ResNet, ResNeXt and wide ResNet.

Sources: He et al., Deep residual learning for image recognition, 2015; Xie et al., Aggregated residual transformations
for deep neural networks, 2016; Zagoruyko and Komodakis, Wide residual networks, 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch import Tensor, nn
from minitorch.vision.models._api import WeightsEnum, fix, imagenet, load, register_model
from minitorch.vision.models._utils import he_normal, initialize


def conv3x3(in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A 3x3 convolution without bias that keeps the size where `stride` is 1."""
    return nn.Conv2d(
        in_planes, out_planes, 3, stride=stride, padding=dilation, groups=groups, bias=False, dilation=dilation
    )


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """A 1x1 convolution without bias."""
    return nn.Conv2d(in_planes, out_planes, kernel_size=1, stride=stride, bias=False)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: (N, inplanes, H, W) to (N, planes, H / stride, W / stride).

    Raises ValueError for groups or another width, NotImplementedError for a dilation.
    """

    expansion: int = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64")
        if dilation > 1:
            raise NotImplementedError("Dilation > 1 not supported in BasicBlock")
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """ReLU of the shortcut plus what the convolutions add to it."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        out: Tensor = self.relu(x + shortcut)
        return out


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut: (N, inplanes, H, W) to (N, 4 planes, H / stride, W / stride).

    The stride is the 3x3 convolution's; in the paper it is the first one's.
    """

    expansion: int = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """ReLU of the shortcut plus what the convolutions add to it."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        out: Tensor = self.relu(x + shortcut)
        return out


class ResNet(nn.Module):
    """Four stages of `layers` blocks; images (N, 3, H, W) to (N, num_classes).

    `zero_init_residual` starts each block as its shortcut; `replace_stride_with_dilation` says for the stages after
    the first whether they keep the size. Raises ValueError unless that has three elements.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: list[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: list[bool] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self._norm_layer = norm_layer or nn.BatchNorm2d
        self.inplanes = 64
        self.dilation = 1
        dilate = [False, False, False] if replace_stride_with_dilation is None else replace_stride_with_dilation
        if len(dilate) != 3:
            raise ValueError(f"replace_stride_with_dilation should be None or a 3-element tuple, got {dilate}")
        self.groups = groups
        self.base_width = width_per_group
        self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], stride=2, dilate=dilate[0])
        self.layer3 = self._make_layer(block, 256, layers[2], stride=2, dilate=dilate[1])
        self.layer4 = self._make_layer(block, 512, layers[3], stride=2, dilate=dilate[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)

        initialize(self, conv=he_normal)
        if zero_init_residual:
            for module in self.modules():
                if isinstance(module, (BasicBlock, Bottleneck)):
                    last = module.bn2 if isinstance(module, BasicBlock) else module.bn3
                    if isinstance(last.weight, Tensor):
                        nn.init.zeros_(last.weight)

    def _make_layer(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        planes: int,
        blocks: int,
        stride: int = 1,
        dilate: bool = False,
    ) -> nn.Sequential:
        """A stage: its first block changes the size, and the shortcut with it, if need be by a 1x1 convolution."""
        first_dilation = self.dilation
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        outplanes = planes * block.expansion
        downsample = None
        if stride != 1 or self.inplanes != outplanes:
            downsample = nn.Sequential(conv1x1(self.inplanes, outplanes, stride), self._norm_layer(outplanes))
        shape = (self.groups, self.base_width)
        stage = [block(self.inplanes, planes, stride, downsample, *shape, first_dilation, self._norm_layer)]
        stage += [block(outplanes, planes, 1, None, *shape, self.dilation, self._norm_layer) for _ in range(blocks - 1)]
        self.inplanes = outplanes
        return nn.Sequential(*stage)

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        scores: Tensor = self.fc(self.avgpool(x).flatten(1))
        return scores

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes."""
        return self._forward_impl(x)


_FIRST = "tree/main/references/classification#resnet"
_NEXT = "tree/main/references/classification#resnext"
_WIDE = "pull/912#issue-445437439"
_NEW = "issues/3995#new-recipe"


class ResNet18_Weights(WeightsEnum):
    """Trained weights of resnet18."""

    IMAGENET1K_V1 = imagenet("resnet18-f37072fd", _FIRST, 11_689_512, (69.758, 89.078))
    DEFAULT = IMAGENET1K_V1


class ResNet34_Weights(WeightsEnum):
    """Trained weights of resnet34."""

    IMAGENET1K_V1 = imagenet("resnet34-b627a593", _FIRST, 21_797_672, (73.314, 91.420))
    DEFAULT = IMAGENET1K_V1


class ResNet50_Weights(WeightsEnum):
    """Trained weights of resnet50."""

    IMAGENET1K_V1 = imagenet("resnet50-0676ba61", _FIRST, 25_557_032, (76.130, 92.862))
    IMAGENET1K_V2 = imagenet(
        "resnet50-11ad3fa6", "issues/3995#issuecomment-1013906621", 25_557_032, (80.858, 95.434), resize_size=232
    )
    DEFAULT = IMAGENET1K_V2


class ResNet101_Weights(WeightsEnum):
    """Trained weights of resnet101."""

    IMAGENET1K_V1 = imagenet("resnet101-63fe2227", _FIRST, 44_549_160, (77.374, 93.546))
    IMAGENET1K_V2 = imagenet("resnet101-cd907fc2", _NEW, 44_549_160, (81.886, 95.780), resize_size=232)
    DEFAULT = IMAGENET1K_V2


class ResNet152_Weights(WeightsEnum):
    """Trained weights of resnet152."""

    IMAGENET1K_V1 = imagenet("resnet152-394f9c45", _FIRST, 60_192_808, (78.312, 94.046))
    IMAGENET1K_V2 = imagenet("resnet152-f82ba261", _NEW, 60_192_808, (82.284, 96.002), resize_size=232)
    DEFAULT = IMAGENET1K_V2


class ResNeXt50_32X4D_Weights(WeightsEnum):
    """Trained weights of resnext50_32x4d."""

    IMAGENET1K_V1 = imagenet("resnext50_32x4d-7cdf4587", _NEXT, 25_028_904, (77.618, 93.698))
    IMAGENET1K_V2 = imagenet("resnext50_32x4d-1a0047aa", _NEW, 25_028_904, (81.198, 95.340), resize_size=232)
    DEFAULT = IMAGENET1K_V2


class ResNeXt101_32X8D_Weights(WeightsEnum):
    """Trained weights of resnext101_32x8d."""

    IMAGENET1K_V1 = imagenet("resnext101_32x8d-8ba56ff5", _NEXT, 88_791_336, (79.312, 94.526))
    IMAGENET1K_V2 = imagenet(
        "resnext101_32x8d-110c445d", f"{_NEW}-with-fixres", 88_791_336, (82.834, 96.228), resize_size=232
    )
    DEFAULT = IMAGENET1K_V2


class ResNeXt101_64X4D_Weights(WeightsEnum):
    """Trained weights of resnext101_64x4d."""

    IMAGENET1K_V1 = imagenet("resnext101_64x4d-173b62eb", "pull/5935", 83_455_272, (83.246, 96.454), resize_size=232)
    DEFAULT = IMAGENET1K_V1


class Wide_ResNet50_2_Weights(WeightsEnum):
    """Trained weights of wide_resnet50_2."""

    IMAGENET1K_V1 = imagenet("wide_resnet50_2-95faca4d", _WIDE, 68_883_240, (78.468, 94.086))
    IMAGENET1K_V2 = imagenet(
        "wide_resnet50_2-9ba9bcbe", f"{_NEW}-with-fixres", 68_883_240, (81.602, 95.758), resize_size=232
    )
    DEFAULT = IMAGENET1K_V2


class Wide_ResNet101_2_Weights(WeightsEnum):
    """Trained weights of wide_resnet101_2."""

    IMAGENET1K_V1 = imagenet("wide_resnet101_2-32ee1156", _WIDE, 126_886_696, (78.848, 94.284))
    IMAGENET1K_V2 = imagenet("wide_resnet101_2-d733dc28", _NEW, 126_886_696, (82.510, 96.020), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@register_model(ResNet18_Weights)
def resnet18(*, weights: ResNet18_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet of 18 layers."""
    return load(ResNet(BasicBlock, [2, 2, 2, 2], **kwargs), weights, progress)


@register_model(ResNet34_Weights)
def resnet34(*, weights: ResNet34_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet of 34 layers."""
    return load(ResNet(BasicBlock, [3, 4, 6, 3], **kwargs), weights, progress)


@register_model(ResNet50_Weights)
def resnet50(*, weights: ResNet50_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet of 50 layers."""
    return load(ResNet(Bottleneck, [3, 4, 6, 3], **kwargs), weights, progress)


@register_model(ResNet101_Weights)
def resnet101(*, weights: ResNet101_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet of 101 layers."""
    return load(ResNet(Bottleneck, [3, 4, 23, 3], **kwargs), weights, progress)


@register_model(ResNet152_Weights)
def resnet152(*, weights: ResNet152_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet of 152 layers."""
    return load(ResNet(Bottleneck, [3, 8, 36, 3], **kwargs), weights, progress)


@register_model(ResNeXt50_32X4D_Weights)
def resnext50_32x4d(*, weights: ResNeXt50_32X4D_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNeXt of 50 layers: 32 groups of 4 channels."""
    fix(kwargs, groups=32, width_per_group=4)
    return load(ResNet(Bottleneck, [3, 4, 6, 3], **kwargs), weights, progress)


@register_model(ResNeXt101_32X8D_Weights)
def resnext101_32x8d(
    *, weights: ResNeXt101_32X8D_Weights | None = None, progress: bool = True, **kwargs: Any
) -> ResNet:
    """ResNeXt of 101 layers: 32 groups of 8 channels."""
    fix(kwargs, groups=32, width_per_group=8)
    return load(ResNet(Bottleneck, [3, 4, 23, 3], **kwargs), weights, progress)


@register_model(ResNeXt101_64X4D_Weights)
def resnext101_64x4d(
    *, weights: ResNeXt101_64X4D_Weights | None = None, progress: bool = True, **kwargs: Any
) -> ResNet:
    """ResNeXt of 101 layers: 64 groups of 4 channels."""
    fix(kwargs, groups=64, width_per_group=4)
    return load(ResNet(Bottleneck, [3, 4, 23, 3], **kwargs), weights, progress)


@register_model(Wide_ResNet50_2_Weights)
def wide_resnet50_2(*, weights: Wide_ResNet50_2_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet of 50 layers whose bottlenecks are twice as wide."""
    fix(kwargs, width_per_group=128)
    return load(ResNet(Bottleneck, [3, 4, 6, 3], **kwargs), weights, progress)


@register_model(Wide_ResNet101_2_Weights)
def wide_resnet101_2(
    *, weights: Wide_ResNet101_2_Weights | None = None, progress: bool = True, **kwargs: Any
) -> ResNet:
    """ResNet of 101 layers whose bottlenecks are twice as wide."""
    fix(kwargs, width_per_group=128)
    return load(ResNet(Bottleneck, [3, 4, 23, 3], **kwargs), weights, progress)
