"""Build files: what they compile and how (read), and the same files for HIP (port).

Nothing here runs a build tool: build files of a ported tree are untrusted, so they are read, never executed.
"""
