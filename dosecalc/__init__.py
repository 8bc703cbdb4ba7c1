"""From a registered trial's protocol to one participant's doses, visits and calendar."""
