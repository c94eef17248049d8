"""Features, their paths and codes."""

from __future__ import annotations

import json
import pickle

import pytest

from trainer.records.errors import NotFoundError, OntologyError
from trainer.records.ontology import Feature, Kind, Ontology


def test_paths_go_depth_first_with_parents_before_children(ontology):
    assert ontology.paths == ("car", "car/colour", "car/colour/red", "car/colour/blue", "road")


def test_a_code_is_the_position_of_a_path(ontology):
    assert [ontology.code(path) for path in ontology.paths] == [0, 1, 2, 3, 4]


def test_features_and_options_are_found_by_path(ontology):
    assert list(ontology.by_path) == list(ontology.paths)
    assert ontology.by_path["car/colour"].name == "colour"
    assert ontology.options == {"car/colour": {"red", "blue"}}


def test_an_ontology_that_was_asked_can_be_sent_to_another_process(ontology):
    assert ontology.by_path
    assert ontology.options

    assert pickle.loads(pickle.dumps(ontology)) == ontology


def test_an_unknown_path_is_answered_with_those_there_are(ontology):
    with pytest.raises(NotFoundError, match=r"has no feature 'bus'\. It has: car, car/colour"):
        ontology.code("bus")


def test_an_ontology_survives_json(ontology):
    assert Ontology.from_json(json.loads(json.dumps(ontology.to_json()))) == ontology


def test_what_is_not_set_does_not_stand_in_the_json():
    assert Ontology.flat({"cat": "box"}).to_json() == {"features": [{"name": "cat", "kind": "box"}]}


def test_equal_names_are_allowed_under_different_parents():
    inner = (Feature("size", Kind.TEXT),)

    assert Ontology((Feature("cat", Kind.BOX, inner), Feature("dog", Kind.BOX, inner))).paths[1] == "cat/size"


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_name_is_not_empty_and_has_no_slash(name):
    with pytest.raises(OntologyError, match="is empty or contains '/'"):
        Feature(name, Kind.BOX)


def test_siblings_have_different_names():
    twins = (Feature("cat", Kind.BOX), Feature("cat", Kind.MASK))

    with pytest.raises(OntologyError, match="Two features of the ontology are called 'cat'"):
        Ontology(twins)
    with pytest.raises(OntologyError, match="Two features of feature 'animal' are called 'cat'"):
        Feature("animal", Kind.BOX, twins)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="is not a valid Kind"):
        Ontology.flat({"cat": "cuboid"})
