"""Our own browser parts: hand-written ES modules, each folder one component with its Python side."""
