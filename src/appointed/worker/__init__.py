"""Small loops that tidy: what they do makes nothing true, it only makes it visible."""
