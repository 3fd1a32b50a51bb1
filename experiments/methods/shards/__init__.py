"""WebDataset shards, by many workers: what is in them, duplicates, domains, and exact selections written as new shards."""
