"""To whom: calendar files."""
