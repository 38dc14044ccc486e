"""Training of the encoder: the loop, its objective and losses."""
