"""Published response tables in: a mapping says which of their columns mean what, and a read-only study holds the rows."""
