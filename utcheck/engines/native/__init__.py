"""The native engine: the learned trees as flat arrays, walked by compiled code."""
