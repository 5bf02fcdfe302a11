"""Lecture 08, homework: who survived the Titanic?

Real tables are not eight clean numbers a row. Here are words (male, female), classes without an order (the port),
ages that nobody wrote down and fares that differ by a factor of a hundred. Most of the work is making numbers of them.
The network is small; a fifth of the passengers is held out to judge it; --out FILE writes its answers for test.csv.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import lecture_tools
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

COLUMNS = ("PassengerId", "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
FEATURES = (
    "class 1",
    "class 2",
    "class 3",
    "female",
    "age",
    "age unknown",
    "relatives",
    "log fare",
    "from C",
    "from Q",
)
Record = dict[str, str]


def features(record: Record) -> list[float]:
    """A passenger as numbers; an age or a fare that is not known as nan, to be filled in later."""
    if record["Sex"] not in ("male", "female"):
        raise ValueError(f"Sex must be male or female, got {record['Sex']!r}")
    if record["Pclass"] not in ("1", "2", "3"):
        raise ValueError(f"Pclass must be 1, 2 or 3, got {record['Pclass']!r}")
    age = float(record["Age"] or "nan")
    fare = float(record["Fare"] or "nan")
    relatives = float(record["SibSp"]) + float(record["Parch"])
    if age < 0 or fare < 0 or math.isinf(age + fare) or not math.isfinite(relatives):
        raise ValueError("Age, Fare, SibSp and Parch must be finite, and Age and Fare not negative")
    return [
        *(float(record["Pclass"] == name) for name in "123"),  # three columns: class 3 is not three times class 1
        float(record["Sex"] == "female"),
        age,
        float(math.isnan(age)),  # that nobody knew the age says something too
        relatives,
        math.log1p(fare),
        *(float(record["Embarked"] == name) for name in "CQ"),
    ]


def label(record: Record) -> list[float]:
    if record["Survived"] not in ("0", "1"):
        raise ValueError(f"Survived must be 0 or 1, got {record['Survived']!r}")
    return [float(record["Survived"])]


def read(path: Path, labelled: bool) -> tuple[list[Record], torch.Tensor, torch.Tensor | None]:
    """The rows of a passenger list, as they are and as tensors."""
    records = lecture_tools.read_records(path, [*COLUMNS, "Survived"] if labelled else COLUMNS)
    rows, labels = [], []
    for line, record in enumerate(records, start=2):
        try:
            rows.append(features(record))
            if labelled:
                labels.append(label(record))
        except ValueError as error:
            lecture_tools.stop(f"cannot use {path}: row {line}: {error}")
    return records, torch.tensor(rows), torch.tensor(labels) if labelled else None


def invent(count: int) -> list[Record]:
    """Passengers that never were, with the columns of the real list, for when the real list is not at hand."""
    dice = random.Random(1912)
    records = []
    for number in range(1, count + 1):
        pclass = dice.choice((1, 2, 3, 3))
        female = dice.random() < 0.35
        age = min(80.0, max(1.0, dice.gauss(42 - 5 * pclass, 13)))
        logit = 3.2 + (4.5 if female else 0) - 1.8 * pclass - 0.04 * age
        records.append(
            {
                "PassengerId": str(number),
                "Survived": str(int(dice.random() < 1 / (1 + math.exp(-logit)))),
                "Pclass": str(pclass),
                "Sex": "female" if female else "male",
                "Age": "" if dice.random() < 0.2 else f"{age:.0f}",
                "SibSp": str(dice.choice((0, 0, 1, 2))),
                "Parch": str(dice.choice((0, 0, 0, 1))),
                "Fare": f"{math.exp(dice.gauss(5 - pclass, 0.5)):.2f}",
                "Embarked": dice.choice("SSSCQ"),
            }
        )
    return records


options = lecture_tools.Options(__doc__, epochs=60, lr=0.005, batch_size=32)
options.add_argument("--hidden", type=lecture_tools.positive, default=16, help="hidden units (default: %(default)s)")
options.add_argument("--out", type=lecture_tools.output_file, metavar="FILE", help="predictions for test.csv, as csv")
args = options.parse_args()
torch.manual_seed(args.seed)

if args.data is None:
    people = invent(900)
    unknown = people[700:]
    x, y = torch.tensor([features(one) for one in people[:700]]), torch.tensor([label(one) for one in people[:700]])
    x_unknown = torch.tensor([features(one) for one in unknown])
    print("data: 700 passengers invented by the lecture, in the columns of the Titanic's list")
else:
    path = lecture_tools.data_file(args.data, "titanic/train.csv")
    records, x, y = read(path, labelled=True)
    if len(records) < 10:
        lecture_tools.stop(f"cannot use {path}: expected at least 10 rows, got {len(records)}")
    unknown, x_unknown, _ = read(lecture_tools.data_file(args.data, "titanic/test.csv"), labelled=False)
    print(f"data: titanic/train.csv: {len(records)} passengers")

# Hold out a fifth, at random. What is computed from data (medians, means) is computed from the other four fifths alone:
# the held-out passengers stand for people that nobody has met yet.
order = torch.randperm(len(x))
held_out, kept = order[: len(x) // 5], order[len(x) // 5 :]


def median(column: torch.Tensor) -> torch.Tensor:
    known = column[~column.isnan()]
    return known.median() if known.numel() else torch.tensor(0.0)


ages_missing = x[:, FEATURES.index("age")].isnan().sum().item()
medians = torch.stack([median(column) for column in x[kept].unbind(dim=1)])
x = torch.where(x.isnan(), medians, x)
x_unknown = torch.where(x_unknown.isnan(), medians, x_unknown)
mean, std = x[kept].mean(dim=0), x[kept].std(dim=0).clamp(min=1e-3)
x = (x - mean) / std
x_unknown = (x_unknown - mean) / std
print(f"{len(kept)} passengers to train on, {len(held_out)} held out, {len(FEATURES)} features each")
print(f"{ages_missing} ages are not known, and set to the median, {medians[FEATURES.index('age')].item():.1f}")

# BCEWithLogitsLoss takes the numbers before the logistic function, and stays exact where that function is flat.
model = nn.Sequential(nn.Linear(len(FEATURES), args.hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(args.hidden, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr, weight_decay=1e-3)
loader = DataLoader(TensorDataset(x[kept], y[kept]), batch_size=args.batch_size, shuffle=True)


@torch.no_grad()
def accuracy(rows: torch.Tensor) -> float:
    model.eval()  # no dropout while judging
    right = (model(x[rows]) > 0) == y[rows].bool()
    model.train()
    return right.float().mean().item()


losses, judged = [], []
for epoch in lecture_tools.progress(args.epochs):
    batch_losses = []
    for inputs, labels in loader:
        loss = criterion(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        batch_losses.append(loss.item())
    losses.append(sum(batch_losses) / len(batch_losses))
    judged.append((accuracy(kept), accuracy(held_out)))
    lecture_tools.report(epoch, args.epochs, loss=losses[-1], trained=judged[-1][0], held_out=judged[-1][1])

# Answers for people whose fate is not known, in the order of the file: a loader for this must never shuffle.
model.eval()
with torch.no_grad():
    answers = (model(x_unknown).squeeze(1) > 0).long().tolist()
print(f"of the {len(answers)} passengers of the test list, {sum(answers)} are predicted to survive")
if args.out:
    lines = [f"{one['PassengerId']},{answer}" for one, answer in zip(unknown, answers, strict=True)]
    with lecture_tools.replacing(args.out) as draft:
        draft.write_text("\n".join(["PassengerId,Survived", *lines, ""]), encoding="utf-8")

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=judged[-1][1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    epochs = range(1, args.epochs + 1)
    left.plot(epochs, losses)
    left.set(xlabel="epoch", ylabel="binary cross entropy", title="Loss, with dropout")
    for name, curve in zip(("trained on", "held out"), zip(*judged, strict=True), strict=True):
        right.plot(epochs, curve, label=name)
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0.5, 1), title="Accuracy")
    right.legend()
    lecture_tools.save_figure(figure, args.plot)
