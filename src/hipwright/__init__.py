"""hipwright ports CUDA code to AMD ROCm/HIP and proves the port right, without a GPU."""

__version__ = "0.1.0"
