"""Promises about a candidate, held against the evidence of its rows."""
