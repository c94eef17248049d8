"""The `modelruns` command."""

from __future__ import annotations

from trainer.commands.entry import main

__all__ = ["main"]
