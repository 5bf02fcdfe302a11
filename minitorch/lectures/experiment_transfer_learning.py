"""Experiment: transfer learning, or how what was learnt of some pictures helps with others.

Three examples of a class are few to learn from. But the first layers of a network that was trained on other pictures
find strokes and corners already, and those are the same everywhere. Three ways to learn the new classes:

    scratch     all weights start at random, as if there were no other pictures
    extraction  the old layers are frozen, a feature extractor; only a new last layer learns
    tuning      the old layers go on learning too, by steps a tenth as long as the new layer's

The old pictures are digits 0 to 4, the new ones a few of digits 5 to 9; or --weights FILE holds what was learnt of the
old ones, and --images DIR the new ones: a folder of train/CLASS/*.jpg and val/CLASS/*.jpg.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lecture_images
import lecture_tools
import torch
from lecture_training import Training, one_of_several
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, models, transforms

WAYS = ("scratch", "extraction", "tuning")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pictures, which torchvision's weights expect


class SmallNet(nn.Module):
    """(N, 3, H, W) to (N, num_classes). The last layer is called fc, as in torchvision's residual networks.

    It sees the mean of each of 64 channels alone: not where a stroke was found, but how many. So the channels must be
    good, and that is what old pictures can teach. SiLU is a ReLU without its corner.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *self.convolution(3, 16),
            nn.AvgPool2d(2),
            *self.convolution(16, 32),
            nn.AvgPool2d(2),
            *self.convolution(32, 64),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.fc = nn.Linear(64, num_classes)

    @staticmethod
    def convolution(in_channels: int, out_channels: int) -> tuple[nn.Module, ...]:
        conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        return conv, nn.BatchNorm2d(out_channels), nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x))


BACKBONES = {"small": SmallNet, "resnet18": models.resnet18}


class FiveDigits(Dataset):
    """The digits from `first` to `first` + 4 of a data set, as classes 0 to 4; at most `shots` of each, if given."""

    def __init__(self, digits: Dataset, first: int, shots: int | None = None) -> None:
        labels = torch.tensor([label for _, label in digits])
        rows = [(labels == digit).nonzero().flatten()[:shots] for digit in range(first, first + 5)]
        self.rows = torch.cat(rows).tolist()
        self.digits = digits
        self.first = first

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image, label = self.digits[self.rows[index]]
        return image.expand(3, -1, -1), label - self.first  # the networks look at colours: grey is three equal ones

    def __len__(self) -> int:
        return len(self.rows)


def picture(path: str) -> Any:
    try:
        return datasets.folder.default_loader(path)
    except OSError as error:
        lecture_tools.stop(f"cannot read {path}: {error}")


def pictures(folder: Path) -> tuple[Dataset, Dataset]:
    """The training and the test set of an image folder.

    Trained on are random cuts and mirror images of each picture, another one every epoch; judged is the middle of it.
    """
    normalize = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    varied = transforms.Compose([transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), *normalize])
    middle = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), *normalize])
    try:
        train_set = datasets.ImageFolder(folder / "train", transform=varied, loader=picture)
        test_set = datasets.ImageFolder(folder / "val", transform=middle, loader=picture)
    except OSError as error:
        lecture_tools.stop(f"cannot use the pictures in {folder}: {error}")
    if train_set.classes != test_set.classes:
        lecture_tools.stop(
            f"cannot use the pictures in {folder}: train has the classes {', '.join(train_set.classes)}, "
            f"val has {', '.join(test_set.classes)}"
        )
    lecture_tools.say(f"data: {len(train_set)} pictures of {', '.join(train_set.classes)}")
    return train_set, test_set


def load_weights(path: Path, backbone: str) -> nn.Module:
    """A network with the weights in a file; how many classes it tells apart, the file says."""
    try:
        state = torch.load(path, weights_only=True)
        net = BACKBONES[backbone](num_classes=len(state["fc.bias"]))
        net.load_state_dict(state)
    except Exception as error:  # of a file that holds something else, anything may be raised
        lecture_tools.stop(f"cannot use {path} as weights of {backbone}: {error}")
    return net


def replace_head(net: nn.Module, num_classes: int) -> None:
    """Put a new last layer in the place of the old one; its parameters are new, and know of no optimizer."""
    net.fc = nn.Linear(net.fc.in_features, num_classes)


def old_parameters(net: nn.Module) -> list[nn.Parameter]:
    return [parameter for name, parameter in net.named_parameters() if not name.startswith("fc.")]


def one_step(net: nn.Module, optimizer: torch.optim.Optimizer, watched: Callable[[], Tensor]) -> float:
    """Train one step on random pictures; return by how much the watched tensor has moved."""
    before = watched().clone()
    loss = nn.functional.cross_entropy(net(torch.rand(8, 3, 28, 28)), torch.arange(8) % 5)
    loss.backward()
    optimizer.step()
    return (watched() - before).abs().max().item()


def show_traps() -> None:
    """Three mistakes that raise no error: what is to stay moves, or what is to learn stays."""

    def trained() -> tuple[nn.Module, torch.optim.Optimizer]:
        net = SmallNet(num_classes=5)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
        one_step(net, optimizer, lambda: net.fc.weight.detach())
        return net, optimizer

    print("traps: by how much weights or statistics move in one step")
    for set_to_none in (True, False):
        net, optimizer = trained()
        kernels = net.features[0].weight.requires_grad_(False)  # frozen, but its optimizer has not heard of it
        optimizer.zero_grad(set_to_none=set_to_none)
        move = one_step(net, optimizer, lambda kernels=kernels: kernels)
        gradient = "gone" if set_to_none else "zeros"
        print(f"  frozen, still in the optimizer, its gradient {gradient:6s}  {move:.4f}")

    for mode in ("eval", "train"):
        net, optimizer = trained()
        net.requires_grad_(False)
        replace_head(net, num_classes=5)
        net.train(mode == "train")
        move = one_step(net, optimizer, lambda net=net: net.features[1].running_mean)
        print(f"  mean of a frozen BatchNorm in {mode + ' mode':22s}  {move:.4f}")

    for early in (True, False):
        net = SmallNet(num_classes=10)
        if early:
            replace_head(net, num_classes=5)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        if not early:
            replace_head(net, num_classes=5)
        move = one_step(net, optimizer, lambda net=net: net.fc.weight.detach())
        print(f"  last layer replaced {'before' if early else 'after':6s} the optimizer was built  {move:.4f}")


def accuracy(net: nn.Module, samples: DataLoader) -> float:
    correct = 0
    net.eval()
    with torch.no_grad():
        for images, labels in samples:
            correct += (net(images).argmax(dim=1) == labels).sum().item()
    return correct / len(samples.dataset)


def main() -> None:
    options = lecture_tools.Options(__doc__, epochs=20, lr=0.2, batch_size=5, checkpoint=True)
    options.add_argument("--backbone", choices=BACKBONES, default="small", help="default: %(default)s")
    options.add_argument(
        "--weights", type=Path, metavar="FILE", help="weights of the backbone (a state_dict), instead of pretraining it"
    )
    options.add_argument("--save", type=lecture_tools.output_file, metavar="FILE", help="keep the pretrained weights")
    options.add_argument("--images", type=Path, metavar="DIR", help="learn these pictures; needs --weights")
    options.add_argument(
        "--shots", type=lecture_tools.positive, default=3, help="examples of each new digit (default: %(default)s)"
    )
    options.add_argument(
        "--pretrain-epochs", type=lecture_tools.positive, default=6, help="on the old digits (default: %(default)s)"
    )
    args = options.parse_args()
    if args.images is not None and args.weights is None:
        options.error("--images needs --weights: the pictures are too few to pretrain on")
    if args.weights is not None and args.save is not None:
        options.error("--save keeps what was pretrained, and with --weights nothing is")
    if args.batch_size < 2:
        options.error("--batch-size must be at least 2: BatchNorm cannot normalise a single picture")
    torch.manual_seed(args.seed)
    criterion = nn.CrossEntropyLoss()
    show_traps()

    def loaders(train_set: Dataset, test_set: Dataset, batch_size: int) -> tuple[DataLoader, DataLoader]:
        """What to train on, but for a last batch that is short (it may be a single picture), and what to judge by."""
        if len(train_set) < 2 or len(test_set) == 0:
            lecture_tools.stop(
                f"expected at least 2 pictures to train on and 1 to judge by, got {len(train_set)} and {len(test_set)}"
            )
        batch_size = min(batch_size, len(train_set))
        return (
            DataLoader(train_set, batch_size=batch_size, shuffle=True, drop_last=True),
            DataLoader(test_set, batch_size=256 if args.images is None else batch_size),
        )

    def train(
        name: str,
        net: nn.Module,
        parameters: list[Any],
        samples: tuple[DataLoader, DataLoader],
        epochs: int,
        frozen: bool = False,
    ) -> Training:
        train_loader, test_loader = samples
        optimizer = torch.optim.SGD(parameters, lr=args.lr, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=max(1, epochs // 3), gamma=0.5)
        own = one_of_several(args, name)
        own.epochs = epochs
        training = Training(own, model=net, optimizer=optimizer, scheduler=scheduler)
        for _ in training.epochs():
            net.train(not frozen)  # a frozen network must not move its BatchNorm statistics either
            for images, labels in train_loader:
                loss = criterion(net(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                training.step(loss.item(), samples=len(images))
            scheduler.step()  # once an epoch, after the optimizer
            training.report(accuracy=accuracy(net, test_loader))
        return training

    if args.images is None:
        train_digits, test_digits = (lecture_images.load(args.data, train=part) for part in (True, False))
        classes = 5
        new = loaders(FiveDigits(train_digits, 5, args.shots), FiveDigits(test_digits, 5), args.batch_size)
    else:
        train_set, test_set = pictures(args.images)
        classes = len(train_set.classes)
        new = loaders(train_set, test_set, args.batch_size)

    with tempfile.TemporaryDirectory() as folder:
        weights = args.weights or args.save or Path(folder) / "pretrained.pt"
        if args.weights is None:
            old = loaders(FiveDigits(train_digits, 0), FiveDigits(test_digits, 0), batch_size=64)
            print(f"pretraining on {len(old[0].dataset)} images of digits 0 to 4")
            net = BACKBONES[args.backbone](num_classes=5)
            parameters: list[Any] = [{"params": list(net.parameters()), "lr": args.lr / 4}]
            train("pretraining", net, parameters, old, args.pretrain_epochs)
            with lecture_tools.replacing(weights) as draft:
                torch.save(net.state_dict(), draft)
        pretrained = load_weights(weights, args.backbone)

    trainings, rows = {}, []
    for way in WAYS:
        print(f"{way}: {len(new[0].dataset)} images to train on, {len(new[1].dataset)} to judge by")
        torch.manual_seed(args.seed)
        if way == "scratch":
            net = BACKBONES[args.backbone](num_classes=classes)
            parameters = list(net.parameters())
        else:
            net = copy.deepcopy(pretrained)
            net.requires_grad_(way == "tuning")
            replace_head(net, classes)
            parameters = [{"params": list(net.fc.parameters())}]
            if way == "tuning":
                parameters.append({"params": old_parameters(net), "lr": args.lr / 10})
        trainings[way] = train(way, net, parameters, new, args.epochs, frozen=way == "extraction")
        learnt = sum(parameter.numel() for parameter in net.parameters() if parameter.requires_grad)
        rows.append((way, learnt, accuracy(net, DataLoader(new[0].dataset, batch_size=args.batch_size))))

    print("way         weights learnt  last loss  on the examples  on others")
    for way, learnt, known in rows:
        figures = trainings[way].figures
        print(f"  {way:10s}{learnt:14,}{figures['loss'][-1]:11.4f}{known:17.2f}{figures['accuracy'][-1]:11.2f}")
    chosen = trainings["tuning"]
    chosen.summary(accuracy=chosen.figures["accuracy"][-1])

    if args.plot:
        plt = lecture_tools.pyplot()
        figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))
        for way, training in trainings.items():
            epochs = range(1, len(training.figures["loss"]) + 1)
            left.plot(epochs, training.figures["loss"], label=way)
            right.plot(epochs, training.figures["accuracy"], label=way)
        left.set(xlabel="epoch", ylabel="cross entropy", title="Loss on the few examples")
        right.set(xlabel="epoch", ylabel="accuracy", title="Accuracy on pictures not trained on")
        right.legend()
        lecture_tools.save_figure(figure, args.plot)


if __name__ == "__main__":
    main()
