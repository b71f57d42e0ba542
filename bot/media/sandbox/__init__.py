"""Processing of untrusted files, in processes of their own."""
