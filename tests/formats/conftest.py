"""Made-up sounds, and their bytes in every kind of file."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile


@pytest.fixture(scope="session")
def sounding():
    """Return a function that makes (time, channel): thumps and noise, softer in each channel."""

    def make(seconds, rate_hz, channels=1, seed=0):
        at_s = np.arange(round(seconds * rate_hz)) / rate_hz
        noise = np.random.default_rng(seed).standard_normal(len(at_s)) * 0.02
        x = 0.5 * np.sin(2 * np.pi * 60 * at_s) * np.exp(-((at_s % 0.8) ** 2) / 0.01) + noise
        return (x[:, None] / np.arange(1, channels + 1)).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def encoded():
    """Return a function that makes the bytes of a file of a kind such as "WAV/PCM_16"."""

    def encode(x, rate_hz, kind):
        file = io.BytesIO()
        container, subtype = kind.split("/")
        with soundfile.SoundFile(
            file, "w", rate_hz, x.shape[1], format=container, subtype=subtype
        ) as sound:
            for start in range(0, len(x), 10_000):  # libsndfile's Vorbis fails on long writes
                sound.write(x[start : start + 10_000])
        return file.getvalue()

    return encode
