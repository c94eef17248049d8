"""Where a gain comes from, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.commands.explained_words import mix_up_words, thing_of, words

if TYPE_CHECKING:
    from trainer.comparing.explained_cells import Balance, Cell, MixUp
    from trainer.comparing.explained_certainty import PartCertainty
    from trainer.comparing.explanation import Explanation


def explained_facts(explanation: Explanation, listed: list[dict[str, Any]] | None, show: int) -> dict[str, Any]:
    """What `modelruns explain --json` prints.

    Args:
        explanation: Where the gain comes from.
        listed: All objects of a cell that was asked for, as `Explanation.objects` has them; None for none.
        show: How many of them to list at most.
    """
    told = explanation.number
    facts: dict[str, Any] = {
        **explanation.terms,
        "explained": {"number": told.name, "baseline": told.baseline, "candidate": told.candidate},
        "gain": explanation.gain,
        "cells": [_cell(each, explanation) for each in explanation.cells],
        "there_and_back": [_balance(each) for each in explanation.balances],
        "remainder": explanation.remainder,
        "below_confidence": explanation.below,
        "beyond_most_predictions": explanation.beyond,
        "mix_ups": [_mix_up(each, explanation) for each in explanation.mix_ups],
        "matrices": {
            kind: {"states": list(states), "objects": explanation.matrix(kind).tolist()}
            for kind, states in explanation.states.items()
        },
        "number_of_feature": told.of_feature,
        "per_feature": explanation.per_feature(),
    }
    if explanation.certainty is not None:
        certain = explanation.certainty
        facts["explained"] |= certain.gain.judged()
        names = {"remainder": "remainder", "below": "below_confidence", "beyond": "beyond_most_predictions"}
        facts["intervals"] = {names[name]: each.columns() for name, each in certain.rest.items()}
    if listed is not None:
        facts |= {"objects": listed[:show], "objects_not_shown": max(len(listed) - show, 0)}
    return facts


def _cell(cell: Cell, explanation: Explanation) -> dict[str, Any]:
    return {
        "kind": cell.kind,
        "before": cell.before,
        "after": cell.after,
        "objects": cell.objects,
        "gain": cell.gain,
        "words": words(cell, thing=thing_of(explanation.pair.subject)),
        **_columns(cell.certainty),
    }


def _balance(balance: Balance) -> dict[str, Any]:
    """A cell and the opposite one, named by the one that adds more."""
    cell, *back = balance.cells
    return {
        "kind": cell.kind,
        "cell": cell.name,
        "objects": cell.objects,
        "objects_back": sum(each.objects for each in back),
        "gain": balance.gain,
        **_judged(balance.certainty),
    }


def _mix_up(mix_up: MixUp, explanation: Explanation) -> dict[str, Any]:
    return {
        "feature": mix_up.feature,
        "before": mix_up.before,
        "after": mix_up.after,
        "said": {"baseline": mix_up.said[0], "candidate": mix_up.said[1]},
        "objects": mix_up.objects,
        "gain": mix_up.gain,
        "words": mix_up_words(mix_up, explanation),
        **_columns(mix_up.certainty),
        "there_and_back": {
            "objects_back": mix_up.back,
            "gain": mix_up.both,
            **_judged(mix_up.both_certainty),
        },
    }


def _columns(certainty: PartCertainty | None) -> dict[str, Any]:
    return {} if certainty is None else certainty.columns()


def _judged(certainty: PartCertainty | None) -> dict[str, Any]:
    return {} if certainty is None else certainty.judged()
