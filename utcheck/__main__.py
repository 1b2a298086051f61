"""`python -m utcheck` is the command `utcheck`."""

from utcheck.cli.main import main

if __name__ == "__main__":
    main()
