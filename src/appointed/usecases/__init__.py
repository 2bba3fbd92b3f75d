"""What the system does for somebody: facts, a decision of the core, one call. The only rooms that use the store."""
