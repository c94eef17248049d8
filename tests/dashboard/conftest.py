"""What tests of the dashboard share: asking our routes without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.routing import Route


@dataclass(frozen=True)
class Answer:
    """What a route answered."""

    status: int
    headers: dict[str, str]
    body: bytes


Ask = Callable[..., Answer]


@pytest.fixture
def ask() -> Ask:
    """`ask(routes, path, headers)`: the answer of the routes, in a thread of its own with an event loop of its own."""

    def ask(routes: Sequence[Route], path: str, headers: Mapping[str, str] | None = None) -> Answer:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, _ask(routes, path, headers or {})).result()

    return ask


async def _ask(routes: Sequence[Route], path: str, headers: Mapping[str, str]) -> Answer:
    address = urlsplit(path)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": address.path,
        "raw_path": address.path.encode(),
        "query_string": address.query.encode(),
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in ({"host": "localhost"} | dict(headers)).items()
        ],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await Starlette(routes=list(routes))(scope, receive, send)
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], names, b"".join(message.get("body", b"") for message in sent[1:]))
