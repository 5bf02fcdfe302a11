"""Lecture 08: Dataset and DataLoader, training by mini-batches.

    epoch       one pass over all training samples
    batch size  how many samples go forward and backward together
    iteration   one such step: an epoch has samples / batch size of them

A Dataset answers two questions: how many samples are there, and which is the i-th? A DataLoader shuffles the numbers,
asks for the samples, in other processes if told so, and stacks them into batches.
"""

from __future__ import annotations

from pathlib import Path

import lecture_tools
import torch
from torch.utils.data import DataLoader, Dataset, random_split


class DiabetesDataset(Dataset):
    """The diabetes table. It is small, so it is read once and kept.

    Of a million images one would keep the file names alone, and open a file in `__getitem__`.
    """

    def __init__(self, directory: Path | None) -> None:
        xy = lecture_tools.load_diabetes(directory)  # np.loadtxt(file, delimiter=",", dtype=np.float32), with checks
        self.x_data = torch.from_numpy(xy[:, :-1])
        self.y_data = torch.from_numpy(xy[:, [-1]])
        self.len = xy.shape[0]

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.x_data[index], self.y_data[index]

    def __len__(self) -> int:
        return self.len


class Model(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear1 = torch.nn.Linear(8, 6)
        self.linear2 = torch.nn.Linear(6, 4)
        self.linear3 = torch.nn.Linear(4, 1)
        self.sigmoid = torch.nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.sigmoid(self.linear1(x))
        x = self.sigmoid(self.linear2(x))
        x = self.sigmoid(self.linear3(x))
        return x


def main() -> None:
    options = lecture_tools.Options(__doc__, epochs=100, lr=0.5, batch_size=32)
    options.add_argument(
        "--workers", type=lecture_tools.natural, default=0, help="processes that load batches (default: %(default)s)"
    )
    args = options.parse_args()
    torch.manual_seed(args.seed)

    dataset = DiabetesDataset(args.data)
    held_out = len(dataset) // 5  # a model is judged by samples that it has not seen
    train_set, test_set = random_split(dataset, [len(dataset) - held_out, held_out])
    train_loader = DataLoader(dataset=train_set, batch_size=args.batch_size, shuffle=True, num_workers=args.workers)
    test_loader = DataLoader(dataset=test_set, batch_size=args.batch_size, shuffle=False)  # order cannot matter here
    print(f"{len(train_set)} samples to train on, {len(test_set)} held out, {len(train_loader)} iterations an epoch")

    model = Model()
    criterion = torch.nn.BCELoss(reduction="mean")
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)

    def test() -> float:
        correct = 0
        model.eval()
        with torch.no_grad():
            for inputs, labels in test_loader:
                predicted = (model(inputs) > 0.5).float()
                correct += (predicted == labels).sum().item()
        model.train()
        return correct / len(test_set)

    losses, accuracies = [], []
    for epoch in lecture_tools.progress(args.epochs):
        total = 0.0
        for i, data in enumerate(train_loader, 0):
            inputs, labels = data
            y_pred = model(inputs)
            loss = criterion(y_pred, labels)
            total += loss.item() * inputs.size(0)  # the last batch may be smaller

            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if epoch == 1 and i % 5 == 0:
                lecture_tools.say(f"  iteration {i + 1:3d}: {inputs.size(0)} samples, loss {loss.item():.6f}")
        losses.append(total / len(train_set))
        accuracies.append(test())
        lecture_tools.report(epoch, args.epochs, loss=losses[-1], accuracy=accuracies[-1])

    lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=accuracies[-1])

    if args.plot:
        plt = lecture_tools.pyplot()
        figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
        epochs = range(1, args.epochs + 1)
        left.plot(epochs, losses)
        left.set(xlabel="epoch", ylabel="binary cross entropy", title="Mean loss over the training samples")
        right.plot(epochs, accuracies, color="tab:green")
        right.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1), title="Accuracy on the samples held out")
        lecture_tools.save_figure(figure, args.plot)


# A worker process may begin by importing this file again: it does where processes are spawned, as on Windows and macOS.
# What stands below this line runs in the first process only; without it each worker would train, and start workers.
if __name__ == "__main__":
    main()
