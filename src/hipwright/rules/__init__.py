"""The rules: one file each, in folders named for their subject. Adding a file adds the rule."""
