"""The pipeline that teaches: examples, split, training, cross-validation, export (torch)."""
