"""Models linked to projects: what fits what, which iterations count, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import trainer
from trainer import Design, Feature, Kind, MicroModel, NameTakenError, NotFoundError, Ontology, RecordError, Store, Task
from trainer.micro_models.feature_mapping import check_mapping, features_for, map_by_name
from trainer.projects import save_version
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.store import RunEntry, RunKind

WEATHER = Feature("weather", Kind.RADIO, (Feature("sunny", Kind.OPTION), Feature("rainy", Kind.OPTION)))
THINGS = Feature("things", Kind.CHECKLIST, (Feature("people", Kind.OPTION), Feature("dogs", Kind.OPTION)))
CAR = Feature("car", Kind.BOX, (Feature("wheel", Kind.POLYGON),))
STREET = Ontology((CAR, Feature("road", Kind.MASK), WEATHER, THINGS, Feature("lane", Kind.POLYLINE)))
FINDER = Design(Task.DETECTION, ("car", "wheel", "tree"))


@pytest.fixture
def street(store: Store) -> Store:
    """A store with the project `street` of one row."""
    save_version("street", Snapshot(STREET, _one_row(), Annotations.empty()), store=store)
    return store


def _one_row() -> Rows:
    return Rows.from_columns(keys=["a"], widths=[8], heights=[8])


def _model(store: Store, design: Design = FINDER, title: str = "finder") -> MicroModel:
    return trainer.create_model(title, design, store=store)


def _iterate(model: MicroModel, name: str, *, fails: bool = False) -> RunEntry:
    writer = model.store.create_run("streets", name, kind=RunKind.MODEL_RUN, tags=model.iteration_tags())
    if fails:
        writer.fail("no")
    else:
        writer.seal()
    return next(run for run in model.iterations() if run.name == name)


def test_a_link_comes_back_as_it_was_made_in_the_order_of_the_models_features(street: Store) -> None:
    model = _model(street)
    made = trainer.attach(model, "street", {"wheel": "car/wheel", "car": "car"})

    assert list(made.mapping.items()) == [("car", "car"), ("wheel", "car/wheel")]
    assert (made.model, made.project, made.policy) == (model, "street", "latest")
    assert trainer.list_attachments(model=model) == [made]
    assert trainer.list_attachments(model="finder", store=street) == [made]
    assert trainer.list_attachments(project="street", store=street) == [made]
    assert trainer.list_attachments(project="other", store=street) == []
    assert trainer.attach(model, "street", {"car": "car", "wheel": "car/wheel"}) == made


def test_without_a_mapping_features_are_linked_by_their_name(street: Store) -> None:
    assert trainer.attach(_model(street), "street").mapping == {"car": "car", "wheel": "car/wheel"}
    with pytest.raises(RecordError, match=r"No feature of model 'trees' \(tree\) has the name"):
        trainer.attach(_model(street, Design(Task.DETECTION, ("tree",)), "trees"), "street")


def test_another_link_to_the_same_project_is_refused_with_the_difference(street: Store) -> None:
    model = _model(street)
    trainer.attach(model, "street", {"car": "car"})
    with pytest.raises(NameTakenError, match="'car' is linked to 'car', not 'road'"):
        trainer.attach(model, "street", {"car": "road"})
    with pytest.raises(NameTakenError, match="'wheel' is linked to nothing, not 'car/wheel'"):
        trainer.attach(model, "street", {"car": "car", "wheel": "car/wheel"})
    with pytest.raises(NameTakenError, match="uses latest, not all"):
        trainer.attach(model, "street", {"car": "car"}, policy="all")


def test_a_link_changes_in_what_is_named_and_ends(street: Store) -> None:
    model = _model(street)
    other = _model(street, title="other")
    first = trainer.attach(model, "street", {"car": "car"})
    kept = trainer.attach(other, "street", {"car": "road"})
    with_all = trainer.update_attachment(model, "street", policy="all")
    moved = trainer.update_attachment(model, "street", mapping={"tree": "road"})

    assert (with_all.mapping, with_all.policy) == ({"car": "car"}, "all")
    assert (moved.mapping, moved.policy) == ({"tree": "road"}, "all")
    assert moved.changed > first.changed
    assert trainer.list_attachments(store=street) == [moved, kept]
    trainer.detach(model, "street")
    assert trainer.list_attachments(store=street) == [kept]
    for change in (
        lambda: trainer.detach(model, "street"),
        lambda: trainer.update_attachment(model, "street", policy="all"),
    ):
        with pytest.raises(NotFoundError, match="'finder' is not attached to project 'street'"):
            change()


def test_links_stay_with_a_renamed_model_and_go_with_a_deleted_one(street: Store) -> None:
    model = _model(street)
    trainer.attach(model, "street", {"car": "car"})
    renamed = trainer.update_model(model, title="finder 2")

    assert [link.model.title for link in trainer.list_attachments(store=street)] == ["finder 2"]
    trainer.delete_model(renamed, confirm="finder 2")
    assert trainer.list_attachments(store=street) == []
    with pytest.raises(NotFoundError, match="was deleted"):
        trainer.attach(renamed, "street", {"car": "car"})
    with pytest.raises(NotFoundError, match="was deleted"):
        trainer.list_attachments(model=renamed)


def test_projects_and_features_must_be_there(street: Store) -> None:
    model = _model(street)
    with pytest.raises(NotFoundError, match="There is no project 'alley'"):
        trainer.attach(model, "alley", {"car": "car"})
    with pytest.raises(NotFoundError, match="The model has no feature 'bus'"):
        trainer.attach(model, "street", {"bus": "car"})
    with pytest.raises(NotFoundError, match="Project 'street' has no feature 'bus'"):
        trainer.attach(model, "street", {"car": "bus"})
    with pytest.raises(RecordError, match="mapping is empty"):
        trainer.attach(model, "street", {})

    assert trainer.list_attachments(store=street) == []


@pytest.mark.parametrize(
    ("design", "fitting", "unfit"),
    [
        (Design(Task.DETECTION, ("f",)), {"car", "car/wheel", "road"}, {"lane", "weather", "weather/sunny"}),
        (Design(Task.INSTANCE_SEGMENTATION, ("f",)), {"car/wheel", "road"}, {"car", "lane", "weather/sunny"}),
        (Design(Task.SEMANTIC_SEGMENTATION, ("f",)), {"car/wheel", "road"}, {"car", "lane", "weather/sunny"}),
        (Design(Task.CLASSIFICATION, ("f",)), {"weather/sunny"}, {"weather", "car", "road", "things/people"}),
        (Design(Task.CLASSIFICATION, ("f",), several=True), {"weather/sunny", "things/people"}, {"things", "car"}),
    ],
)
def test_each_task_takes_the_kinds_that_can_teach_it(design: Design, fitting: set[str], unfit: set[str]) -> None:
    for path in fitting:
        assert check_mapping(design, STREET, {"f": path}) == {"f": path}
    for path in unfit:
        with pytest.raises(RecordError):
            check_mapping(design, STREET, {"f": path})


def test_found_and_painted_features_of_one_model_take_different_kinds() -> None:
    design = Design(Task.DETECTION_AND_SEGMENTATION, ("car", "road"), painted=("road",))

    assert check_mapping(design, STREET, {"car": "car", "road": "road"})
    with pytest.raises(RecordError, match="'road' of a model for detection_and_segmentation cannot be linked to 'car'"):
        check_mapping(design, STREET, {"road": "car"})


def test_a_model_that_says_one_thing_answers_one_question() -> None:
    other = Feature("light", Kind.RADIO, (Feature("day", Kind.OPTION),))
    ontology = Ontology((WEATHER, other))
    design = Design(Task.CLASSIFICATION, ("sunny", "day"))
    with pytest.raises(RecordError, match="answers one radio"):
        check_mapping(design, ontology, {"sunny": "weather/sunny", "day": "light/day"})

    several = Design(Task.CLASSIFICATION, ("sunny", "day"), several=True)
    assert len(check_mapping(several, ontology, {"sunny": "weather/sunny", "day": "light/day"})) == 2


def test_a_name_that_two_features_have_is_linked_to_neither() -> None:
    ontology = Ontology((CAR, Feature("bus", Kind.BOX, (Feature("wheel", Kind.POLYGON),))))

    assert map_by_name(FINDER, ontology) == {"car": "car"}


def test_features_of_a_new_model_are_those_of_the_ontology_that_fit_in_its_order() -> None:
    assert features_for(Task.DETECTION, STREET) == ("car", "car/wheel", "road")
    assert features_for(Task.SEMANTIC_SEGMENTATION, STREET) == ("car/wheel", "road")
    assert features_for(Task.CLASSIFICATION, STREET) == ("sunny", "rainy")
    assert features_for(Task.CLASSIFICATION, STREET, several=True) == ("people", "dogs")
    with pytest.raises(RecordError, match=r"has no feature for detection: it takes box or polygon or mask, not radio"):
        features_for(Task.DETECTION, Ontology((WEATHER,)))
    with pytest.raises(RecordError, match=r"no checklist .* Its radio teaches a model of exactly one answer"):
        features_for(Task.CLASSIFICATION, Ontology((WEATHER,)), several=True)
    with pytest.raises(RecordError, match=r"no radio whose options a model could tell apart\.$"):
        features_for(Task.CLASSIFICATION, Ontology.flat({"car": "box"}))
    with pytest.raises(RecordError, match="2 questions of kind radio: weather, sky"):
        features_for(Task.CLASSIFICATION, Ontology((WEATHER, Feature("sky", Kind.RADIO, WEATHER.children))))


def test_a_policy_means_the_newest_all_or_the_chosen_finished_iterations(street: Store) -> None:
    model = _model(street)
    link = trainer.attach(model, "street", {"car": "car"})
    assert trainer.iterations_of(link) == []
    first, second = _iterate(model, "1"), _iterate(model, "2")
    _iterate(model, "3", fails=True)

    assert trainer.iterations_of(link) == [second]
    assert trainer.iterations_of(trainer.update_attachment(model, "street", policy="all")) == [second, first]
    chosen = trainer.update_attachment(model, "street", policy=["1", second.id[:8], "streets/1"])
    assert chosen.policy == (first.id, second.id)
    assert trainer.iterations_of(trainer.get_attachment(model, "street")) == [first, second]
    for policy, said in (("newest", "no policy 'newest'"), ([], "No iteration was chosen")):
        with pytest.raises(RecordError, match=said):
            trainer.update_attachment(model, "street", policy=policy)
    for reference in ("3", "4"):
        with pytest.raises(NotFoundError, match=f"no finished iteration '{reference}'"):
            trainer.update_attachment(model, "street", policy=[reference])


def test_a_chosen_iteration_that_was_deleted_is_missed_and_not_passed_over(street: Store) -> None:
    model = _model(street)
    first = _iterate(model, "1")
    _iterate(model, "2")
    link = trainer.attach(model, "street", {"car": "car"}, policy=["1", "2"])
    model.delete_iteration(first, confirm="1")
    with pytest.raises(NotFoundError, match="1 of 2 iterations chosen for finder on street were deleted"):
        trainer.iterations_of(link)


def test_a_link_that_is_too_long_to_keep_is_refused(store: Store) -> None:
    names = tuple(f"a rather long name of a feature, number {number}" for number in range(100))
    save_version(
        "many", Snapshot(Ontology.flat(dict.fromkeys(names, "box")), _one_row(), Annotations.empty()), store=store
    )
    model = _model(store, Design(Task.DETECTION, names))
    with pytest.raises(RecordError, match="Linking 100 features of model 'finder' takes"):
        trainer.attach(model, "many")
    assert len(trainer.attach(model, "many", {name: name for name in names[:50]}).mapping) == 50


def test_a_project_of_any_name_can_be_linked(store: Store, tmp_path: Path) -> None:
    name = "Tom's Straße, 100 % (αβγ)"
    save_version(name, Snapshot(STREET, _one_row(), Annotations.empty()), store=store)
    link = trainer.attach(_model(store), name)

    assert trainer.list_attachments(project=name, store=store) == [link]
    assert np.isfinite(link.changed.timestamp())
