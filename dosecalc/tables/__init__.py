"""Tables of participants in, tables and folders of a whole cohort out."""
