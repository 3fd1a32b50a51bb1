"""Quality of sessions: what rules see and say, their page for researchers, their admin."""
