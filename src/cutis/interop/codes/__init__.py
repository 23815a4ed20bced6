"""Codes of every label in the vocabularies that hospitals speak, each with where it was found."""
