"""Data layout: what each library call assumes about memory, on both sides."""
