"""Array types of the report alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

I16 = npt.NDArray[np.int16]
U8 = npt.NDArray[np.uint8]
