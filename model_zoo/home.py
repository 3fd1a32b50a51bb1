"""Where `.env` and `var/` lie. Read by the settings of all processes."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
HOME = CHECKOUT if (CHECKOUT / "manage.py").exists() else Path.cwd()
"""The checkout, or the folder in which the installed package is started."""
