"""From the words of a message to an order that is bought."""
