"""Tests of the trainer, over a small regression that every file shares."""
