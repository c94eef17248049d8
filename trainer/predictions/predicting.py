"""Letting a model look at files: pictures, videos and rows of projects, one picture after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL.Image import DecompressionBombError

from trainer.learning.predictor import Predictor, make_predictor, predict_pictures
from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.training import model_of
from trainer.pictures import open_picture
from trainer.predictions.finding import find_run, find_sources
from trainer.predictions.outlines import check_tolerance, simplify_masks
from trainer.predictions.predicted import PredictedPicture, Source
from trainer.predictions.tracking import Tracker
from trainer.predictions.videos import Video, check_frames, open_video
from trainer.records.argument_kinds import check_kinds
from trainer.records.errors import RecordError
from trainer.runs.model_runs import ModelRun
from trainer.store import Store

FrameRange = tuple[int, int | None]
Report = Callable[[int, int], None]
"""Told how many pictures are done, of how many."""
OnError = Callable[[Source, str], None]
"""Told of a file that is left out, and why."""
_BATCH = 4


@dataclass(frozen=True)
class _Wanted:
    """What is done with every picture."""

    frames: FrameRange
    step: int
    track: bool
    simplify: float | None
    on_error: OnError | None

    def leave_out(self, source: Source, error: RecordError) -> None:
        """Go on without the rest of a file, if whoever asked wants that."""
        if self.on_error is None:
            raise error
        self.on_error(source, str(error))


@check_kinds
def predict(
    model: str | MicroModel | ModelRun,
    sources: str | Path | Source | Iterable[str | Path | Source],
    *,
    iteration: str | int = "",
    min_confidence: float = 0.3,
    nms_iou: float = 0.4,
    track: bool = False,
    simplify: float | None = None,
    frames: FrameRange = (0, None),
    step: int = 1,
    batch: int | None = None,
    device: str = "auto",
    threads: int | None = None,
    store: Store | None = None,
    report: Report | None = None,
    on_error: OnError | None = None,
) -> Iterator[PredictedPicture]:
    """Let a model look at pictures and videos; pictures are read only as the results are taken.

    Args:
        model: A registered model, its title or id; or a model run that holds weights, or a reference to one.
        sources: Files and folders, or what `find_sources` and `row_sources` found.
        iteration: Name or id of the model's iteration; the newest finished one when left out.
        min_confidence: Objects below it are not kept, in [0, 1]. Answers and what is painted are all kept.
        nms_iou: Of two objects of one feature that overlap more than this, only the surer is kept.
        track: Give objects of a video their identity over its frames; see `trainer.predictions.tracking.Tracker`.
        simplify: Give outlines as polygons in the place of run lengths, this many pixels exact; see `outline`.
        frames: First and last frame of each video, both included and counted from 0; its own last when None.
        step: Take every so manieth frame.
        batch: Pictures looked at together; 4, or 1 for a single picture, when left out.
        device: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        threads: CPU threads; one a core, at most 8, when left out.
        store: Where runs are kept; see `open_store`.
        report: Told of every picture.
        on_error: Told of every file that cannot be read, or not to its end, with the reason; the others go on, and the
            frames that came before stay. Without it the first such file ends all with an error.

    Yields:
        Each picture with its annotations, in the order of the sources and frames.

    Raises:
        NotFoundError: If there is no such model, run or file, or the run has no weights.
        RecordError: If the frames are no range, nothing is a video where frames or tracks are asked for, or a file is
            neither a picture nor a video, is damaged or has no such frames, and `on_error` is left out.
        TrainingError: If a threshold lies outside its range.
    """
    check_frames(*frames, step)
    check_tolerance(0.0 if simplify is None else simplify)
    found = find_sources([sources] if isinstance(sources, str | Path | Source) else sources)
    wanted = _Wanted(frames, step, track, simplify, on_error)
    has_videos = any(source.is_video for source in found)
    if track and not has_videos:
        raise RecordError("Objects are tracked over the frames of a video, but there is none among the files.")
    if (tuple(frames) != (0, None) or step != 1) and not has_videos:
        raise RecordError("Frames are those of a video, but there is none among the files; leave their range out.")
    run = find_run(model, iteration=iteration, store=store)
    videos = _open_videos(found, wanted)
    readable = [source for source in found if source in videos or not source.is_video]
    predictor = make_predictor(
        model_of(run),
        min_confidence=min_confidence,
        nms_iou=nms_iou,
        batch=batch if batch is not None else 1 if len(found) == 1 and not has_videos else _BATCH,
        device=device,
        threads=threads,
    )
    return _look(predictor, readable, videos, wanted, report)


def _open_videos(sources: Sequence[Source], wanted: _Wanted) -> dict[Source, Video]:
    opened: dict[Source, Video] = {}
    for source in sources:
        if source.is_video:
            try:
                opened[source] = open_video(source.path)
            except RecordError as error:
                wanted.leave_out(source, error)
    return opened


def _look(
    predictor: Predictor,
    sources: Sequence[Source],
    videos: dict[Source, Video],
    wanted: _Wanted,
    report: Report | None,
) -> Iterator[PredictedPicture]:
    first, last = wanted.frames
    total = sum(
        videos[one].expected(first=first, last=last, step=wanted.step) if one in videos else 1 for one in sources
    )
    waiting: deque[PredictedPicture] = deque()
    trackers: dict[Source, Tracker] = {}

    def give() -> Iterator[np.ndarray]:
        for one in _read(sources, videos, wanted, predictor.model.features):
            waiting.append(one)
            yield one.picture

    for done, said in enumerate(predict_pictures(predictor, give()), 1):
        one = replace(waiting.popleft(), annotations=said)
        if wanted.track and one.frame is not None:
            tracker = trackers.setdefault(one.source, Tracker())
            one = replace(one, annotations=tracker.follow(said, frame=one.frame))
        if wanted.simplify is not None:
            sizes = np.tile(one.picture.shape[:2], (len(said), 1))
            one = replace(one, annotations=simplify_masks(one.annotations, sizes, simplify=wanted.simplify))
        if report:
            report(done, max(done, total))
        yield one


def _read(
    sources: Sequence[Source], videos: dict[Source, Video], wanted: _Wanted, features: tuple[str, ...]
) -> Iterator[PredictedPicture]:
    """The pictures of all sources, nothing said about them yet."""
    for source in sources:
        try:
            if source in videos:
                yield from _frames(source, videos[source], wanted, features)
            else:
                yield PredictedPicture(source, _open(source), features)
        except RecordError as error:
            wanted.leave_out(source, error)


def _frames(source: Source, video: Video, wanted: _Wanted, features: tuple[str, ...]) -> Iterator[PredictedPicture]:
    first, last = wanted.frames
    for frame in video.frames(first=first, last=last, step=wanted.step):
        yield PredictedPicture(source, frame.picture, features, frame=frame.number, seconds=frame.seconds)


def _open(source: Source) -> np.ndarray:
    try:
        return np.asarray(open_picture(source.path))
    except (OSError, SyntaxError, ValueError, DecompressionBombError) as error:  # Pillow's readers raise all of them
        raise RecordError(f"{source.path} cannot be read as a picture: {error}.") from error
