"""Two samples: the exact distance, its proof, the plan and the gradient."""

import numpy as np

import deblais

draws = np.random.default_rng(0)
x, y = draws.normal(size=(300, 2)), draws.normal(1.0, size=(200, 2))

answer = deblais.emd(x, y)  # uniform masses, Euclidean distance
print(answer)
assert answer.lower <= answer.value <= answer.upper and answer.certificate.is_optimal
rows, columns, masses = answer.plan_ijv  # at most 499 cells; answer.plan is a scipy.sparse.coo_array
x_closer = x - 50 * answer.gradient_x()  # a step down the gradient
print(deblais.emd(x_closer, y, start=answer).value)
answer.plot().save("map.png")
