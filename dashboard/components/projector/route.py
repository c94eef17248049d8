"""The address under which the browser fetches the projector's points."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.server import LOCAL_HOSTS
from trainer.records.errors import ModelrunsError, NotFoundError

ADDRESS: Final = "/api/projector/points.bin"
_LOG = logging.getLogger(__name__)
# Said to be unpacked: without a word on it Streamlit would compress the coordinates, slowly and for nothing.
_HEADERS: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Encoding": "identity",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def make_points_route(
    load_points: Callable[[Mapping[str, str]], bytes], *, hosts: Sequence[str] = LOCAL_HOSTS
) -> Route:
    """The route for `st.App(script, routes=[...])` that serves packs of points.

    Args:
        load_points: The address's parameters -> a pack from `points_pack`. Parameters come from outside and may be
            anything: a `NotFoundError` answers 404, a ValueError 400. Called in a worker thread, so it may take long.
        hosts: Host names the route answers to.
    """

    async def answer(request: Request) -> Response:
        try:
            pack = await run_in_threadpool(load_points, dict(request.query_params))
        except NotFoundError:
            return _refusal("There is no such run, or it has no embeddings.", 404)
        except ValueError as error:
            return _refusal(str(error), 400)
        except ModelrunsError:
            _LOG.exception("Could not read the points for %s", request.url.query)
            return _refusal("The run could not be read. `modelruns doctor` finds out why.", 500)
        return Response(pack, media_type="application/octet-stream", headers=_HEADERS)

    guards = [Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)]
    return Route(ADDRESS, answer, methods=["GET"], middleware=guards)


def points_address(parameters: Mapping[str, str]) -> str:
    """Where the browser finds the points that parameters name.

    Browsers keep an answer for ever, so the parameters must name content that never changes: sealed runs by id and
    manifest, the method, the seed, what the classes are.

    Example:
        >>> points_address({"run": "4f2a", "method": "pca"})
        '/api/projector/points.bin?run=4f2a&method=pca'
    """
    return f"{ADDRESS}?{urlencode(parameters)}"


def _refusal(message: str, status: int) -> PlainTextResponse:
    return PlainTextResponse(message, status_code=status, headers={"Cache-Control": "no-store"})
