"""One folder per published paper, named `<author><year>_<word>`; `experiments.registry` walks them."""
