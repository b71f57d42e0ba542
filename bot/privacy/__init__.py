"""What is kept of people: told, handed over, removed."""
