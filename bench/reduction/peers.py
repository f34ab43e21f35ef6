"""One frame's azimuthal average per line of standard input, timed: peers.py numpy|pyfai ROWS COLS.

numpy is the original program's way, one boolean mask per bin; pyFAI is its CSR integrator on one thread with dark, flat
and mask. Prints a line when ready and the seconds of each frame; ends with the end of its input.
"""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np

kernel, rows, cols = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
bins = 100
frame = np.random.default_rng(1).integers(0, 1000, (rows, cols)).astype(np.uint16)
y, x = np.indices((rows, cols))
radius = np.hypot(x - cols / 2, y - rows / 2)
if kernel == "numpy":
    step = radius.max() / bins
    masks = [(radius > 1 + (k - 1) * step) & (radius < 1 + (k + 1) * step) for k in range(bins)]

    def average():
        image = frame.astype(np.float32)
        return [np.mean(image[mask]) for mask in masks]
else:
    from pyFAI.azimuthalIntegrator import AzimuthalIntegrator

    integrator = AzimuthalIntegrator(dist=0.1, poni1=rows / 2 * 1e-4, poni2=cols / 2 * 1e-4, pixel1=1e-4, pixel2=1e-4,
                                     wavelength=1e-10)
    dark, flat = np.full((rows, cols), 10.0, np.float32), np.ones((rows, cols), np.float32)
    mask = np.zeros((rows, cols), np.int8)

    def average():
        return integrator.integrate1d_ng(frame, bins, unit="r_mm", dark=dark, flat=flat, mask=mask,
                                         correctSolidAngle=False, method=("no", "csr", "cython"))

average()
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    average()
    print(time.perf_counter() - start, flush=True)
