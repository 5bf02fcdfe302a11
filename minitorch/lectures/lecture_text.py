"""Text as numbers: what the lectures on text share.

A sentence is a list of words, or a string of characters; a vocabulary makes numbers of it, `pad` one tensor of many:

    vocabulary = Vocabulary(sentences, min_count=2)
    inputs, lengths = pad([vocabulary.encode(sentence) for sentence in sentences], vocabulary.pad)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import lecture_tools
import torch

PAD = "<pad>"  # fills up the shorter sentences of a batch
UNKNOWN = "<unk>"  # stands for every word that the vocabulary leaves out


class Vocabulary:
    """The words of a text by number: the special ones first, then the others, the most frequent first.

    Words met fewer than `min_count` times are left out, and of the rest all but the first `size`, special ones counted.
    Of words equally frequent the one first in the alphabet goes first, so that a text has one vocabulary.
    """

    def __init__(
        self,
        sentences: Iterable[Iterable[str]],
        min_count: int = 1,
        size: int | None = None,
        special: Sequence[str] = (PAD, UNKNOWN),
    ) -> None:
        self.counts = Counter(word for sentence in sentences for word in sentence)
        frequent = [word for word, count in self.counts.items() if count >= min_count and word not in special]
        frequent.sort(key=lambda word: (-self.counts[word], word))
        self.words = [*special, *frequent][:size]
        self.index = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self.index

    @property
    def pad(self) -> int:
        """The number of `<pad>`."""
        return self.index[PAD]

    def encode(self, sentence: Iterable[str]) -> list[int]:
        """The numbers of the words; of a word left out, the number of `<unk>`, or KeyError if there is no `<unk>`."""
        unknown = self.index.get(UNKNOWN)
        if unknown is None:
            return [self.index[word] for word in sentence]
        return [self.index.get(word, unknown) for word in sentence]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The words that have these numbers."""
        return [self.words[number] for number in numbers]


def pad(sequences: Sequence[Sequence[int]], value: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Sequences as rows of one tensor (batch, longest), filled up with `value`, and their lengths (batch)."""
    lengths = [len(sequence) for sequence in sequences]
    longest = max(lengths)
    rows = [[*sequence, *[value] * (longest - len(sequence))] for sequence in sequences]
    return torch.tensor(rows, dtype=torch.int64), torch.tensor(lengths)


class Phrase(NamedTuple):
    """A sentence of a movie review, or a phrase of one, and what it says: 0 (strongly against) to 4 (strongly for)."""

    sentence: str  # which sentence it is of
    words: list[str]
    sentiment: int
    whole: bool  # whether it is that sentence, as the first of its phrases is


def read_phrases(path: Path) -> list[Phrase]:
    """The phrases of a table of movie reviews, but those without a word."""
    phrases, seen = [], set()
    records = lecture_tools.read_records(path, ["SentenceId", "Phrase", "Sentiment"], delimiter="\t")
    for line, record in enumerate(records, start=2):
        if record["Sentiment"] not in {"0", "1", "2", "3", "4"}:
            lecture_tools.stop(f"cannot use {path}: row {line}: Sentiment must be 0 to 4, got {record['Sentiment']!r}")
        words, sentence = record["Phrase"].lower().split(), record["SentenceId"]
        if words:
            phrases.append(Phrase(sentence, words, int(record["Sentiment"]), sentence not in seen))
            seen.add(sentence)
    return phrases
