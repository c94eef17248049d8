"""Whether MLflow's own pages can be reached."""

from __future__ import annotations

import http.client
import urllib.request
from contextlib import closing
from urllib.parse import urlsplit


def is_answering(base_url: str, *, seconds: float = 1.0) -> bool:
    """Whether an MLflow server answers at this address, so that links to its pages lead somewhere.

    Args:
        base_url: Its address, ``http:`` or ``https:``.
        seconds: How long to wait for it.
    """
    if urlsplit(base_url).scheme not in ("http", "https"):
        return False
    try:
        with closing(urllib.request.urlopen(f"{base_url.rstrip('/')}/health", timeout=seconds)) as answer:  # noqa: S310 # the scheme was checked
            return bool(answer.status == 200)
    except (OSError, ValueError, http.client.HTTPException):
        return False
