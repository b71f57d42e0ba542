"""Backups of an installation: made while it runs, and put back as a whole."""
