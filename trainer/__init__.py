"""modelruns: keep what each model run saw and said, and see how two runs differ.

    import trainer

    trainer.import_project("cells", "path/to/cells", format="voc")

    with trainer.start_run("cells", "first", project="cells") as run:
        for key, image in my_pictures:
            boxes = my_model(image)
            run.log_row(key, predictions=[trainer.Box("cell", *box, confidence) for box, confidence in boxes])

    pair = trainer.pair_runs(trainer.open_run("first"), trainer.open_run("second"))
    trainer.compare(pair)

Importing this package is quick: each name below is looked up in its module when it is first used.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

# One line a public name, and nothing else to do: what is listed here is `trainer.<name>`.
if TYPE_CHECKING:
    from trainer.comparing.attribution import AttributedGain as AttributedGain
    from trainer.comparing.attribution import Attribution as Attribution
    from trainer.comparing.attribution import attribute_gain as attribute_gain
    from trainer.comparing.certainty import CertainGain as CertainGain
    from trainer.comparing.certainty import Sampling as Sampling
    from trainer.comparing.comparison import Comparison as Comparison
    from trainer.comparing.comparison import Gain as Gain
    from trainer.comparing.comparison import Pair as Pair
    from trainer.comparing.comparison import compare as compare
    from trainer.comparing.comparison import pair_runs as pair_runs
    from trainer.comparing.crops import Crops as Crops
    from trainer.comparing.crops import cut_crops as cut_crops
    from trainer.comparing.dispute_crops import cut_disputes as cut_disputes
    from trainer.comparing.disputes import DisputedTruths as DisputedTruths
    from trainer.comparing.disputing import disputed_truths as disputed_truths
    from trainer.comparing.explaining import explain_gain as explain_gain
    from trainer.comparing.explanation import Explanation as Explanation
    from trainer.comparing.fairness import FairComparison as FairComparison
    from trainer.comparing.fairness import compare_fairly as compare_fairly
    from trainer.comparing.gains import Gains as Gains
    from trainer.comparing.gains import measure_gains as measure_gains
    from trainer.comparing.leaks import Leak as Leak
    from trainer.comparing.leaks import find_leaks as find_leaks
    from trainer.comparing.ledger import ObjectLedger as ObjectLedger
    from trainer.comparing.ledger_files import read_ledger as read_ledger
    from trainer.comparing.ledger_files import save_ledger as save_ledger
    from trainer.comparing.ledger_keeping import LedgerKeeper as LedgerKeeper
    from trainer.comparing.ledger_keeping import object_ledger as object_ledger
    from trainer.comparing.object_crops import cut_objects as cut_objects
    from trainer.comparing.slice_search import SliceSearch as SliceSearch
    from trainer.comparing.slicing import FoundSlice as FoundSlice
    from trainer.comparing.slicing import FoundSlices as FoundSlices
    from trainer.comparing.slicing import find_slices as find_slices
    from trainer.comparing.variance import SeedGains as SeedGains
    from trainer.comparing.variance import gain_over_seeds as gain_over_seeds
    from trainer.gates.evidence import save_evidence as save_evidence
    from trainer.gates.gate import GateResult as GateResult
    from trainer.gates.gate import check_gate as check_gate
    from trainer.gates.promises import GateRules as GateRules
    from trainer.gates.rules import read_rules as read_rules
    from trainer.jobs import Job as Job
    from trainer.jobs import JobProgress as JobProgress
    from trainer.jobs import JobState as JobState
    from trainer.jobs import JobStatus as JobStatus
    from trainer.jobs import get_job as get_job
    from trainer.jobs import list_jobs as list_jobs
    from trainer.jobs import look_at_jobs as look_at_jobs
    from trainer.jobs import start_reproduction as start_reproduction
    from trainer.jobs import start_training as start_training
    from trainer.learning.settings import TrainingSettings as TrainingSettings
    from trainer.measures.evaluation import Thresholds as Thresholds
    from trainer.micro_models.attachments import Attachment as Attachment
    from trainer.micro_models.attachments import attach as attach
    from trainer.micro_models.attachments import detach as detach
    from trainer.micro_models.attachments import get_attachment as get_attachment
    from trainer.micro_models.attachments import iterations_of as iterations_of
    from trainer.micro_models.attachments import list_attachments as list_attachments
    from trainer.micro_models.attachments import update_attachment as update_attachment
    from trainer.micro_models.micro_model import MicroModel as MicroModel
    from trainer.micro_models.models import create_model as create_model
    from trainer.micro_models.models import delete_model as delete_model
    from trainer.micro_models.models import get_model as get_model
    from trainer.micro_models.models import list_models as list_models
    from trainer.micro_models.models import update_model as update_model
    from trainer.micro_models.repetitions import Reproduction as Reproduction
    from trainer.micro_models.repetitions import reproduction_of as reproduction_of
    from trainer.micro_models.reproducing import reproduce as reproduce
    from trainer.micro_models.saved_configs import SavedConfig as SavedConfig
    from trainer.micro_models.saved_configs import delete_config as delete_config
    from trainer.micro_models.saved_configs import list_configs as list_configs
    from trainer.micro_models.saved_configs import open_config as open_config
    from trainer.micro_models.saved_configs import save_config as save_config
    from trainer.micro_models.teaching import Taught as Taught
    from trainer.micro_models.teaching import teach as teach
    from trainer.micro_models.training import train as train
    from trainer.predictions.accepting import Accepted as Accepted
    from trainer.predictions.accepting import accept_predictions as accept_predictions
    from trainer.predictions.predicted import PredictedPicture as PredictedPicture
    from trainer.predictions.predicting import predict as predict
    from trainer.predictions.predicting_projects import attached_runs as attached_runs
    from trainer.predictions.predicting_projects import predict_project as predict_project
    from trainer.project_facts import ProjectFacts as ProjectFacts
    from trainer.project_facts import VersionFacts as VersionFacts
    from trainer.project_facts import describe_version as describe_version
    from trainer.project_facts import describe_versions as describe_versions
    from trainer.project_facts import list_projects as list_projects
    from trainer.project_imports import import_project as import_project
    from trainer.projects import DataVersion as DataVersion
    from trainer.projects import open_version as open_version
    from trainer.records.annotations import Annotations as Annotations
    from trainer.records.config import RunConfig as RunConfig
    from trainer.records.design import Design as Design
    from trainer.records.design import Task as Task
    from trainer.records.errors import ColumnError as ColumnError
    from trainer.records.errors import FrozenRunError as FrozenRunError
    from trainer.records.errors import ImportRefusedError as ImportRefusedError
    from trainer.records.errors import JobError as JobError
    from trainer.records.errors import JobFailedError as JobFailedError
    from trainer.records.errors import JobTimeoutError as JobTimeoutError
    from trainer.records.errors import ModelrunsError as ModelrunsError
    from trainer.records.errors import NameTakenError as NameTakenError
    from trainer.records.errors import NotFoundError as NotFoundError
    from trainer.records.errors import OntologyError as OntologyError
    from trainer.records.errors import Problem as Problem
    from trainer.records.errors import RecordError as RecordError
    from trainer.records.errors import RunDamagedError as RunDamagedError
    from trainer.records.errors import SnapshotMismatchError as SnapshotMismatchError
    from trainer.records.errors import StoreError as StoreError
    from trainer.records.errors import TrainingError as TrainingError
    from trainer.records.errors import TrainingStoppedError as TrainingStoppedError
    from trainer.records.measure import Measure as Measure
    from trainer.records.ontology import Feature as Feature
    from trainer.records.ontology import Kind as Kind
    from trainer.records.ontology import Ontology as Ontology
    from trainer.records.rows import Rows as Rows
    from trainer.records.snapshot import Snapshot as Snapshot
    from trainer.records.split import Split as Split
    from trainer.runs.lineage import Lineage as Lineage
    from trainer.runs.model_runs import ModelRun as ModelRun
    from trainer.runs.model_runs import open_run as open_run
    from trainer.runs.recording import Recording as Recording
    from trainer.runs.recording import start_run as start_run
    from trainer.runs.run_notes import edit_run as edit_run
    from trainer.runs.statements import Answer as Answer
    from trainer.runs.statements import Box as Box
    from trainer.runs.statements import Mask as Mask
    from trainer.runs.statements import Outline as Outline
    from trainer.runs.statements import Span as Span
    from trainer.runs.statements import Statement as Statement
    from trainer.runs.training_story import TrainingStory as TrainingStory
    from trainer.store import Store as Store
    from trainer.store import open_store as open_store


if not TYPE_CHECKING:  # to a type checker the imports above are all there is, so that it notices a misspelt name

    def __getattr__(name: str) -> object:
        if name == "__all__":
            return sorted(_homes())
        if name not in _homes():
            raise AttributeError(f"module 'trainer' has no attribute {name!r}", name=name, obj=None)
        return _load(name)

    def __dir__() -> list[str]:
        return sorted([*_homes(), *(name for name in globals() if name.startswith("__"))])


@cache
def _homes() -> dict[str, str]:
    """The module of each public name, read from the imports at the top, which never run."""
    import ast

    lines = ast.walk(ast.parse(Path(__file__).read_text(encoding="utf-8")))
    listed = (line for line in lines if isinstance(line, ast.ImportFrom))
    return {name.asname: line.module for line in listed for name in line.names if line.module and name.asname}


def _load(name: str) -> object:
    import importlib

    found = getattr(importlib.import_module(_homes()[name]), name)
    globals()[name] = found
    return found


def _refuse_namesakes() -> None:
    """Our packages have everyday names: say so where Python would take somebody else's instead of ours."""
    for name in ("metrics", "dashboard"):
        ours = Path(__file__).parent.with_name(name)
        spec = find_spec(name)
        found = [Path(place) for place in (spec.submodule_search_locations or [spec.origin or ""])] if spec else []
        if ours.resolve() not in [place.resolve() for place in found]:
            theirs = found[0] if found else "nothing at all"
            raise ImportError(
                f"{theirs} hides the package {name!r} that modelruns brings ({ours}): Python takes the first of that "
                f"name on its path. Rename or move the other one, or start Python in another folder.",
                name=name,
            )


_refuse_namesakes()
