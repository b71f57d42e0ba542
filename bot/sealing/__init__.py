"""Encryption at rest: a data key per person, wrapped by a master key, and the format of encrypted files."""
