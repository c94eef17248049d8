"""Micro-models: registered, taught, trained again and again, linked to projects."""
