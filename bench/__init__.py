"""Benchmarks for README's performance table, one module each."""
