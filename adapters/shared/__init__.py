"""Parts shared by all platforms."""
