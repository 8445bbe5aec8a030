"""`python -m gnnrec`: the command line, for what starts modules (torchrun, a scheduler)."""

from gnnrec.cli import main

if __name__ == "__main__":
    main()
