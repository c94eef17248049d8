"""Data that a micro-model is trained on: rows of several projects, in the model's own features."""

from __future__ import annotations

import numpy as np
import pytest

from trainer import (
    Annotations,
    DataVersion,
    Design,
    Feature,
    Kind,
    Ontology,
    RecordError,
    Rows,
    Snapshot,
    Split,
    Store,
    Task,
    TrainingError,
)
from trainer.micro_models.taught_ontology import taught_ontology
from trainer.micro_models.teaching import SOURCE, teach, teaching_version
from trainer.projects import save_version
from trainer.store import RunKind

VEHICLES = Design(Task.DETECTION, ("vehicle", "person"))
WEATHER = Feature("weather", Kind.RADIO, (Feature("sunny", Kind.OPTION), Feature("rainy", Kind.OPTION)))


def _boxes(
    store: Store, project: str, kinds: dict[str, str], *, features: list[int], prefix: str = "", split: str = "training"
) -> DataVersion:
    """A project of a picture an annotation; the last picture is for validation."""
    n = len(features)
    rows = Rows.from_columns(
        keys=[f"{prefix}{number:02d}" for number in range(n)],
        widths=[40] * n,
        heights=[30] * n,
        splits=[split] * (n - 1) + ["validation"],
        sha256s=[f"{prefix}{number}".encode().hex().rjust(64, "0") for number in range(n)],
        metadata=[{"camera": number} for number in range(n)],
    )
    ring = [[1.0, 1.0, 9.0, 1.0, 9.0, 9.0]]
    truth = Annotations.from_columns(
        row=range(n), feature=features, box=[[1, 1, 8, 8]] * n, polygons=[ring if f == 1 else None for f in features]
    )
    return save_version(project, Snapshot(Ontology.flat(kinds), rows, truth), store=store)


def _answers(store: Store, project: str, options: list[int | None]) -> DataVersion:
    n = len(options)
    rows = Rows.from_columns(
        keys=[f"{number:02d}" for number in range(n)],
        widths=[40] * n,
        heights=[30] * n,
        splits=["training"] * (n - 1) + ["validation"],
    )
    said = [(row, option) for row, option in enumerate(options) if option is not None]
    truth = Annotations.from_columns(row=[row for row, _ in said], feature=[1 + option for _, option in said])
    return save_version(project, Snapshot(Ontology((WEATHER,)), rows, truth), store=store)


def test_a_project_of_just_the_models_features_is_used_as_it_is(store: Store) -> None:
    data = _boxes(store, "street", {"vehicle": "box", "person": "polygon"}, features=[0, 1] * 6)

    taught = teach(VEHICLES, data, title="finder", store=store)

    assert taught.data == data
    assert taught.design == VEHICLES


def test_features_of_two_projects_teach_those_of_the_model(store: Store) -> None:
    _boxes(store, "street", {"car": "box", "walker": "polygon"}, features=[0, 1] * 6)
    _boxes(store, "harbour", {"ship": "box", "crane": "polygon"}, features=[0, 0, 1] * 3, prefix="h")
    mapping = {"street": {"car": ["vehicle"], "walker": ["person"]}, "harbour": {"ship": ["vehicle"]}}

    version = teaching_version(VEHICLES, mapping, title="finder", store=store)

    snapshot = version.snapshot
    assert version.project == "taught-finder"
    assert snapshot.ontology == Ontology.flat({"vehicle": "box", "person": "box"})
    assert snapshot.rows.keys[:2] == ("harbour/h00", "harbour/h01")
    assert snapshot.rows.keys[9] == "street/00"
    assert snapshot.rows.metadata(9) == {"camera": 0, SOURCE: "street@v1"}
    assert snapshot.rows.split_sizes() == {"training": 19, "validation": 2}
    assert snapshot.truth.feature.tolist() == [0] * 6 + [0, 1] * 6  # ships, then cars and walkers
    assert snapshot.truth.table["polygons"].null_count == 18  # a detector learns boxes alone


def test_data_of_equal_content_is_made_once(store: Store) -> None:
    _boxes(store, "street", {"car": "box", "walker": "polygon"}, features=[0, 1] * 6)
    mapping = {"street": {"car": ["vehicle"], "walker": ["person"]}}

    first = teaching_version(Design(Task.DETECTION, ("vehicle",)), {"street": {"car": ["vehicle"]}}, store=store)
    second = teaching_version(Design(Task.DETECTION, ("vehicle",)), {"street": {"car": ["vehicle"]}}, store=store)
    as_it_is = teaching_version(VEHICLES, mapping, store=store)

    assert first.stored.id == second.stored.id
    assert as_it_is.project == "street"


def test_one_feature_teaches_two_and_two_teach_one(store: Store) -> None:
    _boxes(store, "street", {"car": "box", "walker": "polygon"}, features=[0, 1] * 6)
    design = Design(Task.DETECTION, ("moving", "car"))
    mapping = {"street": {"car": ["moving", "car"], "walker": ["moving"]}}

    truth = teaching_version(design, mapping, store=store).snapshot.truth

    assert truth.row.tolist()[:3] == [0, 0, 1]
    assert truth.feature.tolist()[:3] == [0, 1, 0]


def test_all_that_is_wrong_with_a_mapping_is_said_at_once(store: Store) -> None:
    _boxes(store, "street", {"car": "box", "walker": "polygon"}, features=[0, 1] * 6)
    design = Design(Task.INSTANCE_SEGMENTATION, ("vehicle", "person"))
    mapping = {
        "street": {"car": ["vehicle"], "tree": ["person"], "walker": ["persn"]},
        "nowhere": {"car": ["vehicle"]},
    }

    with pytest.raises(TrainingError) as caught:
        teach(design, mapping, title="finder", store=store)

    said = str(caught.value)
    for part in (
        "'car' of project street@v1 is of kind",
        "no feature 'tree'",
        "no feature 'persn'",
        "project 'nowhere'",
    ):
        assert part in said
    assert [entry.name for entry in store.experiments(RunKind.DATA_VERSION)] == ["street"]  # nothing was made


def test_too_few_annotations_are_listed_with_their_counts(store: Store) -> None:
    data = _boxes(store, "street", {"vehicle": "box", "person": "polygon"}, features=[0, 0, 0, 1, 0])

    with pytest.raises(TrainingError, match=r"vehicle \(3\), person \(1\)"):
        teach(VEHICLES, data, title="finder", store=store)
    assert teach(VEHICLES, data, title="finder", min_annotations=1, store=store).data == data


def test_rows_chosen_by_hand_are_trained_on_and_never_measured(store: Store) -> None:
    data = _boxes(store, "street", {"vehicle": "box", "person": "polygon"}, features=[0, 1] * 6)

    inside = teach(VEHICLES, data, title="finder", keys=["00", "01"], min_annotations=1, store=store)
    outside = teach(VEHICLES, data, title="finder", keys=["00", "11"], min_annotations=1, store=store)

    assert inside.data == data
    assert inside.rows is not None
    assert inside.rows.tolist() == [0, 1]
    listed = teach(VEHICLES, data, title="finder", keys=np.array(["00", "11"]), min_annotations=1, store=store)
    assert listed.data == outside.data
    assert outside.data.project == "taught-finder"
    assert outside.data.snapshot.rows.splits[11] == Split.TRAINING
    with pytest.raises(TrainingError, match="1 of 2 rows to train on do not exist: 99"):
        teach(VEHICLES, data, title="finder", keys=["00", "99"], store=store)
    with pytest.raises(RecordError, match=r"keys of teach\(\) is '00', a str; it takes list\[str\] or None"):
        teach(VEHICLES, data, title="finder", keys="00", store=store)


def test_a_classifier_named_by_last_names_learns_a_projects_own_question(store: Store) -> None:
    data = _answers(store, "sky", [0, 1] * 6)

    taught = teach(Design(Task.CLASSIFICATION, ("rainy", "sunny")), data, title="looker", store=store)

    assert taught.data == data
    assert taught.design.features == ("weather/rainy", "weather/sunny")


def test_answers_become_options_of_the_models_question(store: Store) -> None:
    _answers(store, "sky", [0, 1, None] * 6)
    design = Design(Task.CLASSIFICATION, ("go out/yes", "go out/no"))

    version = teaching_version(
        design, {"sky": {"weather/sunny": ["go out/yes"], "weather/rainy": ["go out/no"]}}, store=store
    )

    assert version.project == "sky"  # one for one: the project's own question is asked
    several = Design(Task.CLASSIFICATION, ("go out/yes", "go out/no"), several=True)
    mapped = {"sky": {"weather/sunny": ["go out/yes"], "weather/rainy": ["go out/no", "go out/yes"]}}
    truth = teaching_version(several, mapped, store=store).snapshot
    assert truth.ontology.paths == ("go out", "go out/yes", "go out/no")
    assert truth.ontology.features[0].kind is Kind.CHECKLIST
    assert truth.truth.feature.tolist()[:3] == [1, 1, 2]


def test_an_option_cannot_teach_two_classes_that_exclude_each_other(store: Store) -> None:
    _answers(store, "sky", [0, 1] * 6)
    design = Design(Task.CLASSIFICATION, ("good", "bad"))

    with pytest.raises(TrainingError, match="teaches 'good' and 'bad'"):
        teach(design, {"sky": {"weather/sunny": ["good", "bad"]}}, title="looker", store=store)


def test_a_picture_in_training_and_validation_is_told(store: Store) -> None:
    _boxes(store, "one", {"vehicle": "box", "x": "polygon"}, features=[0] * 8)
    _boxes(store, "two", {"vehicle": "box", "x": "polygon"}, features=[0] * 9)
    design = Design(Task.DETECTION, ("vehicle",))
    links = {"vehicle": ["vehicle"]}

    taught = teach(design, {"one": links, "two@v1": links}, title="finder", store=store)

    (note,) = taught.notes
    assert "1 rows that are held out" in note
    assert "one/07 (validation) is two/07" in note


def test_taught_paths_are_the_models_names_where_they_can_be() -> None:
    for design in (VEHICLES, Design(Task.SEMANTIC_SEGMENTATION, ("road", "road/kerb"))):
        ontology, paths = taught_ontology(design)

        assert ontology.paths == paths == design.features
    assert np.unique([kind for _, kind in ((p, f.kind) for p, f in ontology.walk())]).tolist() == ["mask"]
