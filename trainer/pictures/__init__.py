"""Pictures on disk: what they are, how they look upright, and small copies of them packed into one file."""

from trainer.pictures.cropping import Outline, cut_out
from trainer.pictures.measuring import PictureFacts, measure, measure_each
from trainer.pictures.opening import open_picture
from trainer.pictures.threads import Report, each
from trainer.pictures.thumbnails import THUMBNAIL_SIZE, pack_thumbnails, read_thumbnail, thumbnail_files

__all__ = [
    "THUMBNAIL_SIZE",
    "Outline",
    "PictureFacts",
    "Report",
    "cut_out",
    "each",
    "measure",
    "measure_each",
    "open_picture",
    "pack_thumbnails",
    "read_thumbnail",
    "thumbnail_files",
]
