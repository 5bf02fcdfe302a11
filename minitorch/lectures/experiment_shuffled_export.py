"""Experiment: predictions exported in shuffled order.

A DataLoader that shuffles gives inputs and labels in the same new order, so accuracy can be computed from it and comes
out right. A file of predictions has no labels beside them: its lines are matched with the samples by their place alone.
Predict from a shuffled loader, and each prediction lands beside the wrong sample, though the model is as good as ever.
"""

from __future__ import annotations

import csv
import io

import lecture_tools
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CENTERS = torch.tensor([[0.0, 2.0], [-1.8, -1.0], [1.8, -1.0]])
Matches = list[tuple[int, int]]

options = lecture_tools.Options(__doc__, epochs=20, lr=0.1, batch_size=32)
args = options.parse_args()
torch.manual_seed(args.seed)


def cloud(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points (count, 2) around the three centers, and which center each belongs to."""
    labels = torch.randint(0, 3, (count,))
    return CENTERS[labels] + 0.8 * torch.randn(count, 2), labels


x_train, y_train = cloud(600)
x_test, y_test = cloud(300)
print("data: 600 points made by the experiment, around three centers, and 300 to predict")

model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=args.batch_size, shuffle=True)
losses = []
for epoch in lecture_tools.progress(args.epochs):
    total = 0.0
    for inputs, labels in train_loader:  # in training, shuffling is right
        loss = criterion(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(inputs)
    losses.append(total / len(x_train))
    lecture_tools.report(epoch, args.epochs, loss=losses[-1])

model.eval()


@torch.no_grad()
def measured(loader: DataLoader) -> float:
    """The accuracy while the labels are at hand."""
    return sum((model(inputs).argmax(dim=1) == labels).sum().item() for inputs, labels in loader) / len(loader.dataset)


@torch.no_grad()
def export(loader: DataLoader) -> str:
    """A csv file of the predictions, numbered as they come."""
    predictions = [label for (inputs,) in loader for label in model(inputs).argmax(dim=1).tolist()]
    return written(list(enumerate(predictions)))


@torch.no_grad()
def export_with_ids(loader: DataLoader) -> str:
    """A csv file of the predictions, for a loader whose samples bring their numbers along."""
    rows = []
    for ids, inputs in loader:
        rows += zip(ids.tolist(), model(inputs).argmax(dim=1).tolist(), strict=True)
    return written(rows)


def written(rows: Matches) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([("id", "label"), *rows])
    return file.getvalue()


def read(text: str) -> torch.Tensor:
    """The predictions of a file by the samples' numbers: all that whoever receives the file has."""
    predicted = torch.empty_like(y_test)
    for row in csv.DictReader(io.StringIO(text)):
        predicted[int(row["id"])] = int(row["label"])
    return predicted


labelled, unlabelled = TensorDataset(x_test, y_test), TensorDataset(x_test)
numbered = TensorDataset(torch.arange(len(x_test)), x_test)
files = {
    "shuffle=True": export(DataLoader(unlabelled, batch_size=32, shuffle=True)),
    "shuffle=False": export(DataLoader(unlabelled, batch_size=32, shuffle=False)),
    "shuffle=True, with ids": export_with_ids(DataLoader(numbered, batch_size=32, shuffle=True)),
}
for shuffle in (True, False):
    accuracy = measured(DataLoader(labelled, batch_size=32, shuffle=shuffle))
    print(f"measured beside the labels, shuffle={shuffle!s:5s}   accuracy {accuracy:.4f}")
results = {name: read(file) for name, file in files.items()}
for name, predicted in results.items():
    print(f"exported, {name:22s}       accuracy {(predicted == y_test).float().mean().item():.4f}")
kept = all(torch.equal(results["shuffle=True"].bincount(), predicted.bincount()) for predicted in results.values())
print(f"as many predictions of each class in all three files: {'yes' if kept else 'no'}")  # so a glance finds nothing

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=accuracy)

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panels = plt.subplots(1, 3, figsize=(14, 4.8), sharex=True, sharey=True)
    for panel, (name, predicted) in zip(panels, results.items(), strict=True):
        panel.scatter(x_test[:, 0].numpy(), x_test[:, 1].numpy(), c=predicted.numpy(), cmap="brg", s=14)
        panel.set(title=f"The file, {name}", xlabel="x1", ylabel="x2")
    lecture_tools.save_figure(figure, args.plot)
