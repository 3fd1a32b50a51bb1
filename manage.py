"""Django's command line: `python manage.py <command>`."""

from webapp.__main__ import main

if __name__ == "__main__":
    main()
