"""`python -m tests.reference`: writes the reference pages in `docs/reference/` anew."""

import os

import django


def main() -> None:
    """Write all pages."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    # The pages read the URLs and models, which need Django.
    from tests.reference.pages import FOLDER, PAGES  # noqa: PLC0415 -- after django.setup()

    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())
        print(FOLDER / name)


if __name__ == "__main__":
    main()
