"""Where an image is salient, by its spectral residual (Hou and Zhang, CVPR 2007): a measure without weights or data.

It stands in for DeepGaze II, whose weights are not freely available as a package. In few words: the log amplitudes of an
image's Fourier transform are smooth but for what stands out of it; what remains after their local mean is taken away is
brought back to the image.
"""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy import ndimage

SIDE = 64
"""px at which the measure is taken, as published."""
BLUR = 2.5
"""Standard deviation in px of the final smoothing, as in the authors' program."""
FLOOR = 1e-9
"""Added to amplitudes before their logarithm."""


def spectral_residual(pixels: UInt8[np.ndarray, "height width 3"]) -> Float[np.ndarray, "height width"]:
    """The saliency of each pixel; zero all over in an image of one color."""
    if (pixels == pixels[0, 0]).all():
        return np.zeros(pixels.shape[:2])
    image = Image.fromarray(pixels).convert("F")
    gray = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.float64) / 255
    spectrum = np.fft.fft2(gray)
    log_amplitude = np.log(np.abs(spectrum) + FLOOR)
    # Replicated at the borders of the array.
    residual = log_amplitude - ndimage.uniform_filter(log_amplitude, size=3, mode="nearest")
    salient = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    smooth = ndimage.gaussian_filter(salient, BLUR, mode="constant")
    height, width, _ = pixels.shape
    return np.asarray(Image.fromarray(smooth.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR))
