"""A run recorded around any code: sealed when the block ends well, never half visible otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import trainer
from trainer import Box, Store
from trainer.records import layout


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_run_around_any_code_is_measured_and_sealed(store: Store, picture: Path) -> None:
    with trainer.start_run("street", "first", features=["car", "person"], store=store) as run:
        run.log_metric("loss", 0.5, step=1)
        run.log_row(
            "a",
            image=picture,
            truth=[Box("car", 0, 0, 10, 10), Box("person", 30, 10, 8, 20)],
            predictions=[Box("car", 0, 0, 10, 10, 0.9)],
            embedding=[1.0, 0.0],
        )
        run.log_row("b", size=(20, 20), predictions=[Box("car", 1, 1, 5, 5, 0.8), Box("car", 2, 2, 5, 5, 0.01)])
    sealed = trainer.open_run("street/first", store=store)

    assert sealed.summary["at_thresholds"]["tp"] == 1
    assert sealed.summary["at_thresholds"]["fp"] == 1
    assert sealed.summary["at_thresholds"]["missed"] == 1
    assert sealed.snapshot.ontology.paths == ("car", "person")
    assert sealed.snapshot.rows.widths.tolist() == [64, 20]
    assert sealed.predictions.confidence.tolist() == [0.9, 0.8, 0.01]
    assert np.isnan(sealed.embeddings("rows")[1]).all()
    assert sealed.thumbnail(0)
    assert sealed.thumbnail(1) is None


def test_an_error_marks_the_run_failed_and_keeps_its_traceback(store: Store) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        trainer.start_run("street", "first", store=store) as run,
    ):
        run.log_row("a", size=(10, 10), predictions=[Box("car", 0, 0, 5, 5, 1 / 0)])

    (entry,) = store.runs("street", sealed_only=False)
    assert str(entry.state) == "failed"
    assert store.runs("street") == []


def test_an_interrupt_marks_the_run_killed(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), trainer.start_run("street", "first", store=store):
        raise KeyboardInterrupt

    (entry,) = store.runs("street", sealed_only=False)
    assert str(entry.state) == "killed"


def test_what_cannot_be_measured_marks_the_run_failed(store: Store) -> None:
    with (
        pytest.raises(trainer.NotFoundError, match="bus"),
        trainer.start_run("street", "first", features=["car"], store=store) as run,
    ):
        run.log_row("a", size=(10, 10), predictions=[Box("bus", 0, 0, 5, 5, 0.5)])

    assert str(store.runs("street", sealed_only=False)[0].state) == "failed"


def test_a_name_belongs_to_one_run(store: Store) -> None:
    with trainer.start_run("street", "first", store=store) as run:
        run.log_row("a", size=(10, 10), truth=[Box("car", 0, 0, 5, 5)])

    with pytest.raises(trainer.NameTakenError):
        trainer.start_run("street", "first", store=store)


def test_runs_on_equal_rows_share_one_data_version(store: Store) -> None:
    for name in ("first", "second"):
        with trainer.start_run("street", name, store=store) as run:
            run.log_row("a", size=(10, 10), truth=[Box("car", 0, 0, 5, 5)])

    assert trainer.open_version("logged-street", store=store).name == "v1"


def test_a_result_can_be_read_only_after_sealing(store: Store) -> None:
    with trainer.start_run("street", "first", store=store) as run:
        with pytest.raises(trainer.FrozenRunError):
            _ = run.result
        run.log_row("a", size=(10, 10), truth=[Box("car", 0, 0, 5, 5)])

    assert run.result.name == "first"


def test_a_row_is_logged_once(store: Store) -> None:
    with trainer.start_run("street", "first", store=store) as run:
        run.log_row("a", size=(10, 10), truth=[Box("car", 0, 0, 5, 5)])
        with pytest.raises(trainer.RecordError, match="logged before"):
            run.log_row("a", size=(10, 10))


def test_a_file_stays_inside_the_run(store: Store, picture: Path) -> None:
    with trainer.start_run("street", "first", store=store) as run:
        run.log_row("a", size=(10, 10), truth=[Box("car", 0, 0, 5, 5)])
        run.log_file(picture, "model/sketch.png")
        with pytest.raises(trainer.RecordError, match="leads out"):
            run.log_file(picture, "../../sketch.png")
        with pytest.raises(trainer.RecordError, match=r"no file .*none\.png"):
            run.log_file(picture.with_name("none.png"), "model/none.png")

    assert run.result.stored.path("model/sketch.png").read_bytes() == picture.read_bytes()


def test_embeddings_need_one_vector_a_row(two_runs, store: Store) -> None:
    data = trainer.open_version("digits", store=two_runs.store)
    with (
        pytest.raises(trainer.ColumnError, match="24 rows"),
        trainer.start_run("digits", "wrong", project=data, store=store) as run,
    ):
        run.log_embeddings(np.zeros((3, 8)))


def test_every_logged_number_is_kept_in_the_run(store: Store) -> None:
    import pyarrow.parquet as pq

    with trainer.start_run("street", "first", store=store) as run:
        for step in range(100):
            run.log_metric("loss", 1 / (step + 1), step=step)
        run.log_row("a", size=(10, 10), truth=[Box("car", 0, 0, 5, 5)])
    table = pq.read_table(run.result.stored.path(layout.METRIC_LOG))

    assert table["step"].to_pylist() == list(range(100))
    assert table["value"][1].as_py() == 0.5
    assert store.runs("street")[0].metrics["loss"] == 0.01  # where it ended, however quick the steps were


def test_what_is_wrong_with_a_row_is_said_at_once(store: Store) -> None:
    with trainer.start_run("street", "first", features=["car"], store=store) as run:
        run.log_row("a", size=(10, 10), truth=[Box("car", 0, 0, 5, 5)], embedding=[1.0, 2.0])
        with pytest.raises(trainer.NotFoundError, match="bus"):
            run.log_row("b", size=(10, 10), predictions=[Box("bus", 0, 0, 5, 5, 0.5)])
        with pytest.raises(trainer.RecordError, match="val"):
            run.log_row("b", size=(10, 10), split="val")
        with pytest.raises(trainer.RecordError, match=r"none\.png"):
            run.log_row("b", image="none.png")
        with pytest.raises(trainer.ColumnError, match=r"1\.5"):
            run.log_row("b", size=(10, 10), predictions=[Box("car", 0, 0, 5, 5, 1.5)])
        with pytest.raises(trainer.ColumnError, match="one length"):
            run.log_row("b", size=(10, 10), embedding=[1.0])
        with pytest.raises(trainer.ColumnError, match="Scale"):
            run.log_row("b", size=(10, 10), embedding=[1e6, 1.0])

    assert run.result.snapshot.rows.keys == ("a",)


def test_a_run_without_rows_is_not_sealed(store: Store) -> None:
    with pytest.raises(trainer.RecordError, match="no rows"), trainer.start_run("street", "first", store=store):
        pass

    assert store.runs("street") == []


def test_nothing_is_logged_to_a_sealed_run(store: Store, picture: Path) -> None:
    with trainer.start_run("street", "first", store=store) as run:
        run.log_row("a", size=(10, 10), truth=[Box("car", 0, 0, 5, 5)])
        run.log_metric("loss", 1.0)

    with pytest.raises(trainer.FrozenRunError, match="sealed"):
        run.log_row("b", size=(10, 10))
    with pytest.raises(trainer.FrozenRunError, match="sealed"):
        run.log_metric("loss", 0.5)
    with pytest.raises(trainer.FrozenRunError, match="sealed"):
        run.log_file(picture, "model/sketch.png")
