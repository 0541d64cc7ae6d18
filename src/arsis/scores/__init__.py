"""Answers against the truth: (truth, answer) as arrays in, figures out; numpy only."""
