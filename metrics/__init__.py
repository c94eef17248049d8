"""modelruns: metrics."""
