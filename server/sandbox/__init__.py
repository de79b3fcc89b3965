"""Trying a draft before it is published: played, covered, replayed on what is closed, and under load."""
