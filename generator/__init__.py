"""A stand-in for the paid video service: the same HTTP interface, with clips rendered on this machine.

A program of its own: it shares nothing with the rest of the project but the HTTP contract. This file stays
free of imports, because every rendering process loads it first.
"""
