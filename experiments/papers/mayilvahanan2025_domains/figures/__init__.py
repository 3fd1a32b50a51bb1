"""The figures of a run: the classifier's card, accuracy over the share of renditions, a sheet of images."""
