"""Participants files in, folders of plans out."""
