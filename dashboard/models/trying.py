"""Trying a model on a reader's own pictures or a video, without a project and without a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import model_loading
from dashboard.loading import store
from dashboard.models import answers, project_answers, project_asking, times
from dashboard.models.naming import names_of
from dashboard.trial import Question, Trial, VideoPart
from dashboard.trials import desk
from trainer.micro_models.micro_model import MicroModel
from trainer.records.design import OBJECTS
from trainer.records.wording import count

_PICTURES: Final = "Pictures"
_VIDEO: Final = "A video"
_PROJECT: Final = "A project"
_PICTURE_ENDINGS: Final = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff")
_VIDEO_ENDINGS: Final = ("mp4", "avi", "webm", "mov", "mkv")
_MOST_PICTURES: Final = 40
_MOST_FRAMES: Final = 1000
_PICTURE_MEGABYTES: Final = 50
_VIDEO_MEGABYTES: Final = 200
_EVERY: Final = "1s"


def render(model: MicroModel, open_comparison: Callable[[str, str], None]) -> None:
    """Draw what is asked on the left, and what the model said on the right."""
    entries = {entry.id: entry for entry in model_loading.finished(model.id)}
    finished = names_of(entries.values())
    if not finished:
        st.write(
            "No training of this model has finished yet, so there are no weights to try. Start one on the **Train** "
            "tab, then give it pictures here."
        )
        return
    left, right = st.columns([1, 2], gap="large")
    with left:
        kind = _choose_kind(model)
        if kind == _PROJECT:
            project_asking.ask(model, entries)
        else:
            _ask(model, finished, kind)
    with right:
        if kind == _PROJECT:
            project_answers.show(model.id, open_comparison)
        else:
            _show(model, finished)


def _choose_kind(model: MicroModel) -> str:
    st.markdown("##### What to look at")
    return st.segmented_control(
        "What to look at",
        [_PICTURES, _VIDEO, _PROJECT],
        default=_PICTURES,
        required=True,
        key=f"try_{model.id}_kind",
        label_visibility="collapsed",
        persist_state="session",
    )


def _ask(model: MicroModel, finished: dict[str, str], kind: str) -> None:
    key = f"try_{model.id}"
    files, part = _ask_video(model, key) if kind == _VIDEO else (_ask_pictures(key), None)
    iteration = st.selectbox(
        "Iteration",
        list(finished),
        key=f"{key}_iteration",
        format_func=finished.__getitem__,
        persist_state="session",
    )
    confidence, nms_iou = _ask_thresholds(model, key)
    question = Question(model.id, iteration, store().location.uri, confidence, nms_iou, part)
    problem = _problem(files, part)
    if problem:
        st.caption(problem)
    if st.button("Predict", type="primary", icon=":material/play_arrow:", disabled=bool(problem)):
        _begin(question, files)


def _ask_pictures(key: str) -> list[UploadedFile]:
    return st.file_uploader(
        "Pictures",
        list(_PICTURE_ENDINGS),
        accept_multiple_files=True,
        max_upload_size=_PICTURE_MEGABYTES,
        key=f"{key}_pictures",
        help="They are looked at once, kept in no project, and deleted when this page is closed.",
    )


def _ask_video(model: MicroModel, key: str) -> tuple[list[UploadedFile], VideoPart]:
    file = st.file_uploader(
        "Video",
        list(_VIDEO_ENDINGS),
        max_upload_size=_VIDEO_MEGABYTES,
        key=f"{key}_video",
        help="It is looked at once, kept in no project, and deleted when this page is closed.",
    )
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    first = left.number_input("First frame", 0, value=0, key=f"{key}_first", help="Frames are counted from 0.")
    last = middle.number_input("Last frame", 0, value=99, key=f"{key}_last", help="This frame is looked at as well.")
    step = right.number_input("Every", 1, value=1, key=f"{key}_step", help="2 looks at every second frame, and so on.")
    track = OBJECTS in model.design.task.heads and st.toggle(
        "Track objects", key=f"{key}_track", help="Gives each object one number over all frames."
    )
    return [file] if file else [], VideoPart(int(first), int(last), int(step), track)


def _ask_thresholds(model: MicroModel, key: str) -> tuple[float | None, float | None]:
    if OBJECTS not in model.design.task.heads:  # all answers, and all that is painted, are told
        return None, None
    confidence = st.slider(
        "Confidence",
        0.0,
        1.0,
        0.3,
        0.01,
        key=f"{key}_confidence",
        help="Objects below it are left out.",
        persist_state="session",
    )
    nms_iou = st.slider(
        "NMS IoU",
        0.0,
        1.0,
        0.4,
        0.01,
        key=f"{key}_nms_iou",
        help="Of two objects of one feature that overlap by more than this, only the surer is kept.",
        persist_state="session",
    )
    return confidence, nms_iou


def _problem(files: Sequence[UploadedFile], part: VideoPart | None) -> str:
    if part is not None and part.last < part.first:
        return "The last frame lies before the first."
    if part is not None and part.frames > _MOST_FRAMES:
        return f"These are {part.frames:,} frames; here at most {_MOST_FRAMES:,} are looked at."
    if len(files) > _MOST_PICTURES:
        return f"These are {len(files):,} pictures; here at most {_MOST_PICTURES} are looked at."
    return "" if files else "Choose a video first." if part is not None else "Choose pictures first."


def _begin(question: Question, files: Sequence[UploadedFile]) -> None:
    try:
        desk().begin(question, [(file.name, file.getbuffer()) for file in files])
    except OSError as error:
        st.error(f"The model cannot be started: {error.strerror or error}.")


def _show(model: MicroModel, finished: dict[str, str]) -> None:
    trial = desk().trial_of(model.id)
    if trial is None:
        st.caption("What the model finds is drawn here, and kept in no project.")
    elif trial.is_running:
        st.fragment(_draw_waiting, run_every=_EVERY)(trial)
    elif trial.error:
        st.error(answers.say_error(trial))
    else:
        answers.draw(trial, name=finished.get(trial.question.iteration, "A deleted iteration"))


def _draw_waiting(trial: Trial) -> None:
    if not trial.is_running:
        st.rerun()
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.progress(_share(trial), text=say_progress(trial))
    if right.button("Stop", width="stretch"):
        desk().clear()
        st.rerun()


def say_progress(trial: Trial) -> str:
    """What stands on the bar while a model looks."""
    (_, done, total), waited = trial.progress, times.say_seconds(trial.seconds)
    if not done:
        return f"Loading the model and looking · {waited}"
    return f"{done:,} of {count(total, 'picture' if trial.question.video is None else 'frame')} · {waited}"


def _share(trial: Trial) -> float:
    _, done, total = trial.progress
    return min(1.0, done / max(1, total))
