"""Micro-arousals: evidence, candidates, decision, onset and end."""
