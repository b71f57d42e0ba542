"""Personal data: information, export, deletion."""
