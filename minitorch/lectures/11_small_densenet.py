"""Lecture 11, homework: DenseNet, whose shortcuts are laid side by side instead of added.

In a dense block every layer reads the outputs of all layers before it, and adds a few channels of its own: the growth
rate. Nothing is ever overwritten by a sum, so few new channels are enough, and the loss is a step or two away from
every layer. Between two blocks a transition halves the channels (1x1 convolution) and the image (average pooling).
"""

from __future__ import annotations

import lecture_images
import lecture_tools
import torch
import torch.nn.functional as F
from lecture_training import Training
from torch import nn
from torch.utils.data import DataLoader


class DenseLayer(nn.Module):
    """(N, in_channels, H, W) to (N, in_channels + growth, H, W): what came in, and `growth` new channels after it.

    The order is that of the paper (Huang et al., 2017): normalise, activate, then convolve. First comes the bottleneck,
    a 1x1 convolution to 4 * growth channels: so the 3x3 kernels cost the same however many layers stand before them.
    """

    def __init__(self, in_channels: int, growth: int, norm: type[nn.Module]) -> None:
        super().__init__()
        self.norm1 = norm(in_channels)
        self.conv1 = nn.Conv2d(in_channels, 4 * growth, kernel_size=1)
        self.norm2 = norm(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv1(F.relu(self.norm1(x)))
        y = self.conv2(F.relu(self.norm2(y)))
        return torch.cat([x, y], dim=1)


class Transition(nn.Sequential):
    """(N, in_channels, H, W) to (N, in_channels // 2, H // 2, W // 2)."""

    def __init__(self, in_channels: int, norm: type[nn.Module]) -> None:
        super().__init__(
            norm(in_channels), nn.ReLU(), nn.Conv2d(in_channels, in_channels // 2, kernel_size=1), nn.AvgPool2d(2)
        )


class DenseNet(nn.Module):
    """Two dense blocks of `layers` layers each, the first on 14x14, the second on 7x7 pixels."""

    def __init__(self, growth: int, layers: int, norm: type[nn.Module]) -> None:
        super().__init__()
        channels = 16
        self.features = nn.Sequential(nn.Conv2d(1, channels, kernel_size=3, stride=2, padding=1))
        for block in range(2):
            if block > 0:
                self.features.append(Transition(channels, norm))
                channels //= 2
            for _ in range(layers):
                self.features.append(DenseLayer(channels, growth, norm))
                channels += growth
        self.norm = norm(channels)
        self.classifier = nn.Linear(channels * 7 * 7, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.features(x)))
        return self.classifier(x.flatten(start_dim=1))


options = lecture_tools.Options(__doc__, epochs=5, lr=0.01, batch_size=64, checkpoint=True)
options.add_argument("--momentum", type=lecture_tools.fraction, default=0.9, help="default: %(default)s")
options.add_argument(
    "--growth", type=lecture_tools.positive, default=8, help="channels that a layer adds (default: %(default)s)"
)
options.add_argument("--layers", type=lecture_tools.positive, default=3, help="of a dense block (default: %(default)s)")
options.add_argument(
    "--batch-norm", action="store_true", help="normalise as the paper does: learns sooner, and less evenly at first"
)
args = options.parse_args()
torch.manual_seed(args.seed)

norm = nn.BatchNorm2d if args.batch_norm else nn.Identity
net = DenseNet(args.growth, args.layers, norm)
dense_layers = [part for part in net.features if isinstance(part, DenseLayer)]
print("one image on its way through the network:")
x = torch.zeros(1, 1, 28, 28)
net.eval()  # or BatchNorm would take this image for data, and count it into its statistics
with torch.no_grad():
    for part in net.features:
        x = part(x)
        print(f"  {type(part).__name__:10s}  {' x '.join(str(size) for size in x.shape[1:])}")
net.train()

width = x.size(1)
print(f"{sum(parameter.numel() for parameter in net.parameters()):,} parameters in all; ", end="")
print(f"a single residual block of {width} channels has {2 * (9 * width * width + width):,}")

train_loader = DataLoader(lecture_images.load(args.data, train=True), batch_size=args.batch_size, shuffle=True)
test_loader = DataLoader(lecture_images.load(args.data, train=False), batch_size=256)
criterion = nn.CrossEntropyLoss()

# However deep: the loss reads every layer's channels, through the later layers and also past them.
deep = DenseNet(growth=4, layers=16, norm=norm)
images, labels = next(iter(train_loader))
criterion(deep(images), labels).backward()
norms = torch.stack([part.conv2.weight.grad.norm() for part in deep.features if isinstance(part, DenseLayer)])
print(f"gradient by the 3x3 kernels of {len(norms)} dense layers, at the start: ", end="")
print(f"first {norms[0].item():.4f}, smallest {norms.min().item():.4f}, largest {norms.max().item():.4f}")

optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=args.momentum)
training = Training(args, model=net, optimizer=optimizer)


def test() -> float:
    correct = 0
    net.eval()
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (net(images).argmax(dim=1) == labels).sum().item()
    net.train()
    return correct / len(test_loader.dataset)


for _ in training.epochs():
    for images, labels in train_loader:
        loss = criterion(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        training.step(loss.item(), samples=len(images))
    training.report(accuracy=test())

training.summary(accuracy=training.figures["accuracy"][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panels = plt.subplots(1, 4, figsize=(17, 4.3))
    epochs = range(1, len(training.figures["loss"]) + 1)
    for panel, name in zip(panels, ("loss", "accuracy"), strict=False):
        panel.plot(epochs, training.figures[name])
        panel.set(xlabel="epoch", ylabel=name)
    panels[0].set_title("Mean loss over the training images")
    panels[1].set_title("Accuracy on the test images")
    for block, panel in enumerate(panels[2:]):
        layers = dense_layers[block * args.layers : (block + 1) * args.layers]
        first = layers[0].conv1.in_channels
        reads = torch.full((args.layers, args.layers), float("nan"))
        for row, layer in enumerate(layers):
            pieces = layer.conv1.weight.detach().abs().split([first] + [args.growth] * row, dim=1)
            reads[row, : row + 1] = torch.stack([piece.mean() for piece in pieces])
        shown = panel.imshow(reads.numpy(), cmap="viridis")
        numbers = range(args.layers)
        panel.set(xticks=numbers, yticks=numbers, yticklabels=[str(number + 1) for number in numbers])
        panel.set(xlabel="channels made by layer (0: before the block)", ylabel="read by layer")
        panel.set_title(f"Block {block + 1}: mean size of the weights")
        panel.grid(visible=False)
        figure.colorbar(shown, ax=panel)
    lecture_tools.save_figure(figure, args.plot)
