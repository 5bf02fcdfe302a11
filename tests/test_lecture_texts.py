"""The experiments with words: word vectors, the language model, sentences in two classes."""

from __future__ import annotations

import gzip
import math
import re
import zipfile
from pathlib import Path

import pytest

from tests.lecture_runs import DATA, FOLDER, figures, long_with_data, refusal, run, said, step_losses

VECTORS = FOLDER / "experiment_word_vectors.py"
MODEL = FOLDER / "experiment_language_model.py"
CLASSES = FOLDER / "experiment_text_classification.py"
SHORT = ("--epochs", "1", "--tokens", "6000")
HEADER = "PhraseId\tSentenceId\tPhrase\tSentiment\n"


def numbers(output: str, pattern: str) -> list[float]:
    """The numbers behind the one line that begins like this."""
    (line,) = re.findall(rf"^ *{pattern} *(.*)$", output, re.M)
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", line)]


def shakespeare(folder: Path, text: str) -> Path:
    with gzip.open(folder / "shakespeare.txt.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    return folder


def reviews(folder: Path, rows: str) -> Path:
    with zipfile.ZipFile(folder / "movie_reviews_train.tsv.zip", "w") as archive:
        archive.writestr("train.tsv", rows)
    return folder


def sentences(count: int) -> str:
    """Rows of so many sentences, each with a phrase of it, good, bad and neutral ones in turn."""
    words = ("dull", "plain", "fine")
    rows = [f"{2 * k}\t{k}\tA {words[k % 3]} film\t{2 * (k % 3)}\n{2 * k + 1}\t{k}\tfilm\t3\n" for k in range(count)]
    return HEADER + "".join(rows)


@pytest.mark.parametrize(
    ("script", "options"),
    [
        (VECTORS, ("--size", "16", "--words", "8000")),
        (MODEL, ("--hidden", "12", "--tokens", "5000")),
        (CLASSES, ("--features", "4", "--size", "8")),
    ],
    ids=lambda value: getattr(value, "stem", ""),
)
def test_going_on_from_a_checkpoint(script: Path, options: tuple[str, ...], tmp_path: Path) -> None:
    data = reviews(tmp_path, sentences(60)) if script == CLASSES else ""
    kept = tmp_path / "kept"
    kept.mkdir()
    whole = said(script, *options, "--epochs", "2", data=data)
    options = (*options, "--checkpoint", str(kept / "model.pt"))
    said(script, *options, "--epochs", "1", data=data)
    rest = said(script, *options, "--epochs", "2", data=data)
    trainings = 1 if script == VECTORS else 3
    assert rest.count("going on after epoch 1") == trainings == len(list(kept.iterdir()))
    assert rest.splitlines()[-12:] == whole.splitlines()[-12:]
    line = refusal(run(script, *options, "--epochs", "2", "--lr", "0.5", data=data))
    assert "not 0.5" in line


@long_with_data
@pytest.mark.parametrize(
    ("script", "options"),
    [
        (VECTORS, ("--words", "60000")),
        (MODEL, ("--tokens", "50000", "--hidden", "32")),
        (
            CLASSES,
            (
                "--model",
                "all",
            ),
        ),
    ],
    ids=lambda value: getattr(value, "stem", ""),
)
def test_the_engines_take_the_same_steps_on_real_data(script: Path, options: tuple[str, ...]) -> None:
    ours, theirs = (said(script, *options, "--epochs", "1", data=DATA, engine=engine) for engine in ("numpy", "torch"))
    assert len(step_losses(theirs)) >= 10
    assert step_losses(ours) == pytest.approx(step_losses(theirs), abs=1e-3)


# Word vectors


def test_words_of_a_kind_are_neighbours() -> None:
    output = said(VECTORS)
    assert figures(output)["accuracy"] >= 0.95
    assert numbers(output, "32 words of 6 kinds; a neighbour by chance is of the same kind in")[0] < 0.2
    assert re.search(r"^  king - man \+ woman: queen, .*\(expected queen\)$", output, re.M)
    assert re.search(r"^  oslo +(rome|paris|cairo|lima|kyoto) ", output, re.M)


def test_frequent_words_are_thinned_out() -> None:
    output = said(VECTORS, "--epochs", "1", "--threshold", "0.01")
    share, kept, noise = numbers(output, "the  ")
    assert kept == pytest.approx(math.sqrt(0.01 / share), rel=1e-3) and kept < 1
    assert noise < share
    assert re.search(r"^  \S+ +0\.00\d+ +1\.00000 ", output, re.M)  # the rarest word is kept wherever it stands


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", (), "expected a text with 20 words that occur 5 times, got 0"),
        ("to be or not to be " * 20, (), "got 4"),
        (" ".join(f"x{chr(97 + k // 5)}{chr(97 + k % 5)}" for k in range(25)) * 9, (), "fewer than two of the words"),
    ],
)
def test_text_without_enough_words(text: str, options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    assert words in refusal(run(VECTORS, *options, data=shakespeare(tmp_path, text)))


def test_nothing_left_of_a_text() -> None:
    assert "expected a larger one" in refusal(run(VECTORS, "--threshold", "1e-30"))


@pytest.mark.parametrize("script", [VECTORS, MODEL], ids=lambda path: path.stem)
def test_text_that_cannot_be_read(script: Path, tmp_path: Path) -> None:
    assert "shakespeare.txt.gz or shakespeare.txt not found" in refusal(run(script, data=tmp_path))
    path = shakespeare(tmp_path, "what light " * 1000) / "shakespeare.txt.gz"
    path.write_bytes(path.read_bytes()[:-9])
    assert f"cannot read {path}" in refusal(run(script, data=tmp_path))


# The language model


@pytest.fixture(scope="module")
def models() -> str:
    return said(MODEL)


def test_perplexity_of_the_invented_text(models: str) -> None:
    (known,) = numbers(models, "perplexity of who knows how the text was made:")
    (forgotten,) = numbers(models, "perplexity of who has forgotten the name:")
    used = sum(numbers(models, r"(?=\d+ tokens to train on)")[:2])
    assert known == pytest.approx(math.exp(3000 * math.log(6 * 5 * 5 * 4) / used), rel=1e-3)
    assert forgotten == pytest.approx(known * math.exp(3000 * math.log(2) / used), rel=1e-3)
    for kind in ("rnn", "gru", "lstm"):
        assert known < numbers(models, f"{kind}  +(?=[0-9]+ +[0-9.]+$)")[1] < forgotten  # it has learned to remember


def test_clipping_keeps_sgd_on_its_way(models: str) -> None:
    clipped, bare = (numbers(models, name)[1::2] for name in ("clipped ", "as it is"))
    assert clipped[0] == bare[0]
    assert clipped[-1] < clipped[0] and max(bare) > 5 * bare[0]


def test_gradients_vanish(models: str) -> None:
    for kind in ("rnn", "gru", "lstm"):
        norms = numbers(models, f"{kind} +(?=[0-9.]+e)")
        assert 1 > norms[0] > norms[-1] and norms[-1] < 0.05


def test_tied_tables() -> None:
    sizes = [
        int(numbers(said(MODEL, "--model", "gru", *SHORT, "--hidden", "20", *tie), "training gru,")[0])
        for tie in ((), ("--tie",))
    ]
    assert sizes[0] - sizes[1] == 29 * 20  # the words of the invented text


def test_texts_of_characters_and_words() -> None:
    output = said(MODEL, "--model", "rnn", *SHORT, "--characters")
    assert all(len(text) == 120 for text in re.findall(r"^  temperature \S+: (.*)$", output, re.M))
    assert "guessing blindly: 2" in output
    output = said(MODEL, "--model", "rnn", *SHORT, "--min-count", "300")
    assert numbers(output, r"(?=[0-9.]+ of those held out are not)")[0] > 0.2
    texts = re.findall(r"^  temperature (\S+): (.*)$", output, re.M)
    assert [temperature for temperature, _ in texts] == ["0.5", "1.0", "1.5"]
    assert all(len(text.split()) == 30 and "<unk>" not in text for _, text in texts)


def test_text_too_short_for_a_model(tmp_path: Path) -> None:
    line = refusal(run(MODEL, data=shakespeare(tmp_path, "a rose is a rose\n" * 10)))
    assert "expected a text of at least 400 tokens, got 60" in line


# Sentences in two classes


def test_the_average_cannot_read_not() -> None:
    output = said(CLASSES, "--epochs", "4")
    right = {name: numbers(output, f"{name} +(?=[0-9.]+ +[0-9.]+$)") for name in ("average", "rnn", "cnn")}
    assert right["average"][0] < 0.8 and right["rnn"][0] > 0.95 and right["cnn"][0] > 0.98
    assert all(moved == 0 for _, moved in right.values())  # no answer depends on the padding
    assert figures(output)["accuracy"] == right["cnn"][0]
    (good,) = re.findall(r"^words that say good: (.*)$", output, re.M)
    assert {"clever", "warm", "fresh"} <= set(good.split())


def test_whole_sentences_that_are_not_neutral(tmp_path: Path) -> None:
    output = said(CLASSES, "--model", "average", "--epochs", "1", data=reviews(tmp_path, sentences(60)))
    assert "data: movie_reviews_train.tsv.zip: 40 whole sentences that are not neutral" in output
    assert "32 to train on, 8 held out, 6 words" in output  # a, dull, fine, film, <pad> and <unk>


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "no column SentenceId, Phrase, Sentiment"),
        (HEADER + "1\t1\tgood\t7\n", "row 2: Sentiment must be 0 to 4, got '7'"),
        (HEADER + "1\t1\tgood\n", "row 2 has no Sentiment"),
        (sentences(9), "expected at least 10 sentences that are good or bad, got 6"),
    ],
)
def test_malformed_reviews(rows: str, words: str, tmp_path: Path) -> None:
    assert words in refusal(run(CLASSES, data=reviews(tmp_path, rows)))


def test_pretrained_vectors(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("clever 1 0 0.5\nun\x85heard 1 1 1\nugly -1 0 0.25\n", encoding="utf-8")
    options = ("--model", "average", "--epochs", "1", "--vectors", str(path))
    output = said(CLASSES, *options)
    assert re.search(r"^2 of \d+ words have a vector of size 3 in vectors.txt$", output, re.M)
    (size,) = numbers(output, "training average,")
    (frozen,) = numbers(said(CLASSES, *options, "--freeze"), "training average,")
    assert frozen == 2 * 3 + 2 and size == frozen + 3 * int(numbers(output, "2 of (?=[0-9]+ words)")[0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("clever 1 2\nugly 1\n", "line 2: expected a word and 2 finite numbers, got 1"),
        ("clever\n", "line 1: expected a word and some finite numbers, got 0"),
        ("clever 1 x\n", "line 1: could not convert string to float: 'x'"),
        ("clever 1 nan\n", "line 1: expected a word and 2 finite numbers"),
        ("unheard 1 2\n", "it has a vector of no word of the reviews"),
        ("", "line 1: expected a word and some finite numbers, got 0"),
    ],
)
def test_malformed_vectors(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(content)
    line = refusal(run(CLASSES, "--vectors", str(path)))
    assert f"cannot use {path}: {words}" in line


def test_vectors_that_are_not_there(tmp_path: Path) -> None:
    assert "cannot read" in refusal(run(CLASSES, "--vectors", str(tmp_path / "nowhere.txt")))


@long_with_data
def test_learns_the_real_reviews() -> None:
    output = said(CLASSES, "--model", "average", "--epochs", "4", data=DATA)
    assert re.search(r"^data: movie_reviews_train.tsv.zip: 6873 whole sentences", output, re.M)
    assert figures(output)["accuracy"] >= 0.78
