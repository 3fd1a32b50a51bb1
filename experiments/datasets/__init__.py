"""Images and other data that experiments look at."""
