"""Activity series: time, unit, placement, wear and the week that a model reads."""
