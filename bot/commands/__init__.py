"""What people can ask for by name."""
