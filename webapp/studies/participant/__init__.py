"""What participants open: entry, the page of the trials, its JSON interface, erasure. Text and plan go out, answers come in."""
