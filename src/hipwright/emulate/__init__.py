"""Run GPU code on the CPU: the compiler's own device IR, rewritten to x86-64, with exact wavefront semantics.

`build` compiles a program for one side (the CUDA original or the HIP port on a target), `ir` rewrites its device code,
`runtime/` is the emulated GPU in C++, `run` executes what was built.
"""
