"""Runs against runs: gains with their certainty, and what became of every object."""
