"""The browser view of model runs: reads what `trainer` wrote and measures nothing itself."""

from __future__ import annotations

from pathlib import Path

import trainer

if Path(trainer.__file__ or "").parent != Path(__file__).parent.with_name("trainer"):
    raise ImportError(
        f"{trainer.__file__} hides the package 'trainer' that modelruns brings: Python takes the first of that name on "
        "its path. Rename or move the other one, or start Python in another folder.",
        name="trainer",
    )
