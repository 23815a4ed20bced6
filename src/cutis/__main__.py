"""``python -m cutis`` is the command line."""

from cutis.cli import main

if __name__ == "__main__":
    main()
