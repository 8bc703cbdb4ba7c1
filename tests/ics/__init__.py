"""Checks of calendar files: a strict RFC 5545 validator and real calendar programs that read them back."""
