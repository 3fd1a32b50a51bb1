"""For which classes of functions visualizations determine a function, by execution: decoders, and twins for the rest."""
