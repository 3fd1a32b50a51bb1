"""When an optimization has settled: the rule of Zimmermann et al. 2023 on the norm of its gradient."""

from dataclasses import dataclass, field

import numpy as np

LEAST_STEPS, WINDOW = 2500, 2000
"""In steps of Adam at a learning rate of .05, for which the rule was made; other rates settle on another scale."""
SMOOTHING, RATIO = 0.99, 1.1


@dataclass(kw_only=True)
class GradientSettles:
    """Stops once the smoothed norm of the gradient hardly falls any more from one half of the window to the other."""

    least_steps: int = LEAST_STEPS
    window: int = WINDOW
    smoothing: float = SMOOTHING
    ratio: float = RATIO
    _smoothed: list[float] = field(default_factory=list)

    def settled(self, norm: float) -> bool:
        """Whether the step with this norm of the gradient is the last one needed."""
        before = self._smoothed[-1] if self._smoothed else norm
        self._smoothed.append(self.smoothing * before + (1 - self.smoothing) * norm)
        if len(self._smoothed) < max(self.least_steps, self.window):
            return False
        first, second = np.split(np.asarray(self._smoothed[-self.window :]), [self.window // 2])
        return bool(first.mean() <= self.ratio * second.mean())
