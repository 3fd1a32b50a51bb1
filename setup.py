"""Puts the participants' pages, which live outside of the Python packages, into the wheel as `webapp/static/`."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PAGES = Path("static")


class BuildWithPages(build_py):
    """Copies the packages, then the pages, which `make setup` has built; an editable installation has them where they are."""

    def run(self) -> None:
        """Build."""
        super().run()
        # Images install from a folder that holds pyproject.toml alone, to have the dependencies in a layer of their own.
        if self.editable_mode or not PAGES.exists():
            return
        if not (PAGES / "dist" / "participant.js").exists():
            raise SystemExit("static/dist is not built: run `make setup` before building a wheel")
        for folder in ("public", "dist"):
            self.copy_tree(str(PAGES / folder), f"{self.build_lib}/webapp/static/{folder}")


setup(cmdclass={"build_py": BuildWithPages})
