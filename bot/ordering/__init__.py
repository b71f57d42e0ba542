"""From a message to a purchased order."""
