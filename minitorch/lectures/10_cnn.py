"""Lecture 10: convolutional networks: patches, channels, padding, stride and pooling.

A linear layer sees an image as a row of numbers, and forgets which pixels were neighbours. A convolution moves a small
kernel over the image, and each output number is the sum of products of the kernel with the patch under it: few weights,
used everywhere, that answer to what they match. Pooling then keeps the largest of each 2x2 numbers.
Convolutions and pooling extract features; a linear layer at the end classifies them.
"""

from __future__ import annotations

import sys

import lecture_images
import lecture_tools
import torch
import torch.nn.functional as F
from lecture_training import Training
from torch import nn
from torch.utils.data import DataLoader


class Basic(nn.Module):
    """Two convolutions of 5x5: 28x28 becomes 24x24, pooled 12x12, then 8x8, pooled 4x4: 20 channels of that are 320."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(320, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch_size = x.size(0)
        x = F.relu(self.pooling(self.conv1(x)))
        x = F.relu(self.pooling(self.conv2(x)))
        x = x.view(batch_size, -1)
        return self.fc(x)


class Homework(nn.Module):
    """Three convolutions and three linear layers: 28x28, pooled 14x14, then 12x12, pooled 6x6, then 6x6, pooled 3x3."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=3)
        self.conv3 = nn.Conv2d(20, 30, kernel_size=3, padding=1)
        self.pooling = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(270, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch_size = x.size(0)
        x = F.relu(self.pooling(self.conv1(x)))
        x = F.relu(self.pooling(self.conv2(x)))
        x = F.relu(self.pooling(self.conv3(x)))
        x = x.view(batch_size, -1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


MODELS = {"basic": Basic, "homework": Homework}


def convolve(image: torch.Tensor, kernel: torch.Tensor, stride: int = 1) -> torch.Tensor:
    """The convolution by its definition: image (H, W), kernel (h, w), a row of outputs for each row of patches."""
    h, w = kernel.shape
    return torch.stack(
        [
            torch.stack(
                [
                    (image[row : row + h, column : column + w] * kernel).sum()
                    for column in range(0, image.size(1) - w + 1, stride)
                ]
            )
            for row in range(0, image.size(0) - h + 1, stride)
        ]
    )


def show(title: str, matrix: torch.Tensor) -> None:
    print(title)
    for row in matrix.tolist():
        print("  " + "".join(f"{value:5.0f}" for value in row))


options = lecture_tools.Options(__doc__, epochs=10, lr=0.01, batch_size=64, checkpoint=True)
options.add_argument("--model", choices=MODELS, default="basic", help="default: %(default)s")
options.add_argument("--momentum", type=lecture_tools.fraction, default=0.5, help="default: %(default)s")
args = options.parse_args()
torch.manual_seed(args.seed)

# One channel, by definition and by torch. A batch of images is (batch, channels, height, width), so is one image.
image = torch.Tensor([[3, 4, 6, 5, 7], [2, 4, 6, 8, 2], [1, 6, 7, 8, 4], [9, 7, 4, 6, 2], [3, 7, 5, 4, 1]])
kernel = torch.Tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
show("an image of 5x5", image)
show("a kernel of 3x3", kernel)
print(f"the first patch times the kernel, summed: {(image[:3, :3] * kernel).sum().item():.0f}")
show("every patch, by definition", convolve(image, kernel))
padded = torch.zeros(7, 7)
padded[1:6, 1:6] = image
for title, padding, stride, by_hand in (
    ("Conv2d", 0, 1, convolve(image, kernel)),
    ("Conv2d, padding 1: a frame of zeros, and the size stays", 1, 1, convolve(padded, kernel)),
    ("Conv2d, stride 2: every other patch", 0, 2, convolve(image, kernel, stride=2)),
):
    conv = nn.Conv2d(1, 1, kernel_size=3, padding=padding, stride=stride, bias=False)
    conv.weight.data = kernel.view(1, 1, 3, 3)  # out channels, in channels, height, width
    with torch.no_grad():
        output = conv(image.view(1, 1, 5, 5))[0, 0]
    show(title, output)
    print(f"  largest difference from the definition: {(output - by_hand).abs().max().item():.1f}")

pooling = nn.MaxPool2d(kernel_size=2)  # its stride is its size, if none is given: patches do not overlap
show("MaxPool2d of the 4x4 numbers on the upper left", pooling(image[:4, :4].view(1, 1, 4, 4))[0, 0])

# Many channels. A kernel is as deep as the image, its channels' results are added up, and so it makes one channel;
# as many kernels make as many channels.
images = torch.randn(1, 5, 100, 100)
conv = nn.Conv2d(5, 10, kernel_size=3, bias=False)
with torch.no_grad():
    output = conv(images)
    first = sum(F.conv2d(images[:, c : c + 1], conv.weight[:1, c : c + 1]) for c in range(5))
print(f"input {tuple(images.shape)}, weight {tuple(conv.weight.shape)}, output {tuple(output.shape)}")
print(f"  channels one by one, added: largest difference {(first - output[:, :1]).abs().max().item():.4f}")

# Ten digits.
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
print(f"device: {device}", file=sys.stderr)  # where it is computed is no result
train_loader = DataLoader(lecture_images.load(args.data, train=True), batch_size=args.batch_size, shuffle=True)
test_loader = DataLoader(lecture_images.load(args.data, train=False), batch_size=256, shuffle=False)
net = MODELS[args.model]()
net.to(device)  # the model and its inputs must be on the same device
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=args.momentum)

print(f"the {args.model} network, {sum(weight.numel() for weight in net.parameters())} weights; an image on its way:")
names = {layer: name for name, layer in net.named_children()}
hooks = [
    layer.register_forward_hook(lambda layer, _, out: print(f"  {names[layer]:8s} {tuple(out.shape)}"))
    for layer in names
]
with torch.no_grad():
    net(torch.zeros(1, 1, 28, 28, device=device))
for hook in hooks:
    hook.remove()


def test() -> float:
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            images, labels = images.to(device), labels.to(device)
            correct += (net(images).argmax(dim=1) == labels).sum().item()
    return correct / len(test_loader.dataset)


training = Training(args, model=net, optimizer=optimizer)
for _ in training.epochs():
    for images, labels in train_loader:
        images, labels = images.to(device), labels.to(device)
        loss = criterion(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        training.step(loss.item(), samples=len(images))
    training.report(accuracy=test())

training.summary(accuracy=training.figures["accuracy"][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    kernels = [f"kernel {number}" for number in range(10)]
    maps = [f"map {number}" for number in range(10)]
    figure, panels = plt.subplot_mosaic(
        [["digit", *kernels], ["pooled", *maps], ["loss"] * 5 + ["accuracy"] * 6],
        figsize=(13, 6.5),
        height_ratios=[1, 1, 2.2],
    )
    digit, _ = test_loader.dataset[0]
    with torch.no_grad():
        features = net.conv1(digit.unsqueeze(0).to(device))[0].cpu()
    pictures = {"digit": digit[0], "pooled": pooling(digit)[0]}
    pictures |= dict(zip(kernels, net.conv1.weight.detach().cpu()[:, 0], strict=True))
    pictures |= dict(zip(maps, features, strict=True))
    for name, picture in pictures.items():
        if name in ("digit", "pooled"):
            panels[name].imshow(picture.numpy(), cmap="gray")
        else:  # white is zero, red positive, blue negative
            limit = picture.abs().max().item()
            panels[name].imshow(picture.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
        panels[name].set(xticks=[], yticks=[])
        panels[name].set_title(name, fontsize=9)
    epochs = range(1, len(training.figures["loss"]) + 1)
    panels["loss"].plot(epochs, training.figures["loss"])
    panels["loss"].set(xlabel="epoch", ylabel="cross entropy", title="Mean loss over the training images")
    panels["accuracy"].plot(epochs, training.figures["accuracy"], color="tab:green")
    panels["accuracy"].set(xlabel="epoch", ylabel="accuracy", title="Accuracy on the test images")
    lecture_tools.save_figure(figure, args.plot)
