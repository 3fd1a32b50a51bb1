"""What is measured of classifiers, each kind of measurement as a stage of its own."""
