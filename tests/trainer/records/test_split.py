"""A row's part follows from its key alone."""

from __future__ import annotations

from collections import Counter

import pytest

from trainer.records.errors import RecordError
from trainer.records.split import Split, SplitRatio

KEYS = [f"pictures/{number:05d}.jpg" for number in range(20_000)]


def test_new_rows_move_no_old_ones():
    before = dict(zip(KEYS[:500], SplitRatio().assign(KEYS[:500]), strict=True))
    after = dict(zip(KEYS, SplitRatio().assign(KEYS), strict=True))

    assert all(after[key] == part for key, part in before.items())


def test_the_order_of_the_keys_makes_no_difference():
    assert SplitRatio().assign(KEYS[:100][::-1]) == SplitRatio().assign(KEYS[:100])[::-1]


@pytest.mark.parametrize("text", ["80/10/10", "60/20/20", "34/33/33", "90/10", "1/1/2"])
def test_shares_come_out_about_right(text):
    ratio = SplitRatio.parse(text)
    counts = Counter(ratio.assign(KEYS))
    total = ratio.training + ratio.validation + ratio.test

    for split, share in (("training", ratio.training), ("validation", ratio.validation), ("test", ratio.test)):
        assert counts[Split(split)] / len(KEYS) == pytest.approx(share / total, abs=0.015)


def test_a_larger_share_of_training_only_takes_rows_from_the_others():
    small, large = SplitRatio(50, 25, 25).assign(KEYS), SplitRatio(80, 10, 10).assign(KEYS)

    assert all(after == Split.TRAINING for before, after in zip(small, large, strict=True) if before == Split.TRAINING)


def test_only_the_relation_of_the_shares_counts():
    assert SplitRatio(8, 1, 1).assign(KEYS[:1000]) == SplitRatio(80, 10, 10).assign(KEYS[:1000])


@pytest.mark.parametrize(
    ("ratio", "split"),
    [(SplitRatio(1, 0, 0), "training"), (SplitRatio(0, 1, 0), "validation"), (SplitRatio(0, 0, 1), "test")],
)
def test_a_share_of_nothing_gets_nothing(ratio, split):
    assert set(ratio.assign(KEYS[:1000])) == {split}


def test_equal_keys_go_together():
    assert len(set(SplitRatio(34, 33, 33).assign(["patient 7"] * 10))) == 1


def test_a_key_keeps_its_part_for_ever():
    """A release that changes this moves rows between the parts of every project."""
    parts = SplitRatio(34, 33, 33).assign(KEYS[:12])
    second_letters = "".join(part.value[1] for part in parts)  # tRaining, vAlidation, tEst

    assert second_letters == "eeaerreareaa"


@pytest.mark.parametrize(
    "text", ["", "80", "80/10/5/5", "most/some", "-1/2/3", "0/0/0", "nan/10/10", "inf/1/1", "80/10/"]
)
def test_shares_that_make_no_sense_are_refused_with_a_way_out(text):
    with pytest.raises(RecordError, match="try 80/10/10"):
        SplitRatio.parse(text)
