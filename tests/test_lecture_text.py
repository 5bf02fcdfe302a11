"""Text as numbers, and the readers of the files that it comes in."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from minitorch.lectures import lecture_tools
from tests.lecture_runs import imported

lecture_text = imported("lecture_text")
Vocabulary = lecture_text.Vocabulary
SENTENCES = [["b", "a", "c"], ["a", "b"], ["b", "<unk>"]]


def test_the_most_frequent_word_goes_first_and_ties_go_by_alphabet() -> None:
    vocabulary = Vocabulary(SENTENCES)
    assert vocabulary.words == ["<pad>", "<unk>", "b", "a", "c"]
    assert [vocabulary.index[word] for word in vocabulary.words] == list(range(len(vocabulary)))
    assert vocabulary.pad == 0
    assert Vocabulary(reversed(SENTENCES)).words == vocabulary.words
    assert Vocabulary(["ba", "ab"]).words[2:] == ["a", "b"]  # strings are sentences of characters


def test_rare_words_are_left_out() -> None:
    assert Vocabulary(SENTENCES, min_count=2).words == ["<pad>", "<unk>", "b", "a"]
    assert Vocabulary(SENTENCES, size=3).words == ["<pad>", "<unk>", "b"]
    assert "a" in Vocabulary(SENTENCES) and "a" not in Vocabulary(SENTENCES, size=3)


def test_encode_and_decode() -> None:
    vocabulary = Vocabulary(SENTENCES, min_count=2)
    assert vocabulary.encode(["a", "c", "b"]) == [3, 1, 2]
    assert vocabulary.decode([3, 1, 2]) == ["a", "<unk>", "b"]
    with pytest.raises(KeyError, match="d"):
        Vocabulary(["ab"], special=("<start>",)).encode("ad")


def test_pad() -> None:
    rows, lengths = lecture_text.pad([[1], [2, 3, 4], []], 9)
    assert rows.tolist() == [[1, 9, 9], [2, 3, 4], [9, 9, 9]]
    assert lengths.tolist() == [1, 3, 0]
    assert rows.dtype == lengths.dtype == torch.int64
    assert lecture_text.pad([[]])[0].dtype == torch.int64


def plain(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def gzipped(path: Path, content: bytes) -> Path:
    return plain(path.with_name(f"{path.name}.gz"), gzip.compress(content))


def zipped(path: Path, content: bytes) -> Path:
    target = path.with_name(f"{path.name}.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", content)
    return target


Writer = Callable[[Path, bytes], Path]
each_kind = pytest.mark.parametrize("write", [plain, gzipped, zipped])


@each_kind
def test_a_table_is_read_from_any_kind_of_file(write: Writer, tmp_path: Path) -> None:
    path = write(tmp_path / "list", b'name,note\nLi,"a, ""b"""\nXu,\n')
    expected = [{"name": "Li", "note": 'a, "b"'}, {"name": "Xu", "note": ""}]
    assert lecture_tools.read_records(path, ["name"]) == expected
    assert lecture_tools.read_text(path).startswith("name,note\n")


def test_between_tabs_a_quotation_mark_is_a_letter(tmp_path: Path) -> None:
    path = plain(tmp_path / "list.tsv", b'a\tb\n"x\ty, z"\n')
    assert lecture_tools.read_records(path, ["a", "b"], delimiter="\t") == [{"a": '"x', "b": 'y, z"'}]


def test_a_table_without_header(tmp_path: Path) -> None:
    path = plain(tmp_path / "list.csv", '"Müller","German"\n'.encode("utf-8-sig"))
    assert lecture_tools.read_records(path, ["name", "country"], header=False) == [
        {"name": "Müller", "country": "German"}
    ]


def test_phrases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = "PhraseId\tSentenceId\tPhrase\tSentiment\n1\t1\tA good one\t3\n2\t1\t \t2\n3\t1\tGood\t4\n4\t2\tSo\t2\n"
    phrases = lecture_text.read_phrases(plain(tmp_path / "reviews.tsv", table.encode()))
    assert [(one.sentence, one.words, one.sentiment, one.whole) for one in phrases] == [
        ("1", ["a", "good", "one"], 3, True),
        ("1", ["good"], 4, False),
        ("2", ["so"], 2, True),
    ]
    with pytest.raises(SystemExit, match="2"):
        lecture_text.read_phrases(plain(tmp_path / "reviews.tsv", table.replace("\t4\n", "\t5\n").encode()))
    assert "reviews.tsv: row 4: Sentiment must be 0 to 4, got '5'" in capsys.readouterr().err


def two_files(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
        archive.writestr("one", content)
        archive.writestr("two", content)
    return path.with_suffix(".zip")


def broken(write: Writer) -> Writer:
    """The same file with its last third missing."""

    def cut(path: Path, content: bytes) -> Path:
        target = write(path, content)
        return plain(target, target.read_bytes()[: -max(1, target.stat().st_size // 3)])

    return cut


@pytest.mark.parametrize(
    ("write", "content", "words"),
    [
        (plain, b"\xff\xfe", ("cannot read", "utf-8")),
        (broken(gzipped), b"name,country\n" * 50, ("cannot read", "list.gz")),
        (broken(zipped), b"name,country\n" * 50, ("cannot read", "list.zip", "zip file")),
        (two_files, b"a", ("cannot read", "expected one file in the archive, got 2")),
        (plain, b"", ("no rows",)),
        (plain, b"Li,China\nXu\n", ("row 2 has no country",)),
        (plain, b"Li,China,1\n", ("row 1 has more fields than 2",)),
    ],
)
def test_a_spoiled_file(
    write: Writer, content: bytes, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "list", content)
    with pytest.raises(SystemExit, match="2"):
        lecture_tools.read_records(path, ["name", "country"], header=False)
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 1
    for word in words:
        assert word in captured.err
