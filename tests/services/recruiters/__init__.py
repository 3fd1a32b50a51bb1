"""Recruiters' servers as their documentation describes them, on 127.0.0.1, with switches for what goes wrong on a network."""
