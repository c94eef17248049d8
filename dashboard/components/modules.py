"""Where the components' JavaScript comes from: one route of ours, and the line of script that loads it.

Streamlit finds packaged assets by importing the name of the distribution. Ours, `modelruns`, is no import package,
so an editable install would come without its components; and assets found that way cannot import each other across
components and carry no version in their address. Our own route needs neither, and only public parts of Streamlit.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

FOLDER: Final = Path(__file__).parent
ADDRESS: Final = "/api/modules"
_FOREVER: Final = "public, max-age=31536000, immutable"


def module_route() -> Route:
    """The route that serves every component's modules, at `/api/modules/<version>/<component>/<module>.js`.

    The version in the address is a digest over all modules: a browser keeps them for ever, and a page of an older
    version is told to reload instead of being served a mixture.
    """
    return Route(f"{ADDRESS}/{{version}}/{{name:path}}", _serve, methods=["GET"])


def loader(name: str) -> str:
    """Inline script for `st.components.v2.component(js=...)` that mounts a module of ours.

    Args:
        name: Module below `dashboard/components`, such as ``projector/main.js``. Its default export is the
            component function; it may import its neighbours by relative paths.

    Raises:
        FileNotFoundError: If there is no such module.
    """
    if name not in _modules():
        raise FileNotFoundError(f"There is no module {name!r} below {FOLDER}; there are {sorted(_modules())}.")
    address = json.dumps(f"{ADDRESS}/{version()}/{name}")
    return (
        f"const module = () => import(new URL({address}, location.origin).href);\n"
        "export default async (component) => (await module()).default(component);\n"
    )


def style(*names: str) -> str:
    """Style sheets such as ``projector/projector.css``, one after the other, for `component(css=...)`."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


@cache
def version() -> str:
    """12 hex digits that change whenever any module does."""
    digest = hashlib.sha256()
    for name, content in sorted(_modules().items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


@cache
def _modules() -> dict[str, bytes]:
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*.js")}


async def _serve(request: Request) -> Response:
    content = _modules().get(request.path_params["name"])
    if content is None or request.path_params["version"] != version():
        return PlainTextResponse("This page belongs to another version of the dashboard. Reload it.", status_code=404)
    headers = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="text/javascript", headers=headers)
