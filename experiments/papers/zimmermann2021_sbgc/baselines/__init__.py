"""Networks beside the score model: a discriminative one and a flow, trained on the same images."""
