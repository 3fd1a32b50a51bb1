"""Experiments on vision networks and on people: plain Python, torch and Celery tasks; knows no Django and no database."""
