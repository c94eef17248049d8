"""Named training settings: saved, opened, replaced and forgotten."""

from __future__ import annotations

import pytest

from trainer import NameTakenError, NotFoundError, RunConfig, Store, StoreError, TrainingSettings
from trainer.micro_models.saved_configs import delete_config, list_configs, open_config, save_config
from trainer.micro_models.training_plan import settings_from


def test_settings_come_back_as_they_were_saved(store: Store) -> None:
    settings = TrainingSettings(epochs=7, learning_rate=0.01, threads=1)

    save_config("quick", settings, store=store)

    assert open_config("quick", store=store) == settings.to_config()
    assert settings_from("quick", store=store) == settings


def test_other_settings_of_a_taken_name_are_refused_with_what_differs(store: Store) -> None:
    save_config("quick", TrainingSettings(epochs=7), store=store)

    save_config("quick", TrainingSettings(epochs=7), store=store)
    with pytest.raises(NameTakenError, match="epochs 7 instead of 9"):
        save_config("quick", TrainingSettings(epochs=9), store=store)
    save_config("quick", TrainingSettings(epochs=9), replace=True, store=store)

    assert [(saved.name, saved.config.values["epochs"]) for saved in list_configs(store=store)] == [("quick", 9)]


def test_a_forgotten_config_is_gone_and_the_others_are_named(store: Store) -> None:
    save_config("quick", TrainingSettings(epochs=7), store=store)
    save_config("slow", TrainingSettings(epochs=70), store=store)

    delete_config("quick", store=store)

    with pytest.raises(NotFoundError, match="There are: 'slow'"):
        open_config("quick", store=store)


def test_the_config_of_a_run_gives_its_settings_without_the_design(store: Store) -> None:
    config = RunConfig({**TrainingSettings(seed=3).to_config().values, "task": "detection", "features": ["cell"]})

    assert settings_from(config, store=store) == TrainingSettings(seed=3)


def test_saved_configs_are_no_experiment_of_runs(store: Store) -> None:
    save_config("quick", TrainingSettings(), store=store)

    assert store.experiments() == []


def test_settings_that_could_not_be_replaced_are_still_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    save_config("thorough", TrainingSettings(epochs=200), store=store)
    with monkeypatch.context() as patch:
        patch.setattr("trainer.store.places.copy_hashed", full)
        with pytest.raises(StoreError, match="No space left on device"):
            save_config("thorough", TrainingSettings(epochs=300), replace=True, store=store)

    assert [(one.name, one.config.values["epochs"]) for one in list_configs(store=store)] == [("thorough", 200)]
    save_config("thorough", TrainingSettings(epochs=300), replace=True, store=store)
    assert [(one.name, one.config.values["epochs"]) for one in list_configs(store=store)] == [("thorough", 300)]
