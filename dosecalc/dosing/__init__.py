"""How much: areas, sites, doses."""
