"""modelruns: trainer."""
