"""What scenes are made of. A new kind of shape is a module with an `ARENA` and a place here."""

from __future__ import annotations

from typing import Final

from ..arena import Arena
from . import boxes, keypoints, lvis, masks

ARENAS: Final[dict[str, Arena]] = {each.ARENA.name: each.ARENA for each in (boxes, masks, keypoints, lvis)}
