"""Exact optimal transport with a certificate.

The earth mover's distance of two samples, as a bracket that holds in exact arithmetic:

>>> import deblais
>>> answer = deblais.emd([[0.0, 0.0], [1.0, 0.0]], [[0.0, 3.0], [1.0, 4.0]])
>>> answer.lower <= 3.5 <= answer.upper
True
>>> answer.dense_plan()
array([[0.5, 0. ],
       [0. , 0.5]])

============================ ===========================================================
`emd`, `emd_matrix`          exact transport between points, or under a cost matrix
`partial`, `unbalanced`      a part of the mass, or what pays; with `_matrix` as well
`sinkhorn`                   entropic transport; with `_matrix` as well
`sinkhorn_divergence`        the debiased entropic cost
`wasserstein_1d`             numbers, by sorting
`sliced_wasserstein`         the mean over random lines
`pairwise`                   all pairs of many samples
`persistence`                persistence diagrams
`barycenter`                 the mean of measures
`two_sample_test`            are two samples from one law?
`divergences`                divergences and distances of two samples
`certify`                    the certificate of anybody's plan and potentials
`audit_critic`               what a critic claims, and what is true
`deblais.torch`              derivatives for torch; `deblais.callbacks` for training loops
`deblais.pot`                the functions of POT, by this engine
============================ ===========================================================

Every solver releases the GIL, is stopped by Ctrl-C, and may be called after a fork.
"""

from deblais._deblais import (
    Answer,
    Barycenter,
    Certificate,
    EntropicTransport,
    Pairwise,
    PersistenceTransport,
    Picture,
    StatisticTest,
    Transport,
    UnbalancedTransport,
    __version__,
    barycenter,
    certify,
    certify_matrix,
    divergences,
    emd,
    emd_matrix,
    histogram_divergences,
    pairwise,
    partial,
    partial_matrix,
    persistence,
    sinkhorn,
    sinkhorn_divergence,
    sinkhorn_matrix,
    sliced_wasserstein,
    two_sample_test,
    unbalanced,
    unbalanced_matrix,
    wasserstein_1d,
)
from deblais.audit import CriticAudit, audit_critic

__all__ = [
    "Answer",
    "Barycenter",
    "Certificate",
    "CriticAudit",
    "EntropicTransport",
    "Pairwise",
    "PersistenceTransport",
    "Picture",
    "StatisticTest",
    "Transport",
    "UnbalancedTransport",
    "__version__",
    "audit_critic",
    "barycenter",
    "certify",
    "certify_matrix",
    "divergences",
    "emd",
    "emd_matrix",
    "histogram_divergences",
    "pairwise",
    "partial",
    "partial_matrix",
    "persistence",
    "sinkhorn",
    "sinkhorn_divergence",
    "sinkhorn_matrix",
    "sliced_wasserstein",
    "two_sample_test",
    "unbalanced",
    "unbalanced_matrix",
    "wasserstein_1d",
]
