"""Engines: one search algorithm a file; `explicit` is the reference that the others agree with."""
