"""Runs against each other, on the same rows: gains with their certainty, and every object that changed."""
