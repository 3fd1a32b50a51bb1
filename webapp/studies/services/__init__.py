"""Writes of studies, sessions and responses, one file each. Called by all interfaces."""
