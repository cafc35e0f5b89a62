"""``python -m freshet``: the same as ``freshet``, and how children are started."""

from freshet.cli.app import main

if __name__ == "__main__":
    main()
