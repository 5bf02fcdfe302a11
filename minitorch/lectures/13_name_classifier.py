"""Lecture 13: from which country is this name? A classifier with a recurrent network.

A name is a sequence of characters, and every name has another length. The shorter names of a batch are filled up with
zeros, the batch is sorted by length and packed, so that the network spends no step on what was filled up and its last
hidden state is that after the name's own last character. The recurrent layer reads in both directions: the ending of a
name says as much as its beginning.

    x (seq, batch) -> Embedding -> GRU, 2 layers, both directions -> hn of the last layer -> Linear -> scores
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import lecture_tools
import torch
from lecture_text import pad
from lecture_training import Training
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader, Dataset

N_CHARS = 128  # ASCII; its 0, which no name holds, fills up
N_LAYERS = 2

# For when the real lists are not at hand: surnames that are well known, a few of each country.
SURNAMES = {
    "Chinese": "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo Lin He Gao Luo Zheng Liang",
    "English": "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White "
    "Roberts Green Hall Wood Jackson Clarke Harrison Baker",
    "French": "Martin Bernard Dubois Durand Moreau Laurent Lefebvre Leroy Roux Fournier Girard Bonnet Rousseau Blanc "
    "Chevalier Gauthier Perrin Renaud Leclerc Lemaire Dupont Beaumont",
    "German": "Mueller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schaefer Koch Bauer Richter "
    "Klein Wolf Schroeder Neumann Schwarz Zimmermann Braun Krueger",
    "Italian": "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Costa "
    "Giordano Mancini Rizzo Lombardi Moretti Barbieri Fontana Santoro",
    "Japanese": "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki "
    "Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Saito Mori Ikeda",
    "Polish": "Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak Dabrowski "
    "Kozlowski Jankowski Mazur Krawczyk Piotrowski Grabowski Pawlowski Michalski Krol Wieczorek Jablonski",
    "Russian": "Ivanov Smirnov Kuznetsov Popov Vasiliev Petrov Sokolov Mikhailov Novikov Fedorov Morozov Volkov "
    "Alekseev Lebedev Semenov Egorov Pavlov Kozlov Stepanov Nikolaev Orlov Andreev",
}


def ascii_codes(name: str) -> list[int]:
    """The name's characters by their ASCII numbers; an accent is taken off (é is e), what is left over is dropped."""
    return [ord(character) for character in unicodedata.normalize("NFKD", name) if 0 < ord(character) < N_CHARS]


class NameDataset(Dataset):
    """Names, each with its country by number."""

    def __init__(self, rows: Sequence[tuple[str, str]], countries: Sequence[str]) -> None:
        number = {country: index for index, country in enumerate(countries)}
        self.samples = [(name, number[country]) for name, country in rows]

    def __getitem__(self, index: int) -> tuple[str, int]:
        return self.samples[index]

    def __len__(self) -> int:
        return len(self.samples)


def make_tensors(names: Sequence[str], countries: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A batch of names as numbers (batch, seq), their lengths and their countries, the longest name first."""
    inputs, lengths = pad([ascii_codes(name) for name in names])
    lengths, order = lengths.sort(dim=0, descending=True)
    return inputs[order], lengths, countries[order]


class Classifier(nn.Module):
    """Names (batch, seq), sorted by length, to scores (batch, countries)."""

    def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, N_LAYERS, bidirectional=True)
        self.linear = nn.Linear(2 * hidden_size, output_size)

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        embedded = self.embedding(inputs.t())  # (seq, batch, hidden)
        _, hidden = self.gru(pack_padded_sequence(embedded, lengths))  # hidden: (layers x 2, batch, hidden)
        # The last layer's two: forward after the last character, backward after the first.
        return self.linear(torch.cat([hidden[-1], hidden[-2]], dim=1))


def read(path: Path) -> list[tuple[str, str]]:
    """The rows of a file of names."""
    records = lecture_tools.read_records(path, ["name", "country"], header=False)
    for line, record in enumerate(records, start=1):
        if not ascii_codes(record["name"]) or not record["country"]:
            lecture_tools.stop(
                f"cannot use {path}: row {line}: expected a name and a country, got {list(record.values())}"
            )
    changed = sum(not record["name"].isascii() for record in records)
    if changed:
        print(
            f"{path.name}: {changed} names are not ASCII: their accents are taken off, and letters without one dropped"
        )
    return [(record["name"], record["country"]) for record in records]


def load(directory: Path | None) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The rows to train on, and those to judge by."""
    if directory is None:
        rows = [(name, country) for country, names in SURNAMES.items() for name in names.split()]
        print(f"data: the lecture's own, {len(rows)} surnames of {len(SURNAMES)} countries, every fifth held out")
        return [row for index, row in enumerate(rows) if index % 5], rows[::5]
    train_path = lecture_tools.data_file(directory, "names_train.csv.gz", "names_train.csv")
    test_path = lecture_tools.data_file(directory, "names_test.csv.gz", "names_test.csv")
    train_rows, test_rows = read(train_path), read(test_path)
    print(f"data: {train_path.name}: {len(train_rows)} names; {test_path.name}: {len(test_rows)} names")
    return train_rows, test_rows


def describe(train_rows: Sequence[tuple[str, str]], test_rows: Sequence[tuple[str, str]]) -> None:
    """What an accuracy on these names has to be compared with."""
    by_name: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, country in test_rows:
        by_name[name][country] += 1
    most = Counter(country for _, country in test_rows).most_common(1)[0]
    best = sum(countries.most_common(1)[0][1] for countries in by_name.values())
    seen = len(set(train_rows) & set(test_rows))
    print(f"always {most[0]} would be right for {most[1] / len(test_rows):.4f} of the test names")
    print(
        f"some names are at home in several countries: nobody who sees names alone exceeds {best / len(test_rows):.4f}"
    )
    print(f"{seen} of {len(set(test_rows))} different test rows are among the training rows too")


def main() -> None:
    options = lecture_tools.Options(__doc__, epochs=15, lr=0.001, batch_size=256, checkpoint=True)
    options.add_argument(
        "--hidden", type=lecture_tools.positive, default=100, help="hidden units (default: %(default)s)"
    )
    options.add_argument("--predict", metavar="NAME", help="print the most probable countries of NAME")
    args = options.parse_args()
    if args.predict is not None and not ascii_codes(args.predict):
        lecture_tools.stop(f"--predict: expected a name in Latin letters, got {args.predict!r}")
    torch.manual_seed(args.seed)

    train_rows, test_rows = load(args.data)
    countries = sorted({country for _, country in train_rows})
    strange = sorted({country for _, country in test_rows} - set(countries))
    if strange:
        lecture_tools.stop(f"cannot use the test names: no training name is from {', '.join(strange)}")
    describe(train_rows, test_rows)
    train_loader = DataLoader(NameDataset(train_rows, countries), batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(NameDataset(test_rows, countries), batch_size=args.batch_size, shuffle=False)
    print(f"{len(countries)} countries, {len(train_loader)} iterations an epoch")

    model = Classifier(N_CHARS, args.hidden, len(countries))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

    @torch.no_grad()
    def test() -> torch.Tensor:
        """How often names of a country (row) are taken for names of each country (column)."""
        confusion = torch.zeros(len(countries), len(countries), dtype=torch.int64)
        for names, targets in test_loader:
            inputs, lengths, targets = make_tensors(names, targets)
            predicted = model(inputs, lengths).argmax(dim=1)
            confusion.index_put_((targets, predicted), torch.ones_like(targets), accumulate=True)
        return confusion

    training = Training(args, free=["predict"], model=model, optimizer=optimizer)
    for _ in training.epochs():
        for names, targets in train_loader:
            inputs, lengths, targets = make_tensors(names, targets)
            loss = criterion(model(inputs, lengths), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            training.step(loss.item(), samples=len(names))
        training.report(accuracy=test().diagonal().sum().item() / len(test_rows))

    if args.predict is not None:
        inputs, lengths, _ = make_tensors([args.predict], torch.zeros(1))
        with torch.no_grad():
            probabilities = torch.softmax(model(inputs, lengths)[0], dim=0)
        print(f"{args.predict}:")
        for probability, index in zip(*probabilities.topk(min(3, len(countries))), strict=True):
            print(f"  {countries[index]:12s} {probability.item():.4f}")

    training.summary(accuracy=training.figures["accuracy"][-1])

    if args.plot:
        plt = lecture_tools.pyplot()
        figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5.6), width_ratios=[1, 1.2])
        epochs = range(1, len(training.figures["accuracy"]) + 1)
        left.plot(epochs, training.figures["accuracy"], marker=".")
        left.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1), title="Accuracy on the test names")
        confusion = test().float()
        image = right.imshow(
            (confusion / confusion.sum(dim=1, keepdim=True).clamp(min=1)).numpy(), cmap="Blues", vmin=0
        )
        right.grid(False)
        right.set_xticks(range(len(countries)), countries, rotation=90)
        right.set_yticks(range(len(countries)), countries)
        right.set(xlabel="taken for", ylabel="is", title="Where the names of each country go")
        figure.colorbar(image, ax=right, shrink=0.8)
        lecture_tools.save_figure(figure, args.plot)


if __name__ == "__main__":
    main()
