"""Trainings in processes of their own: starting, watching, stopping, and going on with them."""

from trainer.jobs.finding import get_job, list_jobs, look_at_jobs
from trainer.jobs.job import Job
from trainer.jobs.request import TrainingRequest
from trainer.jobs.starting import start_job, start_reproduction, start_training
from trainer.jobs.state import JobProgress, JobState, JobStatus

__all__ = [
    "Job",
    "JobProgress",
    "JobState",
    "JobStatus",
    "TrainingRequest",
    "get_job",
    "list_jobs",
    "look_at_jobs",
    "start_job",
    "start_reproduction",
    "start_training",
]
