"""Inline PTX assembly and the device intrinsics that stand for single PTX instructions."""
