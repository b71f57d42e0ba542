"""Photos and clips: the only package that knows paths."""
