"""An oTree project with one study, for the comparison in `tests/benchmarks/otree.py`; oTree imports this file by its name."""

import os

SESSION_CONFIGS = [{"name": "two_afc", "app_sequence": ["two_afc"], "num_demo_participants": 1}]
SESSION_CONFIG_DEFAULTS = {"real_world_currency_per_point": 1.0, "participation_fee": 0.0, "doc": ""}
LANGUAGE_CODE = "en"
REAL_WORLD_CURRENCY_CODE = "USD"
USE_POINTS = False
ADMIN_USERNAME = "admin"
ADMIN_PASSWORD = os.environ.get("OTREE_ADMIN_PASSWORD")
SECRET_KEY = os.environ["OTREE_SECRET_KEY"]
