"""modelruns: dashboard."""
