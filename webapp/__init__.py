"""The web side: studies, participants, trials, responses, jobs, artifacts. Never imports torch."""
