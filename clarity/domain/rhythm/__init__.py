"""Rest-activity rhythm: non-parametric, cosinor, regularity, fragmentation, scaling."""
