"""Codes of beats in HL7 and DICOM files beside the symbols of the WFDB, in which beats are scored.

The codes are those of ISO/IEEE 11073-10102, by name (MDC_ECG_BEAT_NORMAL) or by number (10:8208);
DICOM lists both in its context group 3335.
"""

from __future__ import annotations

_PREFIX, _PARTITION = "MDC_ECG_BEAT_", "10:"
_CODES = {
    "NORMAL": (8208, "N"),
    "SV_P_C": (8256, "S"),
    "ATR_P_C": (8272, "A"),
    "JUNC_P_C": (8288, "J"),
    "ATR_P_C_ABERR": (8304, "a"),
    "ATR_PWAVE_BLK": (8320, "x"),
    "V_P_C": (8336, "V"),
    "V_P_C_FUSION": (8352, "F"),
    "V_P_C_RonT": (8368, "r"),
    "SV_ESC": (8384, "n"),
    "ATR_ESC": (8400, "e"),
    "JUNC_ESC": (8416, "j"),
    "V_ESC": (8432, "E"),
    "BB_BLK": (8448, "B"),
    "LBB_BLK_COMP": (8464, "L"),
    "RBB_BLK_COMP": (8496, "R"),
    "PACED": (8704, "/"),
    "PACED_FUS": (8720, "f"),
    "UNKNOWN": (8736, "Q"),
    "LEARN": (8752, "?"),
}
_SYMBOLS = {_PREFIX + name: symbol for name, (_, symbol) in _CODES.items()}
_SYMBOLS |= {f"{_PARTITION}{number}": symbol for number, symbol in _CODES.values()}


def beat_symbol(code: str) -> str | None:
    """Return the WFDB symbol of a kind of beat; None = the code names none that has one.

    >>> beat_symbol("MDC_ECG_BEAT_V_P_C"), beat_symbol("10:8208"), beat_symbol("10:256")
    ('V', 'N', None)
    """
    return _SYMBOLS.get(code.strip())
