"""Tokens for the REST interface: what each may be used for, until when, and when it was used last."""
