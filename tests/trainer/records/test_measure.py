"""What is measured can be said in a word, and read again."""

from __future__ import annotations

import pytest

from trainer.records.errors import NotFoundError, RecordError
from trainer.records.measure import check_measure, subject_of
from trainer.records.ontology import Ontology


def test_a_measure_names_the_only_features_that_count() -> None:
    ontology = Ontology.flat({"car": "box", "van, grey": "box", "road": "mask"})

    subject = subject_of("boxes:car,van\\, grey", ontology)

    assert subject.features_of(ontology) == ("car", "van, grey")
    assert subject_of(str(subject), ontology) == subject


def test_a_feature_that_cannot_be_measured_so_is_refused_with_those_that_can() -> None:
    ontology = Ontology.flat({"car": "box", "name": "span"})

    with pytest.raises(NotFoundError, match="no feature 'name' to measure by boxes"):
        subject_of("boxes:car,name", ontology)


@pytest.mark.parametrize("asked", ["boxes:", "classes:", "masks: ", "boxes:,", "boxes:car,,name"])
def test_a_colon_with_nothing_behind_it_is_refused(asked: str) -> None:
    with pytest.raises(RecordError, match=r"names nothing; name .* behind the colon, or leave the colon out"):
        subject_of(asked, Ontology.flat({"car": "box"}))
    with pytest.raises(RecordError, match="names nothing"):
        check_measure(asked, None)
