"""Matrix units: warp-level matrix fragments."""
