"""What decides measures of heart rate variability where publications leave a choice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arsis.core.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

LINE, MEAN, SMOOTHNESS = "line", "mean", "smoothness priors"


@dataclass(frozen=True)
class HrvSettings:
    """All choices; the defaults follow the Task Force of the ESC and NASPE (1996) where it says.

    Attributes
    ----------
    name
        Of the preset.
    pnn_ms
        The differences that pNNx counts are longer than these.
    segment_s, least_share
        Length of a segment, and the share of it (or of a window, or of the record) that
        intervals must cover.
    sdnni_segments, sdann_segments
        Fewest segments for these two.
    bin_us2
        Two histogram bins in microseconds: a bin of 1/128 s is 7812.5 us.
    geometry_s
        Seconds that intervals must cover for the measures from the histogram.
    bands_hz, needs_s
        Edges of the bands, and the seconds that a window must last to hold them.
    resample_hz, bridged_s
        Grid of the tachogram for Welch, and the longest missing stretch that its spline crosses.
    window_s, overlap, fft_points
        Windows of Welch (Hann, periodic), and the points of the transform.
    oversampling
        Of the frequencies of a Lomb-Scargle periodogram of a segment.
    detrend, smoothness
        What is taken off before a spectrum: a line from each window, the mean of each stretch
        without a long gap, or a smooth trend (and its lambda).
    detrended
        The other families that are computed after the smooth trend is taken off.
    sd2_of_sdnn
        SD2 from SDNN and SDSD, not from the pairs themselves.
    short_boxes, long_boxes
        Intervals in a box for alpha1 and alpha2, from and to, both included.
    joined_share
        DFA bears at most this share of intervals that are put together across a gap.
    embedding, tolerance
        Of sample and approximate entropy; the tolerance in standard deviations.
    """

    name: str
    pnn_ms: tuple[float, ...] = (50.0, 20.0)
    segment_s: float = 300.0
    least_share: float = 0.8
    sdnni_segments: int = 3
    sdann_segments: int = 12
    bin_us2: int = 15_625
    geometry_s: float = 1200.0
    bands_hz: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: {
            "ulf": (0.0, 0.0033), "vlf": (0.0033, 0.04), "lf": (0.04, 0.15), "hf": (0.15, 0.4),
        }
    )  # fmt: skip
    needs_s: Mapping[str, float] = field(
        default_factory=lambda: {"ulf": 64_800.0, "vlf": 3000.0, "lf": 120.0, "hf": 60.0}
    )
    resample_hz: float = 4.0
    bridged_s: float = 3.0
    window_s: float = 150.0
    overlap: float = 0.5
    fft_points: int = 2048
    oversampling: int = 4
    detrend: str = LINE
    smoothness: float = 500.0
    detrended: tuple[str, ...] = ()
    sd2_of_sdnn: bool = False
    short_boxes: tuple[int, int] = (4, 16)
    long_boxes: tuple[int, int] = (16, 64)
    joined_share: float = 0.1
    embedding: int = 2
    tolerance: float = 0.2

    def __post_init__(self) -> None:
        needed = round(self.window_s * self.resample_hz)
        if self.fft_points < needed:
            found, expected = f"{self.fft_points}", f"at least the {needed} samples of a window"
            raise SettingError("fft_points", found, expected, "Choose more points.")


PRESETS: dict[str, HrvSettings] = {
    "default": HrvSettings("default"),
    "kubios-like": HrvSettings(
        "kubios-like",
        geometry_s=0.0,
        bands_hz={"vlf": (0.0, 0.04), "lf": (0.04, 0.15), "hf": (0.15, 0.4)},
        needs_s={"vlf": 240.0, "lf": 120.0, "hf": 60.0},
        window_s=300.0,
        detrend=SMOOTHNESS,
        detrended=("time", "poincare", "entropy"),
        sd2_of_sdnn=True,
        short_boxes=(4, 12),
        long_boxes=(13, 64),
    ),
}
"""docs/hrv.md says which of the second's choices are documented by Kubios and which are ours."""


def preset(name: str) -> HrvSettings:
    """Return the settings of a name.

    Raises
    ------
    SettingError
        If there is no such preset.
    """
    if name not in PRESETS:
        raise SettingError("--preset", name, f"one of {', '.join(PRESETS)}", "Choose one of them.")
    return PRESETS[name]
