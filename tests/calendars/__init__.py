"""Calendars: what stands in them, and what programs read from them."""
