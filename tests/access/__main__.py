"""`python -m tests.access`: writes `docs/access-matrix.md`."""

from tests.access.page import PAGE, write

if __name__ == "__main__":
    write()
    print(f"wrote {PAGE}")
