"""The study's memory: events that are never changed, the state that follows from them, and who may see what."""
