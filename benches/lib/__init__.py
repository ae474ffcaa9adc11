"""Pieces of `benches/all`: each module measures one thing and adds its rows to one table."""
