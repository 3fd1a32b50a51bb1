"""What papers share: ways to make stimuli and to analyze answers."""
