"""Simulated participants' minds: from what a browser gets of a trial to an answer. Made by `makers`, called by bots.

None of them is evidence about people: what they know and how they err was set by us.
"""
