"""The data plane: packs and thumbnails of sealed runs over HTTP, beside Streamlit in the same process.

Addresses hold identities only (run id, manifest digest, row number), never a path. What they name never changes,
so browsers may keep every answer for ever.
"""

from __future__ import annotations

import gzip
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.packs import PACK_FORMAT
from trainer.records.errors import ModelrunsError, NotFoundError

LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")

_LOG = logging.getLogger(__name__)
_PACK: Final = "/api/runs/{run_id}/pack/{manifest_sha256}.bin"
_THUMBNAIL: Final = "/api/runs/{run_id}/thumbnails/{row}.webp"
_PICTURE: Final = "/api/runs/{run_id}/pictures/{row}.webp"
_RUN_ID: Final = re.compile(r"[0-9a-f]{32}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ROW: Final = re.compile(r"[0-9]{1,9}")
_FOREVER: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_DIGEST_IN_ADDRESS: Final = 12
_WORTH_PACKING: Final = 1024


def make_routes(
    load_pack: Callable[[str], bytes],
    load_thumbnail: Callable[[str, int], bytes | None],
    *,
    load_picture: Callable[[str, int], bytes | None] = lambda run_id, row: None,
    hosts: Sequence[str] = LOCAL_HOSTS,
) -> list[Route]:
    """Routes for `st.App(script, routes=[...])` that serve packs, thumbnails and pictures.

    Args:
        load_pack: Run id -> its pack. A `NotFoundError` answers 404. Called in a worker thread.
        load_thumbnail: Run id and row number -> WebP bytes; None, or no bytes, where the row has no picture answers
            204. A `NotFoundError` answers 404.
        load_picture: Likewise for pictures at full size, which may be gone and come back: a 204 is not kept.
        hosts: Host names the routes answer to; a page of another name that resolves to this machine gets 400.
    """

    def read_pack(request: Request) -> Response:
        _check(request, manifest_sha256=_SHA256)
        return _pack_response(load_pack(request.path_params["run_id"]), request.headers.get("accept-encoding", ""))

    def read_thumbnail(request: Request) -> Response:
        _check(request, row=_ROW)
        content = load_thumbnail(request.path_params["run_id"], int(request.path_params["row"]))
        if not content:
            return Response(status_code=204, headers=_FOREVER)
        return Response(content, media_type="image/webp", headers=_FOREVER)

    def read_picture(request: Request) -> Response:
        _check(request, row=_ROW)
        content = load_picture(request.path_params["run_id"], int(request.path_params["row"]))
        if not content:
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        return Response(content, media_type="image/webp", headers=_FOREVER)

    guards = [Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)]
    return [
        Route(_PACK, _answering(read_pack), methods=["GET"], middleware=guards),
        Route(_THUMBNAIL, _answering(read_thumbnail), methods=["GET"], middleware=guards),
        Route(_PICTURE, _answering(read_picture), methods=["GET"], middleware=guards),
    ]


def pack_address(run_id: str, manifest_sha256: str) -> str:
    """Where the browser finds a run's pack; another manifest or another pack format has another address."""
    return f"/api/runs/{run_id}/pack/{manifest_sha256}.bin?format={PACK_FORMAT}"


def thumbnail_address(run_id: str, manifest_sha256: str) -> str:
    """Where the browser finds a run's thumbnails, with ``{row}`` where the row number goes."""
    return f"/api/runs/{run_id}/thumbnails/{{row}}.webp?v={manifest_sha256[:_DIGEST_IN_ADDRESS]}"


def picture_address(run_id: str, manifest_sha256: str) -> str:
    """Where the browser finds a run's pictures at full size, with ``{row}`` where the row number goes."""
    return f"/api/runs/{run_id}/pictures/{{row}}.webp?v={manifest_sha256[:_DIGEST_IN_ADDRESS]}"


class _BadAddressError(ValueError):
    """An address holds something that no address of ours holds."""


def _check(request: Request, **patterns: re.Pattern[str]) -> None:
    for name, pattern in {"run_id": _RUN_ID, **patterns}.items():
        if not pattern.fullmatch(request.path_params[name]):
            raise _BadAddressError(f"{name} must look like {pattern.pattern}.")


def _answering(read: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await run_in_threadpool(read, request)
        except _BadAddressError as error:
            return _refusal(str(error), 400)
        except NotFoundError:  # no other LookupError: one of our own must not pass for a run that is gone
            return _refusal("There is no such run, or nothing of that kind in it.", 404)
        except ModelrunsError:
            _LOG.exception("Could not read what %s asks for", request.url.path)
            return _refusal("The run could not be read. `modelruns doctor` finds out why.", 500)

    return answer


def _refusal(message: str, status: int) -> PlainTextResponse:
    return PlainTextResponse(message, status_code=status, headers={"Cache-Control": "no-store"})


def _pack_response(content: bytes, accepted: str) -> Response:
    encoding, encoded = _encode(content, accepted)
    headers = {**_FOREVER, "Content-Encoding": encoding, "Vary": "Accept-Encoding"}
    return Response(encoded, media_type="application/octet-stream", headers=headers)


def _encode(content: bytes, accepted: str) -> tuple[str, bytes]:
    # An answer without a Content-Encoding would be compressed again by Streamlit, at its slowest level.
    names = {part.partition(";")[0].strip() for part in accepted.lower().split(",")}
    if len(content) < _WORTH_PACKING:
        return "identity", content
    if "zstd" in names:
        return "zstd", pa.Codec("zstd", compression_level=3).compress(content, asbytes=True)
    if "gzip" in names:
        return "gzip", gzip.compress(content, compresslevel=1)
    return "identity", content
