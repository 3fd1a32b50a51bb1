"""Tests of the active test of attacks."""
