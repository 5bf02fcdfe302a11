"""Lecture 13: names, poems and reviews: the parts do what they say, the trainings learn, bad data is refused."""

from __future__ import annotations

import gzip
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.lecture_runs import DATA, FOLDER, figures, imported, long_with_data, refusal, run, said, step_losses

NAMES, POEMS, REVIEWS = (FOLDER / f"13_{name}.py" for name in ("name_classifier", "poems", "movie_reviews"))


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def names() -> Any:
    return imported("13_name_classifier")


def names_data(folder: Path, train: str = "", test: str = "") -> Path:
    """A data directory with a few names of two countries."""
    table = '"Ivanov","Russian"\n"Petrov","Russian"\n"Rossi","Italian"\n"Bianchi","Italian"\n'
    (folder / "names_train.csv.gz").write_bytes(gzip.compress((train or table).encode()))
    (folder / "names_test.csv").write_bytes((test or table).encode())
    return folder


def test_accents_are_taken_off(names: Any) -> None:
    for name, expected in (("Müller", "Muller"), ("Łukasz", "ukasz"), ("Ng", "Ng"), ("O'Neil ", "O'Neil "), ("王", "")):
        assert names.ascii_codes(name) == [ord(character) for character in expected]
    assert names.ascii_codes(unicodedata.normalize("NFD", "é") + "\0") == [ord("e")]


def test_make_tensors_sorts_by_length(names: Any) -> None:
    inputs, lengths, countries = names.make_tensors(("Li", "Rossi", "Kim"), torch.tensor([4, 5, 6]))
    assert lengths.tolist() == [5, 3, 2]
    assert countries.tolist() == [5, 6, 4]
    assert inputs.tolist() == [
        [ord(character) for character in "Rossi"],
        [*map(ord, "Kim"), 0, 0],
        [*map(ord, "Li"), 0, 0, 0],
    ]


def test_a_name_is_judged_alike_in_any_batch(names: Any) -> None:
    torch.manual_seed(0)
    model = names.Classifier(names.N_CHARS, 8, 3)
    together, alone = (
        model(*names.make_tensors(batch, torch.zeros(len(batch)))[:2]) for batch in (["Li", "Montgomery"], ["Li"])
    )
    torch.testing.assert_close(together[1], alone[0])


def test_the_lectures_own_names_are_learned() -> None:
    text = said(NAMES, "--epochs", "25", "--predict", "Kowalczyński")
    assert figures(text)["accuracy"] > 0.5  # of eight countries
    predicted = re.findall(r"^  (\w+) +(0\.\d{4})$", text, re.M)
    assert len(predicted) == 3 and predicted[0][0] == "Polish"
    shares = [float(share) for _, share in predicted]
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 1.0001


def test_names_beyond_ascii_are_said(tmp_path: Path) -> None:
    train = '"Müller","German"\n"Weiß","German"\n"Rossi","Italian"\n'
    text = said(NAMES, "--epochs", "1", "--hidden", "4", data=names_data(tmp_path, train, train))
    assert (
        "names_train.csv.gz: 2 names are not ASCII: their accents are taken off, and letters without one dropped"
        in text
    )
    assert "3 of 3 different test rows are among the training rows too" in text
    assert re.search(r"always German would be right for 0.6667 of", text)


def test_a_name_at_home_in_two_countries_bounds_the_accuracy(tmp_path: Path) -> None:
    test = '"Park","Russian"\n"Park","Italian"\n"Park","Italian"\n"Li","Italian"\n'
    text = said(NAMES, "--epochs", "1", "--hidden", "4", data=names_data(tmp_path, test=test))
    assert "nobody who sees names alone exceeds 0.7500" in text


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ('"Li","China"\n"Xu"\n', "", "names_train.csv.gz: row 2 has no country"),
        (
            '"Li","China"\n"王","China"\n',
            "",
            "names_train.csv.gz: row 2: expected a name and a country, got ['王', 'China']",
        ),
        ("", '"Li","China"\n', "no training name is from China"),
        ("", "\n", "names_test.csv: no rows"),
    ],
)
def test_names_that_cannot_be_used(train: str, test: str, words: str, tmp_path: Path) -> None:
    assert words in refusal(run(NAMES, data=names_data(tmp_path, train, test)))


def test_a_truncated_file_of_names(tmp_path: Path) -> None:
    path = names_data(tmp_path) / "names_train.csv.gz"
    path.write_bytes(path.read_bytes()[:-10])
    assert f"cannot read {path}" in refusal(run(NAMES, data=tmp_path))
    path.unlink()
    assert "names_train.csv.gz or names_train.csv not found" in refusal(run(NAMES, data=tmp_path))


def test_predict_wants_letters() -> None:
    assert "--predict: expected a name in Latin letters, got '王'" in refusal(run(NAMES, "--predict", "王"))


def test_training_that_was_stopped_goes_on(tmp_path: Path) -> None:
    kept = tmp_path / "kept.pt"
    whole = said(NAMES, "--epochs", "4")
    said(NAMES, "--epochs", "2", "--checkpoint", str(kept))
    rest = said(NAMES, "--epochs", "4", "--checkpoint", str(kept), "--predict", "Rossi")
    assert "going on after epoch 2" in rest
    assert figures(rest) == figures(whole)
    again = said(NAMES, "--epochs", "4", "--checkpoint", str(kept))  # nothing is left to do
    assert figures(again) == figures(whole) and not re.search("^epoch", again, re.M)
    other = refusal(run(NAMES, "--checkpoint", str(kept), data=names_data(tmp_path)))
    assert f"cannot go on from {kept}, it is of another model" in other


@long_with_data
def test_real_names() -> None:
    text = said(NAMES, "--epochs", "1", data=DATA)
    assert "data: names_train.csv.gz: 13374 names; names_test.csv.gz: 6700 names" in text
    assert "18 countries, 53 iterations an epoch" in text
    assert len(step_losses(text)) == 5
    assert figures(text)["accuracy"] > 0.6  # after 15 epochs 0.84


# --- poems -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def poems() -> Any:
    return imported("13_poems")


@pytest.fixture(scope="module")
def writer(poems: Any) -> Any:
    """A writer that has learned nothing yet."""
    torch.manual_seed(0)
    lines = poems.QUATRAINS.split()
    vocabulary = poems.Vocabulary(lines, special=(poems.START, poems.END))
    return poems.Writer(poems.Poet(torch.nn.LSTM, len(vocabulary), 16), vocabulary, 0.8, 50)


def test_the_lectures_own_poems(poems: Any) -> None:
    lines = poems.QUATRAINS.split()
    assert len(set(lines)) == len(lines) >= 12
    assert all(poems.FORM.fullmatch(line) for line in lines)


def test_acrostic_imposes_the_form(poems: Any, writer: Any) -> None:
    for greedy in (True, False):
        poem = writer.write(heads="春山日夜", greedy=greedy)
        assert poems.FORM.fullmatch(poem)
        assert poem[::6] == "春山日夜"


def test_a_poem_begins_as_it_is_told(writer: Any) -> None:
    poem = writer.write(begin="明月", greedy=True)
    assert poem.startswith("明月") and len(poem) <= 24
    assert not {"<start>", "<end>", "<"} & set(poem)


def test_greedy_is_always_the_same_and_drawing_is_not(writer: Any) -> None:
    assert len({writer.write(greedy=True) for _ in range(3)}) == 1
    assert len({writer.write(heads="春山日夜") for _ in range(3)}) == 3


def test_temperature(poems: Any, writer: Any) -> None:
    scores = torch.tensor([2.0, 0.0, 1.0, -1.0])
    shares = {}
    for temperature in (0.1, 1.0, 10.0):
        one = poems.Writer(writer.model, writer.vocabulary, temperature, 50)
        shares[temperature] = one.probabilities(scores)
        assert shares[temperature].sum().item() == pytest.approx(1)
    assert shares[0.1][0] > shares[1.0][0] > shares[10.0][0] > 0.25
    torch.testing.assert_close(shares[1.0], torch.softmax(scores, dim=0))
    cold = poems.Writer(writer.model, writer.vocabulary, 1e-300, 50)
    assert cold.write(heads="春山日夜") == cold.write(heads="春山日夜", greedy=True)
    hot = poems.Writer(writer.model, writer.vocabulary, 1e300, 50)
    assert poems.FORM.fullmatch(hot.write(heads="春山日夜"))


def test_drawing_keeps_to_the_most_probable(poems: Any, writer: Any) -> None:
    narrow = poems.Writer(writer.model, writer.vocabulary, 100.0, 2)
    scores = torch.arange(float(len(writer.vocabulary)))
    drawn = {narrow.choose(scores, greedy=False) for _ in range(40)}
    assert drawn == set(writer.vocabulary.words[-2:])


def test_poems_are_learned() -> None:
    text = said(POEMS, "--start", "白")
    assert figures(text)["last loss"] < 0.3 < 4 < figures(text)["first loss"]
    written = re.findall(r"^  (\w{5}\S+)$", text, re.M)
    assert written[0] == written[1] == "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"
    assert all(poem.startswith("白") for poem in written)
    differ, formed = re.search(r"of 20 drawn poems (\d+) differ, (\d+) have four lines", text).groups()
    assert int(differ) > 1 and int(formed) >= 15


def test_a_poet_with_a_gru_writes_acrostics() -> None:
    text = said(POEMS, "--cell", "gru", "--acrostic", "春山日夜", "--epochs", "3")
    written = re.findall(r"^  (\w{5}\S+)$", text, re.M)
    assert len(written) == 6 and all(poem[::6] == "春山日夜" for poem in written)
    assert "20 have four lines of five characters" in text


def test_a_kept_poet_writes_what_it_is_asked(tmp_path: Path) -> None:
    kept = ("--checkpoint", str(tmp_path / "poet.pt"), "--epochs", "2")
    first = said(POEMS, *kept)
    later = said(POEMS, *kept, "--temperature", "0.5", "--acrostic", "春山日夜", "--top", "10")
    assert figures(later) == figures(first)
    assert "temperature 0.50" in later and "going on after epoch 2" in later
    assert "it was trained with hidden 128, not 64" in refusal(run(POEMS, *kept, "--hidden", "64"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--acrostic", "春山日"], "--acrostic: expected 4 characters, one a line, got '春山日'"),
        (["--acrostic", "春山日龘"], "--acrostic: 龘 is not in the vocabulary"),
        (["--start", "月x"], "--start: x is not in the vocabulary"),
        (["--start", "月", "--acrostic", "春山日夜"], "not allowed with argument"),
        (["--characters", "1"], "--characters 1 --poems 3000 leave 0 poems; take more"),
        (["--poems", "1"], "--characters 1500 --poems 1 leave 1 poems; take more"),
        (["--temperature", "0"], "expected a number above 0"),
    ],
)
def test_a_poet_that_cannot_begin(options: list[str], words: str) -> None:
    assert words in refusal(run(POEMS, *options))


def test_poems_of_another_form_are_left_out(tmp_path: Path, poems: Any) -> None:
    titled = [f"a title: of its own:{poem}" for poem in poems.QUATRAINS.split()]
    path = tmp_path / "poems_wujue.txt"
    path.write_text(
        "\n".join([*titled, "gaps:床前□月光，疑是地上霜。舉頭望明月，低頭思故鄉。", "short:床前", ""]), "utf-8"
    )
    text = said(POEMS, "--epochs", "1", "--hidden", "8", "--poems", "12", data=tmp_path)
    assert "data: poems_wujue.txt: 16 poems; 2 left out, of another form or with gaps" in text
    assert "11 poems to read, 1 held out" in text
    path.write_text("title:nothing\n", "utf-8")
    assert "of four times five characters, got 0" in refusal(run(POEMS, data=tmp_path))


@long_with_data
def test_real_poems() -> None:
    text = said(POEMS, "--epochs", "1", "--poems", "300", "--characters", "1000", data=DATA)
    assert "data: poems_wujue.txt.gz: 16905 poems; 95 left out" in text
    assert "270 poems to read, 30 held out, a vocabulary of 1002" in text


# --- reviews ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reviews() -> Any:
    return imported("13_movie_reviews")


def reviews_data(folder: Path, sentences: int = 12, sentiment: str = "3") -> Path:
    rows = ["PhraseId\tSentenceId\tPhrase\tSentiment"]
    for number in range(sentences):
        rows += [f"{2 * number}\t{number}\tA good one\t{sentiment}", f"{2 * number + 1}\t{number}\ta\t2"]
    with zipfile.ZipFile(folder / "movie_reviews_train.tsv.zip", "w") as archive:
        archive.writestr("train.tsv", "\n".join([*rows, ""]))
    return folder


def test_no_sentence_is_on_both_sides(reviews: Any) -> None:
    torch.manual_seed(0)
    kept, held_out = reviews.split(reviews.load(None), "sentence")
    assert not {phrase.sentence for phrase in kept} & {phrase.sentence for phrase in held_out}
    assert len({phrase.sentence for phrase in held_out}) == 2
    assert {phrase.sentiment for phrase in kept} == set(range(5))
    kept, held_out = reviews.split(reviews.load(None), "phrase")
    assert (len(kept), len(held_out)) == (57, 6)
    assert {phrase.sentence for phrase in kept} & {phrase.sentence for phrase in held_out}


@pytest.mark.parametrize("layer", [torch.nn.GRU, torch.nn.LSTM])
def test_a_phrase_is_judged_alike_in_any_batch(layer: Any, reviews: Any) -> None:
    torch.manual_seed(0)
    vocabulary = reviews.Vocabulary(["abcde"])
    model = reviews.Classifier(layer, vocabulary, 8).eval()
    together, alone = (
        model(*reviews.pad([vocabulary.encode(phrase) for phrase in batch])) for batch in (["b", "edcba"], ["b"])
    )
    torch.testing.assert_close(together[0], alone[0])


def test_the_lectures_own_reviews_are_learned() -> None:
    text = said(REVIEWS, "--cell", "lstm", "--predict", "a Wonderful movie")
    assert "data: the lecture's own, 63 phrases of 21 sentences" in text
    assert figures(text)["last loss"] < 0.3 < figures(text)["first loss"]
    shares = dict(re.findall(r"^  (strongly against|against|neither|for|strongly for) +(\d\.\d{4})$", text, re.M))
    assert len(shares) == 5 and max(shares, key=lambda name: float(shares[name])) == "strongly for"
    assert sum(map(float, shares.values())) == pytest.approx(1, abs=3e-4)


def test_reviews_read_from_a_file(tmp_path: Path) -> None:
    text = said(REVIEWS, "--epochs", "1", "--hidden", "4", "--rows", "7", data=reviews_data(tmp_path))
    assert "data: movie_reviews_train.tsv.zip: 24 phrases of 12 sentences" in text
    assert "22 phrases to train on, 2 held out, a vocabulary of 5" in text
    assert "0 of 4 words held out are <unk>" in text


@pytest.mark.parametrize(
    ("sentences", "sentiment", "words"),
    [
        (12, "7", "row 2: Sentiment must be 0 to 4, got '7'"),
        (9, "3", "expected phrases of at least 10 sentences, got 9"),
    ],
)
def test_reviews_that_cannot_be_used(sentences: int, sentiment: str, words: str, tmp_path: Path) -> None:
    assert words in refusal(run(REVIEWS, data=reviews_data(tmp_path, sentences, sentiment)))


def test_a_phrase_split_may_hold_out_no_whole_sentence() -> None:
    text = said(REVIEWS, "--split", "phrase", "--epochs", "1", "--seed", "10")
    assert "whole_sentences" not in text and "nan" not in text


def test_reviews_in_a_broken_archive(tmp_path: Path) -> None:
    path = reviews_data(tmp_path) / "movie_reviews_train.tsv.zip"
    path.write_bytes(path.read_bytes()[:-30])
    assert f"cannot read {path}" in refusal(run(REVIEWS, data=tmp_path))


def test_predict_wants_words() -> None:
    assert "--predict: expected at least one word" in refusal(run(REVIEWS, "--predict", " "))


def test_reviews_go_on_where_they_stopped(tmp_path: Path) -> None:
    kept = str(tmp_path / "kept.pt")
    whole = said(REVIEWS, "--epochs", "3")
    said(REVIEWS, "--epochs", "1", "--checkpoint", kept)
    assert figures(said(REVIEWS, "--epochs", "3", "--checkpoint", kept)) == figures(whole)


@long_with_data
def test_real_reviews() -> None:
    text = said(REVIEWS, "--epochs", "1", "--rows", "6400", data=DATA)
    assert "data: movie_reviews_train.tsv.zip: 156059 phrases of 8529 sentences" in text
    always = float(re.search(r"^'neither' to all held out: accuracy (\S+)$", text, re.M)[1])
    assert figures(text)["accuracy"] > always > 0.45
