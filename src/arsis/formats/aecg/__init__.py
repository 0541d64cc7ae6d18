"""Annotated ECGs in XML (HL7 aECG): read whole, with their marks; not written."""

from __future__ import annotations

from arsis.formats.aecg.read import AECG

__all__ = ["AECG"]
