"""Lecture 11: advanced convolutional networks: the Inception block, and what a 1x1 convolution is for.

A network need not be a chain. Which kernel size suits, nobody knows beforehand; so the Inception block applies several
side by side and lays their outputs together, channel after channel. Training then decides which of them counts.
Large kernels cost many multiplications; a 1x1 convolution in front, from many channels to few, makes them cheap.
"""

from __future__ import annotations

import lecture_images
import lecture_tools
import torch
import torch.nn.functional as F
from lecture_training import Training
from torch import nn
from torch.utils.data import DataLoader


class Inception(nn.Module):
    """Four branches, (N, in_channels, H, W) to (N, 88, H, W): all keep H and W, or they could not be joined."""

    CHANNELS = {"pool": 24, "1x1": 16, "5x5": 24, "3x3": 24}

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch_pool = nn.Conv2d(in_channels, 24, kernel_size=1)

        self.branch1x1 = nn.Conv2d(in_channels, 16, kernel_size=1)

        self.branch5x5_1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch5x5_2 = nn.Conv2d(16, 24, kernel_size=5, padding=2)

        self.branch3x3_1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch3x3_2 = nn.Conv2d(16, 24, kernel_size=3, padding=1)
        self.branch3x3_3 = nn.Conv2d(24, 24, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch_pool = self.branch_pool(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))
        branch1x1 = self.branch1x1(x)
        branch5x5 = self.branch5x5_2(self.branch5x5_1(x))
        branch3x3 = self.branch3x3_3(self.branch3x3_2(self.branch3x3_1(x)))
        return torch.cat([branch_pool, branch1x1, branch5x5, branch3x3], dim=1)  # dim 1 of (N, C, H, W): the channels


class Net(nn.Module):
    """28x28 by a 5x5 kernel is 24x24, pooled 12x12; by the next one 8x8, pooled 4x4: 88 channels of that are 1408."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.inception1 = Inception(in_channels=10)
        self.conv2 = nn.Conv2d(88, 20, kernel_size=5)
        self.inception2 = Inception(in_channels=20)
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(88 * 4 * 4, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.inception1(F.relu(self.pooling(self.conv1(x))))
        x = self.inception2(F.relu(self.pooling(self.conv2(x))))
        return self.fc(x.flatten(start_dim=1))


@torch.no_grad()
def outputs(model: nn.Module, image: torch.Tensor) -> list[tuple[nn.Module, torch.Tensor]]:
    """Each innermost or named part of the model with what it made of `image`, in the order in which they ran."""
    seen: list[tuple[nn.Module, torch.Tensor]] = []
    hooks = [part.register_forward_hook(lambda part, _, out: seen.append((part, out))) for part in model.modules()]
    model(image)
    for hook in hooks:
        hook.remove()
    return seen


def multiplications(model: nn.Module, image: torch.Tensor) -> int:
    """How many products the convolutions of a model form for one image: each output number takes a whole kernel."""
    return sum(
        out[0].numel() * part.weight[0].numel() for part, out in outputs(model, image) if isinstance(part, nn.Conv2d)
    )


options = lecture_tools.Options(__doc__, epochs=4, lr=0.01, batch_size=64, checkpoint=True)
options.add_argument("--momentum", type=lecture_tools.fraction, default=0.5, help="default: %(default)s")
args = options.parse_args()
torch.manual_seed(args.seed)

# A 1x1 kernel sees one pixel at a time. What it does is mix the channels there: a matrix product at every pixel.
mix = nn.Conv2d(192, 16, kernel_size=1)
with torch.no_grad():
    features = torch.rand(1, 192, 28, 28)
    product = torch.einsum("oc,nchw->nohw", mix.weight[:, :, 0, 0], features) + mix.bias.view(-1, 1, 1)
    gap = (mix(features) - product).abs().max().item()
print(f"a 1x1 convolution against a matrix product at every pixel: largest difference {gap:.4f}")

direct = nn.Conv2d(192, 32, kernel_size=5, padding=2)
reduced = nn.Sequential(nn.Conv2d(192, 16, kernel_size=1), nn.Conv2d(16, 32, kernel_size=5, padding=2))
print("192 channels of 28x28 to 32 by a 5x5 kernel, multiplications:")
print(f"  directly             {multiplications(direct, features):12,}")
print(f"  through 16 channels  {multiplications(reduced, features):12,}")

net = Net()
names = {part: name for name, part in net.named_children()}
print("one image on its way through the network:")
for part, out in outputs(net, torch.zeros(1, 1, 28, 28)):
    if part in names:
        print(f"  {names[part]:10s}  {' x '.join(str(size) for size in out.shape[1:])}")
print(f"{multiplications(net, torch.zeros(1, 1, 28, 28)):,} multiplications an image in the convolutions")

train_loader = DataLoader(lecture_images.load(args.data, train=True), batch_size=args.batch_size, shuffle=True)
test_loader = DataLoader(lecture_images.load(args.data, train=False), batch_size=256)
criterion = nn.CrossEntropyLoss()
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

print("accuracy if a branch of both blocks falls silent:")
for branch in Inception.CHANNELS:
    heard = torch.cat([torch.full((size, 1, 1), float(name != branch)) for name, size in Inception.CHANNELS.items()])
    blocks = (net.inception1, net.inception2)
    hooks = [block.register_forward_hook(lambda block, _, out, heard=heard: out * heard) for block in blocks]
    print(f"  without {branch:4s}  {test():.2f}")
    for hook in hooks:
        hook.remove()

training.summary(accuracy=training.figures["accuracy"][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panels = plt.subplot_mosaic(
        [["digit", *Inception.CHANNELS], ["loss"] * 2 + ["accuracy"] * 3], figsize=(12, 6.5), height_ratios=[1, 1.2]
    )
    image, _ = test_loader.dataset[0]
    block = next(out[0] for part, out in outputs(net, image.unsqueeze(0)) if part is net.inception1)
    pictures = {"digit": image[0]}
    for name, maps in zip(Inception.CHANNELS, block.split(list(Inception.CHANNELS.values())), strict=True):
        pictures[name] = maps[maps.flatten(start_dim=1).std(dim=1).argmax()]  # the channel that shows most
    for name, picture in pictures.items():
        panels[name].imshow(picture.numpy(), cmap="gray" if name == "digit" else "viridis")
        panels[name].set(title="a digit" if name == "digit" else f"branch {name}", xticks=[], yticks=[])
    epochs = range(1, len(training.figures["loss"]) + 1)
    for name in ("loss", "accuracy"):
        panels[name].plot(epochs, training.figures[name])
        panels[name].set(xlabel="epoch", ylabel=name)
    panels["loss"].set_title("Mean cross entropy over the training images")
    panels["accuracy"].set_title("Accuracy on the test images")
    lecture_tools.save_figure(figure, args.plot)
