"""Every trainer is one objective on one loop."""
