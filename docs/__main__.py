"""`python -m docs`: write the reference pages."""

from docs.pages import write_pages

if __name__ == "__main__":
    write_pages()
