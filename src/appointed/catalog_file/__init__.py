"""The catalogue as a file: its shape, from text to the core's values and back."""
