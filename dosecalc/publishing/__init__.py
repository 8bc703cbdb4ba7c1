"""Calendars on a calendar server (CalDAV, RFC 4791): what to write there, and how it gets there safely."""
