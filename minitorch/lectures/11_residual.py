"""Lecture 11: residual blocks: how a deep network keeps its gradient.

Stack more and more convolutions, and training gets worse instead of better: going back, the gradient is multiplied by
each layer's derivative, and a product of many small numbers vanishes. A residual block computes x + F(x), whose
derivative is 1 + F'(x): whatever F' is, there is a way on which nothing is multiplied.
The lecture shows it, trains a residual network, and as homework compares other shortcuts (--shortcut, --compare).
"""

from __future__ import annotations

import lecture_images
import lecture_tools
import torch
import torch.nn.functional as F
from lecture_training import Training, one_of_several
from torch import nn
from torch.utils.data import DataLoader

SHORTCUTS = ("none", "identity", "scaled", "convolution", "gated")


class ResidualBlock(nn.Module):
    """(N, channels, H, W) to the same shape, or there would be nothing to add: relu(x + F(x)).

    The shortcuts other than "identity" are those of He et al., Identity Mappings in Deep Residual Networks (2016):
    "scaled" is relu(0.5 x + 0.5 F(x)), "convolution" sends x through a 1x1 convolution, and "gated" weighs x against
    F(x) by a number from 0 to 1 that is computed from x. With "none" the block is a plain pair of convolutions.
    """

    def __init__(self, channels: int, shortcut: str = "identity") -> None:
        super().__init__()
        self.shortcut = shortcut
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        if shortcut in ("convolution", "gated"):
            self.conv_shortcut = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv2(F.relu(self.conv1(x)))  # no activation yet: first the sum
        if self.shortcut == "identity":
            y = x + y
        elif self.shortcut == "scaled":
            y = 0.5 * x + 0.5 * y
        elif self.shortcut == "convolution":
            y = self.conv_shortcut(x) + y
        elif self.shortcut == "gated":
            gate = torch.sigmoid(self.conv_shortcut(x))
            y = (1 - gate) * x + gate * y
        return F.relu(y)


class Net(nn.Module):
    """28x28 by a 5x5 kernel is 24x24, pooled 12x12; by the next one 8x8, pooled 4x4: 32 channels of that are 512."""

    def __init__(self, shortcut: str, blocks: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.blocks1 = nn.Sequential(*(ResidualBlock(16, shortcut) for _ in range(blocks)))
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.blocks2 = nn.Sequential(*(ResidualBlock(32, shortcut) for _ in range(blocks)))
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(32 * 4 * 4, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks1(self.pooling(F.relu(self.conv1(x))))
        x = self.blocks2(self.pooling(F.relu(self.conv2(x))))
        return self.fc(x.flatten(start_dim=1))


def deep(blocks: int, shortcut: str) -> nn.Sequential:
    """As many blocks as you like, 7x7 pixels of 8 channels each."""
    torch.manual_seed(args.seed)
    return nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=5, stride=4, padding=2),
        nn.ReLU(),
        *(ResidualBlock(8, shortcut) for _ in range(blocks)),
        nn.Flatten(),
        nn.Linear(8 * 7 * 7, 10),
    )


def gradients(model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor) -> list[float]:
    """The norm of the loss's gradient by the weights of each block's first convolution."""
    criterion(model(images), labels).backward()
    return [part.conv1.weight.grad.norm().item() for part in model if isinstance(part, ResidualBlock)]


options = lecture_tools.Options(__doc__, epochs=8, lr=0.01, batch_size=64, checkpoint=True)
options.add_argument("--momentum", type=lecture_tools.fraction, default=0.5, help="default: %(default)s")
options.add_argument(
    "--blocks", type=lecture_tools.positive, default=1, help="blocks after each convolution (default: %(default)s)"
)
options.add_argument("--shortcut", choices=SHORTCUTS, default="identity", help="default: %(default)s")
options.add_argument("--compare", action="store_true", help="train with every shortcut, and print a table")
args = options.parse_args()
torch.manual_seed(args.seed)

# Twenty steps in a row of F(x) = 0.3 sin x: each derivative is at most 0.3, and with the shortcut at least 0.7.
x = torch.tensor(1.0, requires_grad=True)
for name, step in (("F(x)", lambda x: 0.3 * x.sin()), ("x + F(x)", lambda x: x + 0.3 * x.sin())):
    y = x
    for _ in range(20):
        y = step(y)
    (slope,) = torch.autograd.grad(y, x)
    print(f"derivative of twenty times {name:8s}  {slope.item():9.2e}")

train_loader = DataLoader(lecture_images.load(args.data, train=True), batch_size=args.batch_size, shuffle=True)
test_loader = DataLoader(lecture_images.load(args.data, train=False), batch_size=256)
criterion = nn.CrossEntropyLoss()

# The same in a network. Initial weights are small, so each plain block makes the gradient smaller; so does halving x.
DEPTHS = (1, 4, 16)
batch = next(iter(train_loader))
print("gradient of the loss by the weights of the first block, at the start:")
print("  blocks" + "".join(f"{name:>13s}" for name in SHORTCUTS))
profiles = {name: [gradients(deep(blocks, name), *batch) for blocks in DEPTHS] for name in SHORTCUTS}
for row, blocks in enumerate(DEPTHS):
    print(f"  {blocks:6d}" + "".join(f"{profiles[name][row][0]:13.2e}" for name in SHORTCUTS))


def test(net: nn.Module) -> float:
    correct = 0
    net.eval()
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (net(images).argmax(dim=1) == labels).sum().item()
    net.train()
    return correct / len(test_loader.dataset)


def train(shortcut: str) -> Training:
    """Train the network with this kind of shortcut, from weights and in an order that depend on the seed alone."""
    torch.manual_seed(args.seed)
    net = Net(shortcut, args.blocks)
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=args.momentum)
    training = Training(one_of_several(args, shortcut), model=net, optimizer=optimizer)
    for _ in training.epochs():
        for images, labels in train_loader:
            loss = criterion(net(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            training.step(loss.item(), samples=len(images))
        training.report(accuracy=test(net))
    return training


print(f"training with shortcut {args.shortcut}")
trainings = {args.shortcut: train(args.shortcut)}
if args.compare:
    for name in SHORTCUTS:
        if name not in trainings:
            print(f"training with shortcut {name}")
            trainings[name] = train(name)
    print("shortcut     last loss  accuracy")
    for name, training in trainings.items():
        print(f"  {name:11s} {training.figures['loss'][-1]:8.4f}  {training.figures['accuracy'][-1]:8.4f}")

chosen = trainings[args.shortcut]
chosen.summary(accuracy=chosen.figures["accuracy"][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.5))
    for name in SHORTCUTS:
        left.plot(range(1, DEPTHS[-1] + 1), profiles[name][-1], "o-", markersize=3, label=name)
    left.set(xlabel="block, from the input", ylabel="norm of the gradient", yscale="log")
    left.set_title(f"Gradient by the weights of each of {DEPTHS[-1]} blocks")
    left.legend(title="shortcut")
    for name, training in trainings.items():
        epochs = range(1, len(training.figures["loss"]) + 1)
        middle.plot(epochs, training.figures["loss"], label=name)
        right.plot(epochs, training.figures["accuracy"], label=name)
    middle.set(xlabel="epoch", ylabel="cross entropy", title="Mean loss over the training images")
    right.set(xlabel="epoch", ylabel="accuracy", title="Accuracy on the test images")
    right.legend(title="shortcut")
    lecture_tools.save_figure(figure, args.plot)
