"""SQL against PostgreSQL, in plain sight: rows to core values and back."""
