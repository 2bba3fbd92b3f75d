"""`python -m appointed`, and the command `appointed`."""

from appointed.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
