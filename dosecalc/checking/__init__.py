"""The second person's own numbers against a worksheet (R14)."""
