"""Are two samples from one law, and how far apart are they?"""

import numpy as np

import deblais

draws = np.random.default_rng(0)
x, y = draws.normal(size=(80, 3)), draws.normal(0.5, size=(100, 3))

for name, test in deblais.two_sample_test(x, y, permutations=199).items():
    print(f"{name:8} {test.value:.4f}  p = {test.p_value:.3f}")
for name, value in deblais.divergences(x, y).items():
    print(f"{name:14} {value:.4f}")
