"""`modelruns predict`: what a model says about pictures, videos, and rows of projects."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from trainer.commands.arguments import Commands, add_command, add_json, positive_number, share
from trainer.commands.output import print_json, print_table, reference
from trainer.commands.predicted_runs import add_run_options, check_use, seal
from trainer.commands.progress import ProgressDisplay
from trainer.records.split import Split
from trainer.records.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainer.predictions.predicted import PredictedPicture, Source
    from trainer.predictions.prediction_drawing import Drawing
    from trainer.predictions.prediction_files import PredictionFile
    from trainer.runs.model_runs import ModelRun
    from trainer.store import Store

    _Files = tuple[PredictionFile | None, Drawing | None]

_Number = TypeVar("_Number", int, float)
_CONFIDENCE, _NMS_IOU = 0.3, 0.4
_FRAMES_A_SECOND = 25.0
_PREDICT = """
modelruns predict "cell finder" slide.png other-slides --output found.json
modelruns predict "cell finder" walk.mp4 --frames 100-250 --track --output found.csv --draw walk-found.mp4
modelruns predict cells/cell-finder-2 --project cells --split test --draw looked-at
modelruns predict "cell finder" --project cells --run cells/found
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "predict",
        _predict,
        help="let a model look at pictures, videos or rows of a project",
        example=_PREDICT,
    )
    parser.add_argument("model", metavar="MODEL", help="title or id of a model, or a run that holds weights")
    paths = parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        type=Path,
        default=[],
        help="pictures, videos, and folders of them; none with --project alone. What cannot be read to its end "
        "is named last; the exit code is 1 then, and what could be read is kept",
    )
    paths.required = False  # with --project; argparse would take "*" as read at MODEL, and refuse paths after options
    parser.add_argument(
        "--iteration", default="", metavar="RUN", help="iteration of the model, by name or number (default: the newest)"
    )
    parser.add_argument(
        "--project", metavar="PROJECT", help="look at rows of this project's newest version, or of P@v2"
    )
    parser.add_argument("--row", action="append", metavar="KEY", help="with --project: only this row; may be repeated")
    parser.add_argument("--split", choices=tuple(Split), help="with --project: only rows of this part")
    add_run_options(parser)
    parser.add_argument(
        "--confidence",
        type=share,
        metavar="C",
        help="objects below it are left out (default 0.30; with --run 0.05, as in training)",
    )
    parser.add_argument(
        "--nms-iou",
        type=share,
        metavar="IOU",
        help="of objects of one feature that overlap more, only the surer is kept (default 0.40; with --run 0.50)",
    )
    parser.add_argument("--frames", type=_frame_range, metavar="A-B", help="frames of a video, from 0, both included")
    parser.add_argument("--step", type=positive_number, metavar="N", help="take every N-th frame (default 1)")
    parser.add_argument("--track", action="store_true", help="give objects of a video their identity over its frames")
    parser.add_argument(
        "--simplify",
        type=_pixels,
        metavar="PX",
        help="outlines as polygons, so many pixels exact (default: run lengths)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the annotations as .json, .ndjson or .csv")
    parser.add_argument(
        "--draw", type=Path, metavar="PATH", help="draw them on the pictures: a folder, or a video (.mp4, .avi, .webm)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to compute")
    parser.add_argument(
        "--threads", type=positive_number, metavar="N", help="CPU threads (default: one a core, at most 8)"
    )
    add_json(parser)


def _predict(options: argparse.Namespace) -> int:
    _check_use(options)
    if options.sealed_as is not None:
        return seal(options)
    from trainer.predictions.finding import find_run, find_sources
    from trainer.store import open_store

    store = open_store()
    sources = find_sources([*options.paths, *_rows(options, store)])
    run = find_run(options.model, iteration=options.iteration, store=store)
    left_out: list[dict[str, str]] = []
    with ProgressDisplay() as progress, ExitStack() as open_files:
        files = _open_files(open_files, options, sources)  # what cannot be written is refused before a model is loaded
        from trainer.predictions.predicting import predict  # brings in torch, whose seconds no refusal should take

        clock = _Clock()

        def report(done: int, total: int) -> None:
            progress.show("predicting", done, total, f"{done / clock.seconds:.1f} pictures/s")

        looked_at = predict(
            run,
            sources,
            min_confidence=_or(options.confidence, _CONFIDENCE),
            nms_iou=_or(options.nms_iou, _NMS_IOU),
            track=options.track,
            simplify=options.simplify,
            frames=options.frames or (0, None),
            step=_or(options.step, 1),
            device=options.device,
            threads=options.threads,
            store=store,
            report=report,
            on_error=lambda source, reason: left_out.append({"file": source.name, "reason": reason}),
        )
        clock.start()  # only now: the seconds that a model takes to be loaded are not those of the pictures
        facts = {**_take(looked_at, options, files), "seconds": clock.seconds}
    _tell(run, {**facts, "left_out": left_out}, options)
    return 1 if left_out else 0


class _Clock:
    """Seconds since it was started."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun


def _take(looked_at: Iterator[PredictedPicture], options: argparse.Namespace, files: _Files) -> dict[str, Any]:
    """Write and draw what comes, and count it."""
    counts: Counter[str] = Counter()
    objects: set[tuple[str, str]] = set()
    pictures, lines = 0, []
    file, drawing = files
    for picture in looked_at:
        pictures += 1
        told = list(picture.lines())
        counts.update(line["feature"] for line in told)
        objects |= {(line["file"], line["object"]) for line in told if line["object"]}
        if file:
            file.add(picture)
        elif options.json:
            lines += told
        if drawing:
            drawing.add(picture)
    facts: dict[str, Any] = {"pictures": pictures, "annotations": dict(counts)}
    if options.track:
        facts["objects"] = len(objects)
    return facts | ({"found": lines} if options.json and not options.output else {})


def _open_files(open_files: ExitStack, options: argparse.Namespace, sources: list[Source]) -> _Files:
    """What annotations are written to, and drawn in."""
    from trainer.predictions.prediction_drawing import Drawing
    from trainer.predictions.prediction_files import PredictionFile

    file = open_files.enter_context(PredictionFile(options.output)) if options.output else None
    if not options.draw:
        return file, None
    return file, open_files.enter_context(Drawing(options.draw, fps=_rate(sources, _or(options.step, 1))))


def _tell(run: ModelRun, facts: dict[str, Any], options: argparse.Namespace) -> None:
    _print(run, facts, options)
    left_out = facts["left_out"]
    if left_out:
        files = "1 file was" if len(left_out) == 1 else f"{len(left_out):,} files were"
        print(f"{files} not read, or not to the end:", file=sys.stderr)
    for file in left_out:
        named = "" if Path(file["file"]).name in file["reason"] else f"{file['file']}: "
        print(f"  {named}{file['reason']}", file=sys.stderr)


def _print(run: ModelRun, facts: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print_json({"run": run.id, "name": reference(run), **facts})
        return
    rate = facts["pictures"] / facts["seconds"] if facts["seconds"] else float("nan")
    pictures = count(facts["pictures"], "picture")
    print(f"{pictures} looked at by run {reference(run)}, {rate:.1f} a second")
    if facts["annotations"]:
        counted = sorted(facts["annotations"].items(), key=lambda entry: -entry[1])
        print_table(("feature", "annotations"), [[name, f"{count:,}"] for name, count in counted])
    elif facts["pictures"]:
        print(
            f"Nothing was found with a confidence of {_or(options.confidence, _CONFIDENCE):g} or more (--confidence)."
        )
    if "objects" in facts:
        print(f"objects tracked: {facts['objects']:,}")
    for path, what in ((options.output, "written to"), (options.draw, "drawn in")):
        if path:
            print(f"{what} {path}")
    if facts["pictures"] and not options.output and not options.draw:
        print("Write the annotations with --output FILE, or look at them with --draw PATH.", file=sys.stderr)


def _rows(options: argparse.Namespace, store: Store) -> list[Source]:
    from trainer.predictions.predicted import row_sources

    if not options.project:
        return []
    from trainer.micro_models.lessons import open_named

    return row_sources(open_named(options.project, store=store), keys=options.row, split=options.split)


def _rate(sources: list[Source], step: int) -> float:
    """Frames a second of a drawn video: as the first video runs that can be read."""
    from trainer.predictions.videos import open_video
    from trainer.records.errors import RecordError

    for source in sources:
        if source.is_video:
            with suppress(RecordError):  # that it cannot be read is told at the end
                rate = open_video(source.path).fps
                return rate / step if rate > 0 else _FRAMES_A_SECOND
    return _FRAMES_A_SECOND


def _check_use(options: argparse.Namespace) -> None:
    from trainer.records.errors import RecordError

    check_use(options)
    if not options.paths and not options.project:
        raise RecordError("There is nothing to look at: name pictures, videos or folders, or rows with --project.")
    if (options.row or options.split) and not options.project:
        raise RecordError("--row and --split choose rows of a project; name it with --project.")


def _or(value: _Number | None, usual: _Number) -> _Number:
    return usual if value is None else value


def _frame_range(text: str) -> tuple[int, int | None]:
    """``100-250``, ``100-`` or ``100``."""
    first, dash, last = text.partition("-")
    if not text.isascii() or not first.isdigit() or not (last.isdigit() or (dash and not last) or not dash):
        raise argparse.ArgumentTypeError(f"{text!r} is no range of frames such as 100-250")
    asked = int(first), int(last) if last else None if dash else int(first)
    if asked[1] is not None and asked[1] < asked[0]:
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins; write the first frame first")
    return asked


def _pixels(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of pixels from 0")
    return value
