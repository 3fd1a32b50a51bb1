"""The study builder of the admin: choose, predict, save as a draft, start, preview, copy. No code has to be written."""
