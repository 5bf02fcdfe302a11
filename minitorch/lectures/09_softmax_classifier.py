"""Lecture 09: many classes: softmax, cross entropy, and ten digits.

Ten logistic outputs would answer ten questions that know nothing of each other, though an image shows one digit only.
Softmax makes one distribution of all outputs: exp makes them positive, dividing by their sum makes that sum 1, and what
one class gains the others lose. The loss is minus the logarithm of the probability that the right class got.
"""

from __future__ import annotations

import lecture_images
import lecture_tools
import torch
import torch.nn.functional as F
from lecture_training import Training
from torch import nn
from torch.utils.data import DataLoader


class Net(nn.Module):
    """784-512-256-128-64-10. No activation after the last layer: CrossEntropyLoss wants the numbers before softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.linear1 = nn.Linear(784, 512)
        self.linear2 = nn.Linear(512, 256)
        self.linear3 = nn.Linear(256, 128)
        self.linear4 = nn.Linear(128, 64)
        self.linear5 = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.view(-1, 784)  # the rows of an image one after the other: which pixels were neighbours is lost
        x = F.relu(self.linear1(x))
        x = F.relu(self.linear2(x))
        x = F.relu(self.linear3(x))
        x = F.relu(self.linear4(x))
        return self.linear5(x)


options = lecture_tools.Options(__doc__, epochs=20, lr=0.01, batch_size=64, checkpoint=True)
options.add_argument("--momentum", type=lecture_tools.fraction, default=0.5, help="default: %(default)s")
args = options.parse_args()
torch.manual_seed(args.seed)


def numbers(values: torch.Tensor) -> str:
    return " ".join(f"{value:8.4f}" for value in values.tolist())


# By hand. z are the outputs of a network for one sample, and y says by a one which of three classes is the right one.
z = torch.tensor([0.2, 0.1, -0.1], requires_grad=True)
y = torch.tensor([1.0, 0.0, 0.0])
y_pred = torch.exp(z) / torch.exp(z).sum()
loss = (-y * torch.log(y_pred)).sum()
loss.backward()
print(f"outputs              {numbers(z)}")
print(f"softmax              {numbers(y_pred)}  sum {y_pred.sum().item():.4f}")
print(f"by hand              loss {loss.item():.6f}  gradient {numbers(z.grad)}")

# By torch, twice: a class is now a number, of dtype int64, and there is a batch dimension.
target = torch.tensor([0])
for name, criterion in (
    ("NLLLoss, log_softmax", lambda z: nn.NLLLoss()(F.log_softmax(z, dim=1), target)),
    ("CrossEntropyLoss", lambda z: nn.CrossEntropyLoss()(z, target)),
):
    z_batch = z.detach().clone().unsqueeze(0).requires_grad_()
    loss = criterion(z_batch)
    loss.backward()
    print(f"{name:20s} loss {loss.item():.6f}  gradient {numbers(z_batch.grad[0])}")
print(f"softmax - y          {' ' * 13}  gradient {numbers(y_pred - y)}")  # that simple, and never flat where wrong

# exp(1000) is infinite, and infinite by infinite is nan. CrossEntropyLoss subtracts the largest output first.
large = torch.tensor([[1000.0, 0.0, -1000.0]])
naive = -torch.log(torch.exp(large) / torch.exp(large).sum())[0, 0]
print(f"outputs of 1000: loss by hand {naive.item()}, CrossEntropyLoss {F.cross_entropy(large, target).item():.6f}")

# Two predictions for the same three samples, of classes 2, 0 and 1: the first mostly right, the second mostly wrong.
labels = torch.tensor([2, 0, 1])
good = torch.tensor([[0.2, 0.1, 1.5], [1.2, -0.3, 0.4], [0.1, 1.8, 0.3]])
bad = torch.tensor([[0.9, 0.4, 0.3], [0.2, 0.3, 1.1], [0.6, 0.2, 0.5]])
for name, outputs in (("good", good), ("bad", bad)):
    right = F.softmax(outputs, dim=1)[range(3), labels]
    loss = nn.CrossEntropyLoss()(outputs, labels)
    print(f"{name + ' prediction':20s} loss {loss.item():.6f}  probabilities of the right classes {numbers(right)}")

# Ten digits.
train_loader = DataLoader(lecture_images.load(args.data, train=True), batch_size=args.batch_size, shuffle=True)
test_loader = DataLoader(lecture_images.load(args.data, train=False), batch_size=256, shuffle=False)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=args.momentum)
training = Training(args, model=net, optimizer=optimizer)


def confusion() -> torch.Tensor:
    """How many test images of each digit (row) are taken for each digit (column)."""
    counts = torch.zeros(100, dtype=torch.int64)
    with torch.no_grad():
        for images, labels in test_loader:
            predicted = net(images).argmax(dim=1)
            counts += torch.bincount(10 * labels + predicted, minlength=100)
    return counts.view(10, 10)


for _ in training.epochs():
    for images, labels in train_loader:
        loss = criterion(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        training.step(loss.item(), samples=len(images))
    counts = confusion()
    training.report(accuracy=counts.trace().item() / counts.sum().item())

counts = confusion()
training.summary(accuracy=counts.trace().item() / counts.sum().item())

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6))
    epochs = range(1, len(training.figures["loss"]) + 1)
    left.plot(epochs, training.figures["loss"])
    left.set(xlabel="epoch", ylabel="cross entropy", title="Mean loss over the training images")
    middle.plot(epochs, training.figures["accuracy"], color="tab:green")
    middle.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1), title="Accuracy on the test images")
    shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
    right.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    for digit, row in enumerate(counts.tolist()):
        for taken_for, count in enumerate(row):
            if count:
                color = "white" if shares[digit, taken_for] > 0.5 else "black"
                right.text(taken_for, digit, count, ha="center", va="center", fontsize=8, color=color)
    right.set(xlabel="taken for", ylabel="digit", title="Test images: what each digit is taken for")
    right.set(xticks=range(10), yticks=range(10))
    right.grid(visible=False)
    lecture_tools.save_figure(figure, args.plot)
