"""What docs/availability.md says, minute by minute: slow, plain, and importing nothing of the product.

Minutes are whole minutes of UTC since 1970 where nothing else is said; a stretch of them leaves out its last.
"""
