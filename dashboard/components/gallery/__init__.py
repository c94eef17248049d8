"""The gallery: rows as tiles with truth and predictions drawn over them, one pane a run."""

from dashboard.components.gallery.component import Pane, gallery

__all__ = ["Pane", "gallery"]
