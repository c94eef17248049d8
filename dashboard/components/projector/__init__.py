"""The projector: embeddings as points of a plane, from which the reader selects rows."""

from dashboard.components.projector.component import NO_EMBEDDINGS, projector
from dashboard.components.projector.pack import points_pack
from dashboard.components.projector.route import make_points_route, points_address

__all__ = ["NO_EMBEDDINGS", "make_points_route", "points_address", "points_pack", "projector"]
