"""Measurements of one run against each other, on this machine: `make bench`."""
