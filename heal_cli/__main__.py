"""`python -m heal_cli` is `heal`."""

from heal_cli.cli.app import main

if __name__ == "__main__":
    main()
