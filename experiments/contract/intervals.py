"""How wide 95 % intervals will be, for the planning of studies; numpy only. Analyses take their intervals from scipy."""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


def wilson_half_width(shares: ArrayLike, *, answers: ArrayLike) -> NDArray[np.float64]:
    """Half the width of Wilson's interval for these shares of right answers; without answers it is .5, the whole range."""
    p, n = np.asarray(shares, dtype=float), np.asarray(answers, dtype=float)
    # Wilson 1927, with numerator and denominator multiplied by n.
    half: NDArray[np.float64] = Z * np.sqrt(n * p * (1 - p) + Z**2 / 4) / (n + Z**2)
    return half


def t_threshold(degrees_of_freedom: ArrayLike) -> NDArray[np.float64]:
    """The value that |t| exceeds in 5 % of cases: Abramowitz and Stegun 1964, 26.7.5, an expansion around the normal quantile.

    The true rate is .0562 at one degree of freedom, .0507 at two, .0501 at three, and .0500 from four on.
    """
    terms = (
        Z,
        (Z**3 + Z) / 4,
        (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
        (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92160,
    )
    return np.asarray(np.polynomial.polynomial.polyval(1 / np.asarray(degrees_of_freedom, dtype=float), terms), dtype=np.float64)
