"""Quillbrook Analytics, a company that does not exist: the CSV files of its clients, and what writes them out."""
