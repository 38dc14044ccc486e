"""Argument checks, shared by every room of the package."""
