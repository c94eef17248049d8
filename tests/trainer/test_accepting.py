"""Accepted predictions become truth in a new version; everything else stays bit for bit as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

import trainer
from trainer import Store, project_edits
from trainer.predictions import accepting
from trainer.predictions.accepting import accept_predictions
from trainer.projects import DataVersion, open_version, save_version
from trainer.records.annotations import Annotations
from trainer.records.errors import NotFoundError, RecordError, SnapshotMismatchError, StoreError
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.runs.training_story import TrainingStory
from trainer.store import RunKind

ONTOLOGY = Ontology(
    (
        Feature("car", Kind.BOX),
        Feature("person", Kind.BOX),
        Feature("road", Kind.MASK),
        Feature(
            "weather",
            Kind.RADIO,
            (Feature("sunny", Kind.OPTION), Feature("rainy", Kind.OPTION), Feature("foggy", Kind.OPTION)),
        ),
        Feature("seen", Kind.CHECKLIST, (Feature("bus", Kind.OPTION), Feature("tram", Kind.OPTION))),
        Feature("tree", Kind.POLYGON),
    )
)
CODE = {path: code for code, path in enumerate(ONTOLOGY.paths)}
ROWS = Rows.from_columns(
    keys=list("abcd"), widths=[40] * 4, heights=[30] * 4, splits=["training", "training", "test", "unassigned"]
)
MakeRun = Callable[..., trainer.ModelRun]


def _annotate(*entries: tuple[str, str, float | None]) -> Annotations:
    """Row key, path and confidence of shapes of 10 x 8 pixels, and of answers."""
    options = {path for path, feature in ONTOLOGY.walk() if feature.kind is Kind.OPTION}
    mask = np.zeros((30, 40), dtype=np.uint8, order="F")
    mask[4:12, 2:12] = 1
    outlined = ("road", "tree")
    return Annotations.from_columns(
        row=["abcd".index(key) for key, _, _ in entries],
        feature=[CODE[path] for _, path, _ in entries],
        box=[[2.0, 4.0, 10.0, 8.0]] * len(entries),
        placed=[path not in options for _, path, _ in entries],
        confidence=[c for _, _, c in entries] if entries and entries[0][2] is not None else None,  # type: ignore[misc]
        rle=[str(coco_mask.encode(mask)["counts"], "ascii") if path in outlined else None for _, path, _ in entries],
        area=[80.0 if path in outlined else None for _, path, _ in entries],
    )


@pytest.fixture(scope="module")
def with_project(make_store: Callable[[Path], Store], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with the project; a copy of it is made faster than another one."""
    folder = tmp_path_factory.mktemp("street") / "mlruns"
    store = make_store(folder)
    truth = _annotate(("a", "car", None), ("a", "weather/sunny", None), ("b", "person", None))
    save_version("street", Snapshot(ONTOLOGY, ROWS, truth), store=store)
    store.close()
    return folder


@pytest.fixture
def store(with_project: Path, tmp_path: Path) -> Iterator[Store]:
    """A store with the project."""
    store = trainer.open_store(shutil.copytree(with_project, tmp_path / "mlruns"))
    yield store
    store.close()


@pytest.fixture
def project(store: Store) -> DataVersion:
    """Row a has a car and is sunny, row b has a person; rows c and d have nothing."""
    return open_version("street", store=store)


@pytest.fixture
def make_run(store: Store, project: DataVersion) -> MakeRun:
    """Seals predictions on the project as a run."""

    def make(*entries: tuple[str, str, float | None], name: str = "run") -> trainer.ModelRun:
        with trainer.start_run("street", name, project=project, store=store) as recording:
            recording.log_predictions(_annotate(*entries))
        return recording.result

    return make


def _told(version: DataVersion) -> list[tuple[str, str, str | None]]:
    """Row key, path and origin of every truth."""
    truth = version.snapshot.truth
    origins = truth.table["origin"].to_pylist()
    return [
        ("abcd"[row], ONTOLOGY.paths[code], origin)
        for row, code, origin in zip(truth.row.tolist(), truth.feature.tolist(), origins, strict=True)
    ]


def test_sure_predictions_become_truth_of_a_new_version(store: Store, make_run: MakeRun) -> None:
    run = make_run(("b", "car", 0.9), ("c", "car", 0.5), ("c", "car", 0.49), ("d", "person", 0.7))
    accepted = accept_predictions(run, store=store)

    assert (accepted.version.name, accepted.is_new) == ("v2", True)
    assert _told(accepted.version) == [
        ("a", "car", None),
        ("a", "weather/sunny", None),
        ("b", "person", None),
        ("b", "car", run.id),
        ("c", "car", run.id),
        ("d", "person", run.id),
    ]
    assert accepted.version.snapshot.truth.table["confidence"].null_count == 6
    assert (accepted.rows, accepted.accepted, accepted.kept, accepted.replaced) == (4, 3, 2, 0)
    assert (accepted.held_back, accepted.unsure) == (0, 1)
    assert open_version("street", version="v1", store=store).snapshot.truth.row.tolist() == [0, 0, 1]


def test_rows_keep_the_truth_they_have_of_a_feature_and_get_others(store: Store, make_run: MakeRun) -> None:
    run = make_run(("a", "car", 0.9), ("a", "person", 0.9))
    accepted = accept_predictions(run, store=store)

    assert [entry for entry in _told(accepted.version) if entry[0] == "a"] == [
        ("a", "car", None),
        ("a", "weather/sunny", None),
        ("a", "person", run.id),
    ]
    assert (accepted.held_back, accepted.kept) == (1, 2)


def test_replacing_takes_truth_of_the_features_away_even_where_nothing_was_predicted(
    store: Store, make_run: MakeRun
) -> None:
    run = make_run(("a", "car", 0.9), ("c", "person", 0.9))
    accepted = accept_predictions(run, keep="replace", store=store)

    assert _told(accepted.version) == [("a", "weather/sunny", None), ("a", "car", run.id), ("c", "person", run.id)]
    assert (accepted.replaced, accepted.kept) == (2, 0)


def test_replacing_truth_by_nothing_at_all_is_refused(store: Store, make_run: MakeRun) -> None:
    run = make_run(("a", "car", 0.9), ("c", "person", 0.9))

    with pytest.raises(RecordError, match="so nothing would take the place of"):
        accept_predictions(run, min_confidence=1.0, keep="replace", store=store)


def test_named_features_alone_are_touched(store: Store, make_run: MakeRun) -> None:
    run = make_run(("b", "car", 0.9), ("b", "person", 0.9))
    accepted = accept_predictions(run, keep="replace", features=["car"], store=store)

    assert _told(accepted.version) == [("a", "weather/sunny", None), ("b", "person", None), ("b", "car", run.id)]


@pytest.mark.parametrize("keep", ["existing", "replace"])
def test_accepting_twice_changes_nothing(store: Store, make_run: MakeRun, keep: str) -> None:
    run = make_run(
        ("a", "car", 0.9), ("a", "road", 0.8), ("b", "weather/rainy", 0.9), ("d", "seen/bus", 0.9), ("d", "tree", 0.9)
    )
    first = accept_predictions(run, keep=keep, store=store)
    second = accept_predictions(run, keep=keep, store=store)

    assert first.is_new
    assert not second.is_new
    assert second.version.name == first.version.name == "v2"


@pytest.mark.parametrize("keep", ["existing", "replace"])
@pytest.mark.parametrize("choice", [{"keys": ["c", "d"]}, {"split": "test"}])
def test_truth_of_other_rows_stays_bit_for_bit(
    store: Store, project: DataVersion, make_run: MakeRun, keep: str, choice: dict[str, object]
) -> None:
    run = make_run(("a", "person", 0.9), ("b", "person", 0.9), ("c", "person", 0.9))
    accepted = accept_predictions(run, keep=keep, store=store, **choice)  # type: ignore[arg-type]
    untouched = np.array([0, 1])

    assert accepted.accepted == 1
    after, before = (each.snapshot.truth.on_rows(untouched).table for each in (accepted.version, project))
    assert after.equals(before)


def test_of_a_radio_the_surest_option_becomes_the_answer(store: Store, make_run: MakeRun) -> None:
    run = make_run(
        *(("b", f"weather/{name}", share) for name, share in (("sunny", 0.25), ("rainy", 0.5), ("foggy", 0.25))),
        *(("c", f"weather/{name}", share) for name, share in (("sunny", 0.45), ("rainy", 0.45), ("foggy", 0.1))),
        *(("a", f"weather/{name}", share) for name, share in (("sunny", 0.1), ("rainy", 0.1), ("foggy", 0.8))),
    )
    accepted = accept_predictions(run, min_confidence=0.4, store=store)

    assert _told(accepted.version) == [
        ("a", "car", None),
        ("a", "weather/sunny", None),
        ("b", "person", None),
        ("b", "weather/rainy", run.id),
        ("c", "weather/sunny", run.id),
    ]
    assert accepted.held_back == 1


def test_an_option_left_out_can_still_be_the_surest(store: Store, make_run: MakeRun) -> None:
    run = make_run(("b", "weather/sunny", 0.4), ("b", "weather/rainy", 0.6))
    accepted = accept_predictions(run, min_confidence=0.3, features=["weather/sunny"], store=store)

    assert accepted.accepted == 0


def test_replacing_an_answer_leaves_one(store: Store, make_run: MakeRun) -> None:
    run = make_run(("a", "weather/rainy", 0.9), ("a", "weather/foggy", 0.1))
    accepted = accept_predictions(run, keep="replace", store=store)

    assert _told(accepted.version)[:2] == [("a", "car", None), ("a", "weather/rainy", run.id)]


def test_of_a_checklist_every_sure_option_holds(store: Store, make_run: MakeRun) -> None:
    run = make_run(("c", "seen/bus", 0.8), ("c", "seen/tram", 0.6), ("d", "seen/bus", 0.2), ("d", "seen/tram", 0.7))
    told = _told(accept_predictions(run, store=store).version)

    assert told[3:] == [("c", "seen/bus", run.id), ("c", "seen/tram", run.id), ("d", "seen/tram", run.id)]


def test_shapes_fit_the_project(store: Store, make_run: MakeRun) -> None:
    """A box feature takes the box of a mask alone, a polygon feature its outline, a mask feature the mask."""
    run = make_run(("c", "road", 0.9), ("d", "tree", 0.9), ("a", "road", 0.9))
    accepted = accept_predictions(run, features={"road": "car", "tree": "tree"}, store=store)
    table = accepted.version.snapshot.truth.table.slice(3)

    assert table["rle"].to_pylist() == [None, None]
    assert table["polygons"].to_pylist() == [None, [[2.0, 4.0, 2.0, 12.0, 12.0, 12.0, 12.0, 4.0]]]
    assert table["area"].to_pylist() == [None, 80.0]
    assert accept_predictions(run, store=store).version.snapshot.truth.table["rle"].null_count < 6


pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on numpy 2


def test_boxes_cannot_become_masks(store: Store, make_run: MakeRun) -> None:
    run = make_run(("c", "car", 0.9))

    with pytest.raises(RecordError, match="do not fit the project's features; first: 'car'"):
        accept_predictions(run, features={"car": "road"}, store=store)


def test_rows_that_the_project_lacks_are_refused_unless_others_are_named(store: Store, make_run: MakeRun) -> None:
    run = make_run(("c", "car", 0.9), ("d", "car", 0.9))
    save_version("small", Snapshot(ONTOLOGY, ROWS.take(np.array([2])), Annotations.empty()), store=store)

    with pytest.raises(SnapshotMismatchError, match="3 of 4 rows of run 'run' are not in project 'small'; first: 'a'"):
        accept_predictions(run, project="small", store=store)
    assert accept_predictions(run, project="small", keys=["c"], store=store).accepted == 1


def test_pictures_of_another_size_are_refused(store: Store, make_run: MakeRun) -> None:
    run = make_run(("c", "car", 0.9))
    rows = Rows.from_columns(keys=list("abcd"), widths=[41] * 4, heights=[30] * 4)
    save_version("other", Snapshot(ONTOLOGY, rows, Annotations.empty()), store=store)

    with pytest.raises(SnapshotMismatchError, match="'a', 41 x 30 and not 40 x 30 pixels"):
        accept_predictions(run, project="other", store=store)


def test_features_are_found_by_path_then_by_last_name(store: Store, make_run: MakeRun) -> None:
    nested = Ontology((Feature("vehicle", Kind.BOX, (Feature("car", Kind.BOX),)),))
    save_version("nested", Snapshot(nested, ROWS, Annotations.empty()), store=store)
    run = make_run(("c", "car", 0.9))

    assert accept_predictions(run, project="nested", store=store).features == {"car": "vehicle/car"}
    with pytest.raises(NotFoundError, match="has no feature 'person'"):
        accept_predictions(make_run(("c", "person", 0.9), name="two"), project="nested", store=store)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"keep": "both"}, "no way 'both'"),
        ({"min_confidence": 1.5}, "confidence is 1.5"),
        ({"keys": ["x"]}, "no row 'x'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    store: Store, make_run: MakeRun, settings: dict[str, object], said: str
) -> None:
    run = make_run(("c", "car", 0.9))

    with pytest.raises(trainer.ModelrunsError, match=said):
        accept_predictions(run, store=store, **settings)  # type: ignore[arg-type]


def test_a_row_put_together_from_several_projects_finds_its_way_back(store: Store, project: DataVersion) -> None:
    rows = Rows.from_columns(
        keys=["street/c", "yard/c"],
        widths=[40] * 2,
        heights=[30] * 2,
        metadata=[{"taught_from": "street@v1"}, {"taught_from": "yard@v1"}],
    )
    data = save_version("taught-cars", Snapshot(Ontology.flat({"car": "box"}), rows, Annotations.empty()), store=store)
    with trainer.start_run("cars", "cars-1", project=data, store=store) as recording:
        recording.log_predictions(
            Annotations.from_columns(row=[0, 1], feature=[0, 0], box=[[1, 1, 5, 5]] * 2, confidence=[0.9, 0.9])
        )
    run = recording.result

    with pytest.raises(RecordError, match="rows of the projects street, yard"):
        accept_predictions(run, store=store)
    accepted = accept_predictions(run, project="street", store=store)
    assert _told(accepted.version)[3:] == [("c", "car", run.id)]


def test_a_version_with_the_same_pictures_takes_over_their_thumbnails(store: Store, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "a.png")
    rows = Rows.from_columns(keys=["a"], widths=[40], heights=[30], uris=[str(tmp_path / "a.png")], sha256s=["0" * 64])
    old = save_version("one", Snapshot(ONTOLOGY, rows, Annotations.empty()), store=store)
    with trainer.start_run("one", "run", project=old, store=store) as recording:
        recording.log_predictions(_annotate(("a", "car", 0.9)))
    new = accept_predictions(recording.result, store=store).version
    (pack,) = [entry for entry in new.stored.manifest.files if entry.name.endswith(".bin")]

    assert pack.held_by == old.stored.id
    with trainer.start_run("one", "next", project=new, store=store) as recording:
        recording.log_predictions(Annotations.empty())
    assert recording.result.thumbnail(0)


def test_an_acceptance_that_came_meanwhile_is_not_lost(
    store: Store, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = make_run(("c", "car", 0.9)), make_run(("d", "person", 0.9), name="other")
    place = accepting._accept
    tries: list[str] = []

    def accept_the_other_first(*given: Any, **options: Any) -> Any:
        tries.append(given[1].name)
        if len(tries) == 1:
            accept_predictions(other, store=store)
        return place(*given, **options)

    monkeypatch.setattr(accepting, "_accept", accept_the_other_first)
    accepted = accept_predictions(run, store=store)

    assert tries == ["v1", "v1", "v2"]
    assert (accepted.version.name, accepted.is_new) == ("v3", True)
    assert _told(accepted.version)[3:] == [("c", "car", run.id), ("d", "person", other.id)]


def test_of_many_acceptances_at_once_none_is_lost(store: Store, make_run: MakeRun) -> None:
    runs = [make_run((key, "car", 0.9), name=key) for key in "bcd"]
    with ThreadPoolExecutor(3) as threads:
        accepted = list(threads.map(lambda run: accept_predictions(run, store=store), runs))

    newest = open_version("street", store=store)
    assert sorted(done.version.name for done in accepted) == ["v2", "v3", "v4"]
    assert {origin for _, _, origin in _told(newest)} == {None, *(run.id for run in runs)}


def test_a_version_that_somebody_is_making_is_waited_for(
    store: Store, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(("c", "car", 0.9))
    monkeypatch.setattr(project_edits, "_SECONDS_TO_WAIT", 0.1)
    writer = store.create_run("street", "v2", kind=RunKind.DATA_VERSION)

    with pytest.raises(StoreError, match="'street' is being changed by others"):
        accept_predictions(run, store=store)
    writer.kill()
    assert accept_predictions(run, store=store).version.name == "v2"


def test_a_classifiers_own_names_lead_to_the_options_it_was_taught_by(store: Store, project: DataVersion) -> None:
    story = TrainingStory(
        batch=1,
        epochs=1,
        seconds=1.0,
        device="cpu",
        threads=1,
        features=("sun", "rain"),
        rows=(),
        epoch_losses=(),
        scores={},
        paths=("weather/sunny", "weather/rainy"),
    )
    with trainer.start_run("street", "taught", project=project, store=store) as recording:
        recording.log_predictions(_annotate(("b", "weather/sunny", 0.2), ("b", "weather/rainy", 0.8)))
        story.write(recording.folder)
    accepted = accept_predictions(recording.result, store=store)

    assert accepted.features == {"weather/sunny": "weather/sunny", "weather/rainy": "weather/rainy"}
    assert ("b", "weather/rainy", recording.result.id) in _told(accepted.version)
