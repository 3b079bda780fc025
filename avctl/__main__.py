"""`python -m avctl` is `avctl`."""

from avctl.cli import main

if __name__ == "__main__":
    main()
