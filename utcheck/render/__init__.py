"""Traces and graphs as text and pictures: one format a file, pure functions."""
