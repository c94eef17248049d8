"""The gallery: rows as tiles with truth and predictions drawn over them, one pane a run."""

from dashboard.components.gallery.component import Pane, gallery
from dashboard.components.gallery.display import Display

__all__ = ["Display", "Pane", "gallery"]
