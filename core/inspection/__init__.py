"""Parts, one by one: when one is in place, its verdict, the counts of a shift."""
