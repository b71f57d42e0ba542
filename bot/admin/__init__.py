"""What admins and operators say, and what they read."""
