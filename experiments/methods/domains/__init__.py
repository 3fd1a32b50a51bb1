"""Style domains of images: descriptions of style, heads with a guaranteed precision, the card of a classifier, labels by it."""
