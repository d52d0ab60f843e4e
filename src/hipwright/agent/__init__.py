"""A language model works off what rules cannot, item by item, through the same gates as everything else."""
