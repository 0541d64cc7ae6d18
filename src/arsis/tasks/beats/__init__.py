"""Heartbeats in an ECG: find them, name them, say what they amount to."""
