"""Exact optimal transport with a certificate."""

from deblais._deblais import Answer, Certificate, Picture, Transport, emd, emd_matrix

__all__ = ["Answer", "Certificate", "Picture", "Transport", "emd", "emd_matrix"]
