"""Calls into the vendor libraries: BLAS, deep learning, FFT, random numbers, sparse, solvers, collectives."""
