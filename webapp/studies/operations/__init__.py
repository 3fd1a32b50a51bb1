"""The page on which researchers watch a running study and steer it."""
