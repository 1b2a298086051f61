"""The command `utcheck`; one command a file, and what it needs is imported when it runs."""
