"""Our own API: the reference of what a dialect is."""
