"""On paper and on the screen."""
