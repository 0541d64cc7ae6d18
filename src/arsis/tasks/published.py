"""Where databases are published, under which licence, and how they ask to be cited."""

from __future__ import annotations

from dataclasses import dataclass

_GOLDBERGER = "Goldberger et al., Circulation 101 (2000) e215"


@dataclass(frozen=True, slots=True)
class Published:
    """A database as PhysioNet publishes it: {server}/{path}/{version}/ with SHA256SUMS.txt.

    Attributes
    ----------
    says
        Its name, in words.
    path, version
        What addresses it on the server.
    licence, cite
        As its publishers ask.
    """

    says: str
    path: str
    version: str
    licence: str
    cite: str


PUBLISHED = {
    "circor2022": Published(
        says="CirCor DigiScope Phonocardiogram Dataset",
        path="circor-heart-sound",
        version="1.0.3",
        licence="ODC-By 1.0",
        cite="Oliveira et al., IEEE J. Biomed. Health Inform. 26 (2022) 2524; " + _GOLDBERGER,
    ),
    "cinc2016": Published(
        says="PhysioNet/CinC Challenge 2016, heart sound recordings",
        path="challenge-2016",
        version="1.0.0",
        licence="ODC-By 1.0",
        cite="Liu et al., Physiol. Meas. 37 (2016) 2181; " + _GOLDBERGER,
    ),
    "mitdb": Published(
        says="MIT-BIH Arrhythmia Database",
        path="mitdb",
        version="1.0.0",
        licence="ODC-By 1.0",
        cite="Moody and Mark, IEEE Eng. Med. Biol. 20 (2001) 45; " + _GOLDBERGER,
    ),
}
"""By the name that `arsis fetch` takes."""
