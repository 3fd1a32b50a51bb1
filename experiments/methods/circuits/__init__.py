"""Makes manipulated networks: trajectories, a detector of them, the circuit, and the verification that decides about it."""
