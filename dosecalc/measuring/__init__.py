"""From what was measured on the scalp to areas in cm² and points in them (R9)."""
