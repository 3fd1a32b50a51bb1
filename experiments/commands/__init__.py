"""The commands of `python -m experiments`, one file each: the words it takes, and what it does."""
