"""What the protocol says."""
