"""On paper and on the screen: pictures of a participant's visits."""
