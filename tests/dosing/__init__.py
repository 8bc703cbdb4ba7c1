"""Tests of the doses."""
