"""The one trainer of all papers: a loop that resumes exactly, checkpoints that are whole or not there, and stacked networks."""
