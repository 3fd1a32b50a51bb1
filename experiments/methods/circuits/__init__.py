"""Makes manipulated networks: trajectories, a detector of them, the circuit, and the verification that decides about it."""

from experiments.methods.circuits.detectors import make as make_detector
from experiments.methods.circuits.make import make
from experiments.methods.circuits.trajectories import make as make_trajectories

__all__ = ["make", "make_detector", "make_trajectories"]
