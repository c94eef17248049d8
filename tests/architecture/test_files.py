"""How the code is cut: by ideas, in files that can be read at one sitting."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("trainer", "metrics", "dashboard")
LONGEST = 400
SAYS_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "base",
    "misc",
    "shared",
    "core",
    "lib",
    "tools",
    "stuff",
}


def _files(*suffixes: str) -> list[Path]:
    found = (path for top in (*PACKAGES, "tests") for path in (ROOT / top).rglob("*"))
    return sorted(path.relative_to(ROOT) for path in found if path.suffix in suffixes)


def test_no_module_has_a_name_that_says_nothing() -> None:
    heaps = [str(path) for path in _files(".py", ".js") if {path.stem, path.parent.name} & SAYS_NOTHING]

    assert heaps == []


def test_no_file_is_too_long_to_be_read_at_one_sitting() -> None:
    lengths = {str(path): _read(path).count("\n") for path in _files(".py", ".js")}

    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_every_module_says_what_it_is_for() -> None:
    bare = [str(path) for path in _files(".py") if not _read(path).lstrip().startswith(('"""', 'r"""'))]

    assert bare == []


def _read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
