"""Traces: runs replayed through the user's own Python."""
