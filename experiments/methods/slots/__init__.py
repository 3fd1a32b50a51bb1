"""Training and measuring networks that decompose a scene into slots. Called by the papers on objects."""
