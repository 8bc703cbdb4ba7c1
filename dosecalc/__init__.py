"""From a registered trial's protocol to one participant's doses, visits and calendar."""

__version__ = "0.1.0"
