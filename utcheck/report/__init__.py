"""Outcomes as text and data: one format a file, pure functions."""
