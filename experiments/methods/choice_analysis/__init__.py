"""Analysis of two-alternative answers: a table of responses in, named tables, figures and claims out.

Every table is a list of flat rows; every figure is drawn from tables; people, experts and simulated observers are never mixed.
"""
