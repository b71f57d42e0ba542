"""The web server: photos for the provider, clips for people, and whether all is well."""
