"""Published recordings of heart sounds, and the protocols they are scored by."""

from __future__ import annotations

from arsis.core.task import Corpus, Split
from arsis.tasks.published import PUBLISHED
from arsis.tasks.sounds.cinc2016 import cinc2016
from arsis.tasks.sounds.circor import circor
from arsis.tasks.sounds.circor_folds import FOLDS
from arsis.tasks.sounds.made import made
from arsis.tasks.sounds.pascal import pascal

CIRCOR_FOLDS = Split(
    name="circor-5-folds",
    source="220 of CirCor's patients in 5 folds of persons, linked by `Additional ID`",
    train=tuple(subject for fold in FOLDS for subject in fold),
    test=(),
    folds=FOLDS,
)

CINC2016_A = Split(
    name="cinc2016-a",
    source="110 records of training-a, which no model was trained on",
    train=(),
    test=(
        "a0003", "a0006", "a0008", "a0011", "a0021", "a0022", "a0024", "a0033", "a0034",
        "a0035", "a0036", "a0038", "a0039", "a0042", "a0043", "a0044", "a0048", "a0057",
        "a0062", "a0065", "a0067", "a0068", "a0070", "a0078", "a0080", "a0084", "a0088",
        "a0093", "a0101", "a0112", "a0113", "a0114", "a0122", "a0125", "a0128", "a0135",
        "a0136", "a0139", "a0140", "a0142", "a0144", "a0145", "a0155", "a0159", "a0164",
        "a0166", "a0167", "a0170", "a0173", "a0179", "a0186", "a0187", "a0192", "a0196",
        "a0199", "a0204", "a0205", "a0206", "a0214", "a0218", "a0219", "a0221", "a0222",
        "a0223", "a0225", "a0226", "a0227", "a0230", "a0234", "a0241", "a0242", "a0257",
        "a0259", "a0261", "a0262", "a0269", "a0275", "a0276", "a0278", "a0281", "a0285",
        "a0291", "a0292", "a0304", "a0305", "a0311", "a0316", "a0318", "a0320", "a0328",
        "a0334", "a0336", "a0340", "a0344", "a0346", "a0347", "a0353", "a0354", "a0355",
        "a0357", "a0365", "a0380", "a0383", "a0386", "a0394", "a0397", "a0398", "a0403",
        "a0404", "a0409",
    ),
)  # fmt: skip

# What is published of PASCAL does not say who is in both of its parts, so nobody is scored on it.
PASCAL = Split(name="pascal", source="Bentley et al. 2011", train=(), test=())

_CIRCOR, _CINC2016 = PUBLISHED["circor2022"], PUBLISHED["cinc2016"]

CORPORA = {
    "circor2022-1khz": Corpus(
        name=f"{_CIRCOR.says}, at 1 kHz",
        licence=_CIRCOR.licence,
        cite=_CIRCOR.cite,
        split=CIRCOR_FOLDS,
        open=circor,
        made=made,
    ),
    "circor2022": Corpus(
        name=_CIRCOR.says,
        licence=_CIRCOR.licence,
        cite=_CIRCOR.cite,
        split=CIRCOR_FOLDS,
        open=circor,
        made=made,
    ),
    "cinc2016": Corpus(
        name=_CINC2016.says,
        licence=_CINC2016.licence,
        cite=_CINC2016.cite,
        split=CINC2016_A,
        open=cinc2016,
    ),
    "pascal": Corpus(
        name="PASCAL Classifying Heart Sounds Challenge",
        licence="not stated",
        cite="Bentley, Nordehn, Coimbra and Mannor, The PASCAL Classifying Heart Sounds "
        "Challenge (2011)",
        split=PASCAL,
        open=pascal,
    ),
}
