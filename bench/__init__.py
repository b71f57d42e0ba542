"""The figures of README's performance table, each with one command."""
