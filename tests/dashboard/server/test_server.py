"""The data plane answers with what never changes, by identity alone."""

from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from starlette.routing import Route

from dashboard.server import make_routes, pack_address, picture_address, thumbnail_address
from trainer.records.errors import NotFoundError, RunDamagedError

if TYPE_CHECKING:
    from tests.dashboard.conftest import Ask

RUN = "0123456789abcdef" * 2
MANIFEST = "ab" * 32
PACK = b"a pack " * 1000


def _load_pack(run_id: str) -> bytes:
    if run_id == RUN:
        return PACK
    if run_id.startswith("d"):
        raise RunDamagedError("/secret/place/rows.parquet differs from its manifest")
    raise NotFoundError(f"There is no run {run_id}.")


def _load_thumbnail(run_id: str, row: int) -> bytes | None:
    _load_pack(run_id)
    return b"RIFF" if row == 3 else None


@pytest.fixture
def routes() -> list[Route]:
    return make_routes(_load_pack, _load_thumbnail, load_picture=_load_thumbnail)


def test_a_pack_is_sent_packed_and_kept_for_ever(ask: Ask, routes: list[Route]) -> None:
    answer = ask(routes, pack_address(RUN, MANIFEST), {"accept-encoding": "gzip, deflate, br, zstd"})

    assert answer.status == 200
    assert answer.headers["content-encoding"] == "zstd"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert pa.Codec("zstd").decompress(answer.body, len(PACK), asbytes=True) == PACK


def test_a_browser_without_zstd_gets_gzip(ask: Ask, routes: list[Route]) -> None:
    answer = ask(routes, pack_address(RUN, MANIFEST), {"accept-encoding": "gzip;q=1.0, deflate"})

    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == PACK


def test_a_reader_without_either_gets_the_plain_bytes(ask: Ask, routes: list[Route]) -> None:
    answer = ask(routes, pack_address(RUN, MANIFEST))

    assert answer.headers["content-encoding"] == "identity"
    assert answer.body == PACK


def test_a_thumbnail_is_sent_as_it_is(ask: Ask, routes: list[Route]) -> None:
    answer = ask(routes, thumbnail_address(RUN, MANIFEST).replace("{row}", "3"))

    assert (answer.status, answer.body) == (200, b"RIFF")
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]


def test_a_row_without_a_picture_is_no_error(ask: Ask, routes: list[Route]) -> None:
    assert ask(routes, thumbnail_address(RUN, MANIFEST).replace("{row}", "4")).status == 204


def test_a_picture_is_kept_and_its_absence_is_not(ask: Ask, routes: list[Route]) -> None:
    there, gone = (ask(routes, picture_address(RUN, MANIFEST).replace("{row}", row)) for row in ("3", "4"))

    assert (there.status, there.body, there.headers["content-type"]) == (200, b"RIFF", "image/webp")
    assert "immutable" in there.headers["cache-control"]
    assert (gone.status, gone.headers["cache-control"]) == (204, "no-store")


def test_a_run_that_is_not_there_is_a_plain_404(ask: Ask, routes: list[Route]) -> None:
    for path in (pack_address("e" * 32, MANIFEST), f"/api/runs/{'e' * 32}/thumbnails/3.webp"):
        answer = ask(routes, path)

        assert answer.status == 404
        assert answer.body == b"There is no such run, or nothing of that kind in it."
        assert answer.headers["cache-control"] == "no-store"


def test_a_mistake_of_our_own_does_not_pass_for_a_run_that_is_gone(ask: Ask) -> None:
    def load(run_id: str, row: int = 0) -> bytes:
        return [b"first"][row + 1]

    for path in (pack_address(RUN, MANIFEST), thumbnail_address(RUN, MANIFEST).replace("{row}", "0")):
        with pytest.raises(IndexError):
            ask(make_routes(load, load), path)


@pytest.mark.parametrize(
    "path",
    [
        f"/api/runs/{RUN}/pack/latest.bin",
        f"/api/runs/..%2f..%2fetc/pack/{MANIFEST}.bin",
        f"/api/runs/{RUN.upper()}/pack/{MANIFEST}.bin",
        f"/api/runs/{RUN}/thumbnails/-1.webp",
        f"/api/runs/{RUN}/thumbnails/1e3.webp",
        f"/api/runs/{RUN}/thumbnails/99999999999.webp",
    ],
)
def test_an_address_that_is_none_of_ours_is_a_plain_400(ask: Ask, routes: list[Route], path: str) -> None:
    answer = ask(routes, path)

    assert answer.status == 400
    assert b"must look like" in answer.body


def test_a_damaged_run_says_what_to_do_and_tells_no_path(
    ask: Ask, routes: list[Route], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(routes, pack_address("d" * 32, MANIFEST))

    assert answer.status == 500
    assert answer.body == b"The run could not be read. `modelruns doctor` finds out why."
    assert "/secret/place" in caplog.text


def test_another_host_name_is_refused(ask: Ask, routes: list[Route]) -> None:
    answer = ask(routes, pack_address(RUN, MANIFEST), {"host": "evil.example"})

    assert (answer.status, answer.body) == (400, b"Invalid host header")


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501"])
def test_this_machine_is_answered_on_any_port(ask: Ask, routes: list[Route], host: str) -> None:
    assert ask(routes, pack_address(RUN, MANIFEST), {"host": host}).status == 200


def test_a_shared_host_is_answered_under_the_names_it_was_given(ask: Ask) -> None:
    routes = make_routes(_load_pack, _load_thumbnail, hosts=["runs.example.org"])

    assert ask(routes, pack_address(RUN, MANIFEST), {"host": "runs.example.org"}).status == 200
    assert ask(routes, pack_address(RUN, MANIFEST), {"host": "localhost"}).status == 400
