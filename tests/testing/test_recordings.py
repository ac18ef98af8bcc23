"""The recorded answers are found and read whole, wherever the package lives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundry_telemetry.testing import case, cases, sequences
from foundry_telemetry.testing.recordings import find_folder

WIRE = Path(__file__).parents[1] / "data" / "wire"


def test_all_cases_are_read() -> None:
    """Every case of the index is there by its id, with the bytes of its file."""
    index = json.loads((WIRE / "index.json").read_bytes())
    assert list(cases()) == [entry["id"] for entry in index["cases"]]
    for entry in index["cases"]:
        read, answer = case(entry["id"]), entry["response"]
        assert read.expect == entry["expect"]
        if answer is None:
            assert (read.status, read.ends, read.body) == (None, None, b"")
            continue
        assert read.status == answer["status"]
        assert [list(pair) for pair in read.headers] == answer["headers"]
        assert read.body == (WIRE / answer["body_file"]).read_bytes()
        assert len(read.body) == answer["body_bytes"]


def test_chunks_make_up_the_body() -> None:
    """The pieces of a case are its body, in the recorded sizes or one for each event."""
    for each in cases().values():
        assert b"".join(each.chunks) == each.body, each.id
    assert [len(chunk) for chunk in case("sse_text").chunks][:4] == [37, 1, 200, 64]
    assert all(chunk.startswith(b"event: ") for chunk in case("sse_cache").chunks)
    assert len(case("ok_json_basic").chunks) == 1


def test_sequences_name_known_cases() -> None:
    """A recorded sequence is a script of recorded cases."""
    assert sequences()
    for each in sequences().values():
        assert set(each.sequence) <= set(cases())


def test_unknown_case_names_the_nearest() -> None:
    """A wrong id is answered with the ids nearest to it."""
    with pytest.raises(ValueError, match=r"unknown recorded response 'sse_txt': expected one of 'sse_text'"):
        case("sse_txt")


def test_wheel_comes_first_then_the_checkout(tmp_path: Path) -> None:
    """The folder inside the package wins; without it the tests' own is taken."""
    package = tmp_path / "foundry_telemetry" / "testing"
    inside, beside = package / "recorded", tmp_path / "tests" / "data" / "wire"
    for folder in (beside, inside):
        folder.mkdir(parents=True)
        (folder / "index.json").write_text("{}")
        assert find_folder(package) == folder


def test_no_folder_is_reported_with_the_repair(tmp_path: Path) -> None:
    """An installation without recorded answers reports where it searched and how to repair it."""
    package = tmp_path / "foundry_telemetry" / "testing"
    with pytest.raises(FileNotFoundError, match="pip install") as raised:
        find_folder(package)
    assert str(package / "recorded") in str(raised.value)
