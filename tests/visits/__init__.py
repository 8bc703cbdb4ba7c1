"""When: target dates, windows, attendance."""
