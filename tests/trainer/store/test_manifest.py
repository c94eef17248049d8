"""The manifest: what it says, and what it refuses to believe."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trainer.records.errors import NotFoundError, RecordError, RunDamagedError, StoreError
from trainer.records.manifest import FORMAT, FileEntry, Manifest

SHA = "ab" * 32


def _content(**changes: Any) -> bytes:
    entry = {"name": "logs/train.log", "bytes": 3, "sha256": SHA, **changes}
    return json.dumps({"format": FORMAT, "files": [entry]}).encode()


def test_a_manifest_reads_what_it_wrote() -> None:
    held = FileEntry("data/rows.parquet", 10, SHA, rows=4, held_by="1f" * 16)
    manifest = Manifest(FORMAT, (FileEntry("z.txt", 0, SHA), held))

    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert [entry.name for entry in manifest.files] == ["data/rows.parquet", "z.txt"]


def test_equal_manifests_have_equal_bytes_in_whatever_order_files_were_added() -> None:
    files = (FileEntry("a", 1, SHA), FileEntry("b", 2, SHA))

    assert Manifest(FORMAT, files).to_bytes() == Manifest(FORMAT, files[::-1]).to_bytes()


def test_a_missing_file_is_named_beside_those_there_are() -> None:
    manifest = Manifest(FORMAT, (FileEntry("a.txt", 1, SHA),))

    with pytest.raises(NotFoundError, match=r"no file 'b.txt'. It has: a.txt"):
        manifest.entry("b.txt")


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a//b",
        "./a",
        "a/.",
        "",
        "a/",
        "C:/x",
        "a\\b",
        "a\x00b",
        "x#y",
        "a%2e",
        "n\n",
    ],
)
def test_a_name_that_could_lead_out_of_the_run_is_refused(name: str) -> None:
    with pytest.raises(RecordError):
        FileEntry(name, 1, SHA)
    with pytest.raises(RunDamagedError):
        Manifest.from_bytes(_content(name=name))


@pytest.mark.parametrize(
    "changes",
    [{"bytes": -1}, {"bytes": "3"}, {"sha256": "../../x"}, {"sha256": None}, {"name": 7}, {"held_by": "../x"}],
)
def test_impossible_facts_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RunDamagedError, match=r"manifest.json cannot be read"):
        Manifest.from_bytes(_content(**changes))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"format": 1}', b'{"format": "1", "files": []}', b"\xff"]
)
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(RunDamagedError, match=r"manifest.json cannot be read"):
        Manifest.from_bytes(content)


def test_a_file_listed_twice_is_refused() -> None:
    with pytest.raises(RecordError, match="listed twice; first: 'a'"):
        Manifest(FORMAT, (FileEntry("a", 1, SHA), FileEntry("a", 2, SHA)))


def test_a_format_of_the_future_asks_for_an_upgrade() -> None:
    with pytest.raises(StoreError, match="Upgrade modelruns"):
        Manifest.from_bytes(json.dumps({"format": FORMAT + 1, "files": []}).encode())
