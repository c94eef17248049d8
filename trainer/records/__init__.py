"""The nouns of modelruns, frozen: no torch, no MLflow."""
