"""Files: atomic writes, model archives, checked weights, checkpoints."""
