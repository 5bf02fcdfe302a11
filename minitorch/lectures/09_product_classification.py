"""Lecture 09, homework: products of nine classes, judged by the log loss.

A shop's products, each described by 93 counts that nobody explains, are to be sorted into nine classes. What is asked
for is not the class but the probability of each, and the score is the mean of -log(probability of the right class):
to be wrong is expensive, and to be wrong and sure is ruinous. That is the cross entropy, so training minimises the
very score. --submission FILE writes the probabilities for the products of the test file, in its order.
"""

from __future__ import annotations

import csv
import io
import math
import random
from pathlib import Path

import lecture_tools
import torch
import torch.nn.functional as F
from lecture_training import Training
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FEATURES = [f"feat_{number}" for number in range(1, 94)]
CLASSES = [f"Class_{number}" for number in range(1, 10)]

Products = tuple[list[str], torch.Tensor, torch.Tensor]
"""The ids, the counts (products, 93), and the classes by number (products), which are none in a test file."""


def read(path: Path, labelled: bool) -> Products:
    """The products of a file with the columns id, feat_1 to feat_93, and in a training file target."""
    reader = csv.reader(io.StringIO(lecture_tools.read_text(path), newline=""))
    header = ["id", *FEATURES, *(["target"] if labelled else [])]
    if next(reader, None) != header:
        lecture_tools.stop(f"cannot use {path}: its first line must be {header[0]},{header[1]},...,{header[-1]}")
    ids, rows, classes = [], [], []
    for line, row in enumerate(reader, start=2):
        try:
            if len(row) != len(header):
                raise ValueError(f"expected {len(header)} fields, got {len(row)}")
            counts = [float(field) for field in row[1:94]]
            if not all(0 <= count < math.inf for count in counts):
                raise ValueError("a count must be finite and not negative")
            if labelled:
                classes.append(CLASSES.index(row[94]))
        except ValueError as error:
            lecture_tools.stop(f"cannot use {path}: row {line}: {error}")
        ids.append(row[0])
        rows.append(torch.tensor(counts))
    if not rows:
        lecture_tools.stop(f"cannot use {path}: no rows below the header")
    return ids, torch.stack(rows), torch.tensor(classes)


def invent(count: int) -> Products:
    """Products that never were, with the columns of the real ones: some counts are usual in some of the classes."""
    dice = random.Random(93)
    usual = [dice.gauss(-1.5, 1.0) for _ in FEATURES]
    means = [[math.exp(mean + dice.gauss(0.0, 0.55)) for mean in usual] for _ in CLASSES]
    classes = [dice.randrange(len(CLASSES)) for _ in range(count)]
    rows = [[float(int(dice.expovariate(1 / mean))) for mean in means[label]] for label in classes]
    return [str(number) for number in range(1, count + 1)], torch.tensor(rows), torch.tensor(classes)


options = lecture_tools.Options(__doc__, epochs=20, lr=0.05, batch_size=64, checkpoint=True)
options.add_argument("--momentum", type=lecture_tools.fraction, default=0.5, help="default: %(default)s")
options.add_argument(
    "--submission", type=lecture_tools.output_file, metavar="FILE", help="probabilities of the test file, as csv"
)
args = options.parse_args()
torch.manual_seed(args.seed)

if args.data is not None and (args.data / "otto").is_dir():
    path = lecture_tools.data_file(args.data, "otto/train.csv")
    _, counts, labels = read(path, labelled=True)
    if len(labels) < 10:
        lecture_tools.stop(f"cannot use {path}: expected at least 10 rows, got {len(labels)}")
    if args.submission:
        unknown_ids, unknown, _ = read(lecture_tools.data_file(args.data, "otto/test.csv"), labelled=False)
    print(f"data: otto/train.csv: {len(labels)} products")
else:
    ids, counts, labels = invent(2500)
    unknown_ids, unknown = ids[2000:], counts[2000:]
    counts, labels = counts[:2000], labels[:2000]
    print("data: 2000 products invented by the lecture, with the columns of otto/train.csv, which is not here")

# Counts are mostly 0 and sometimes 100. The logarithm brings them together, and 1 + count has one.
held_out, kept = torch.randperm(len(labels)).split([len(labels) // 5, len(labels) - len(labels) // 5])
x = torch.log1p(counts)
mean, std = x[kept].mean(dim=0), x[kept].std(dim=0).clamp(min=1e-3)
x = (x - mean) / std

shares = torch.bincount(labels[kept], minlength=9) / len(kept)
print("share of each class:  " + " ".join(f"{share:.3f}" for share in shares.tolist()))
guess = F.nll_loss(torch.log(shares.clamp(min=1e-15)).expand(len(held_out), 9), labels[held_out]).item()
print(f"log loss of answering these shares to every product: {guess:.4f}")

model = nn.Sequential(nn.Linear(93, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 9))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum)
loader = DataLoader(TensorDataset(x[kept], labels[kept]), batch_size=args.batch_size, shuffle=True)


@torch.no_grad()
def log_probabilities(rows: torch.Tensor) -> torch.Tensor:
    model.eval()  # no dropout while judging
    result = F.log_softmax(model(rows), dim=1)
    model.train()
    return result


training = Training(args, free=("submission",), model=model, optimizer=optimizer)
for _ in training.epochs():
    for inputs, targets in loader:
        loss = criterion(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        training.step(loss.item(), samples=len(inputs))
    answers = log_probabilities(x[held_out])
    accuracy = (answers.argmax(dim=1) == labels[held_out]).float().mean().item()
    training.report(held_out=F.nll_loss(answers, labels[held_out]).item(), accuracy=accuracy)

if args.submission:
    answers = log_probabilities((torch.log1p(unknown) - mean) / std).exp()
    lines = [
        ",".join([name, *(f"{probability:.6f}" for probability in row)])
        for name, row in zip(unknown_ids, answers.tolist(), strict=True)
    ]
    with lecture_tools.replacing(args.submission) as draft:
        draft.write_text("\n".join([",".join(["id", *CLASSES]), *lines, ""]), encoding="utf-8")

training.summary(accuracy=training.figures["accuracy"][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6))
    epochs = range(1, len(training.figures["loss"]) + 1)
    left.plot(epochs, training.figures["loss"], label="trained on, with dropout")
    left.plot(epochs, training.figures["held_out"], label="held out")
    left.axhline(guess, color="gray", linestyle=":", label="the shares of the classes")
    left.set(xlabel="epoch", ylabel="log loss", title="Log loss")
    left.legend()
    answers = log_probabilities(x[held_out]).exp()
    own = torch.stack([answers[labels[held_out] == number].mean(dim=0) for number in range(9)])
    right.imshow(own.numpy(), cmap="Blues", vmin=0, vmax=1)
    right.set(xlabel="probability of class", ylabel="class", title="Held out: mean probabilities, class by class")
    right.set(xticks=range(9), yticks=range(9), xticklabels=range(1, 10), yticklabels=range(1, 10))
    right.grid(visible=False)
    lecture_tools.save_figure(figure, args.plot)
