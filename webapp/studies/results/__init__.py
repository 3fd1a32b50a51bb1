"""Results of a study: analysis jobs, and the page that shows the newest."""
