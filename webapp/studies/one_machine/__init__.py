"""A whole deployment on one machine as child processes: the demo, and simulated studies."""
