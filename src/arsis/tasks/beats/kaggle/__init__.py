"""Heartbeats as rows of 187 samples: the windows of the well-known Kaggle heartbeat file."""
