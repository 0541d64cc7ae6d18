"""When to say nothing: a recording, or a second of it, that allows no heart rate."""

from __future__ import annotations

from dataclasses import dataclass, field

SILENCE = "silence"
CLIPPED = "clipped"
NOISY = "too noisy"
SHORT = "too short"
APERIODIC = "no periodicity"
AMBIGUOUS = "half or double rate ambiguous"
DOUBTFUL = "doubtful sound"
NO_SIGNAL = "no signal"

VERDICTS = ("", NO_SIGNAL, SILENCE, CLIPPED, NOISY)
"""What a moment of sound can be said to be; "" = a heart can be heard."""

SILENT_FS = 1e-5
"""Root mean square of a silent stretch, after the band-pass; one step of 16 bits is 3e-5."""
CLIPPED_SHARE = 0.05
NONE_SHARE = 0.5
SHORT_S = 5.0
"""Less sound than this allows no heart rate, whatever is heard in it."""
FEWEST_INTERVALS = 2
COVERED = 0.2
"""Share of the recording that clear heart cycles must fill."""
IRREGULAR = 0.35
"""Mean change from interval to interval, as a share of it; atrial fibrillation has 0.25."""
SKIPPING = 0.5
"""Sum of that share and of the net's mean doubt above which beats are skipped or doubled.

Chosen on simulated hearts of 40 to 180 a minute at SNR of 20 to -5 dB and on answers to persons of
CirCor by nets that never met them: it finds two thirds of the simulated heart rates that are off
by more than 7 %, and takes away 2 of 667 right ones of CirCor.
"""
CONFUSED = 0.4
"""Share of the other sound's probability in sounds: S1 and S2 cannot be told apart."""
UNEXPLAINED = 0.4
"""Share of the sounds' probability that the path leaves out: it may skip every other beat."""
REPEATED = 0.3
"""What it adds to the mean probability that each first sound has the waveform of the others."""
CONVINCING = 0.8
"""The sum of both below which it is no heart: noise that swells in time has 0.6 to 0.77."""
MILLION = 1_000_000


@dataclass(frozen=True)
class Moment:
    """A stretch of sound: share measured, loudness (RMS, FS), share clipped, quality, P("none")."""

    measured: float
    loudness: float
    clipped: float
    quality: float
    none: float


def verdict(moment: Moment, unclear_quality: float) -> str:
    """Say why a heart cannot be heard in a moment of sound, or "" when it can."""
    if moment.measured < 0.5:
        return NO_SIGNAL
    if moment.loudness < SILENT_FS:
        return SILENCE
    if moment.clipped > CLIPPED_SHARE:
        return CLIPPED
    if moment.quality < unclear_quality or moment.none > NONE_SHARE:
        return NOISY
    return ""


@dataclass
class Tally:
    """What the decision on a recording rests on; whole numbers, so that cuts change nothing.

    Attributes
    ----------
    seconds
        By verdict.
    judged_us
        Microseconds of usable sound.
    cycle_us, cycles
        Sum and number of the clear intervals from S1 to S1.
    change_us, changes
        Sum and number of the absolute differences of two of them in a row.
    sounds, sure_ppm
        Number of the sounds answered where a heart can be heard, and sum of their probability.
    beats, whole
        Number of the first sounds among them, and of those whose waveform timed them surely.
    sound_ppm, mine_ppm, other_ppm
        Probability of both sounds summed over all steps, in millionths; of the sound that is
        answered, and of the other one, summed over the steps of clear answers.
    """

    seconds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VERDICTS, 0))
    judged_us: int = 0
    cycle_us: int = 0
    cycles: int = 0
    change_us: int = 0
    changes: int = 0
    sounds: int = 0
    sure_ppm: int = 0
    beats: int = 0
    whole: int = 0
    sound_ppm: int = 0
    mine_ppm: int = 0
    other_ppm: int = 0

    def reason(self) -> str:
        """Say why no heart rate is given for the recording, or "" when it can be."""
        if self.judged_us < SHORT_S * MILLION:
            lost = 2 * self.seconds[NO_SIGNAL] >= sum(self.seconds.values()) > 0
            return NO_SIGNAL if lost else SHORT
        few = self.cycles < FEWEST_INTERVALS or self.cycle_us < COVERED * self.judged_us
        if few:
            return self._why_few()
        changing = self.change_us / max(self.changes, 1) / (self.cycle_us / self.cycles)
        if changing > IRREGULAR:
            return APERIODIC
        sure, repeated = self.sure_ppm / self.sounds / MILLION, self.whole / self.beats
        if sure + REPEATED * repeated < CONVINCING:
            return APERIODIC
        explained = self.mine_ppm + self.other_ppm
        confused = self.other_ppm > CONFUSED * explained
        skipped = self.sound_ppm - explained > UNEXPLAINED * self.sound_ppm
        skipped = skipped or changing + 1.0 - sure > SKIPPING
        return AMBIGUOUS if confused or skipped else ""

    def _why_few(self) -> str:
        """Say why there are not enough clear heart cycles."""
        bad = {name: count for name, count in self.seconds.items() if name}
        worst = max(bad, key=lambda name: bad[name])
        if bad[worst] and 2 * sum(bad.values()) >= sum(self.seconds.values()):
            return worst
        return APERIODIC
