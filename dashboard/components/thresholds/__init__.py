"""The confidence and IoU sliders: the page follows them while they move, Python hears of it when they rest."""

from dashboard.components.thresholds.component import chosen_thresholds, thresholds

__all__ = ["chosen_thresholds", "thresholds"]
