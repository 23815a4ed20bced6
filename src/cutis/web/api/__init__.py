"""What programs can do: all that the pages can, with a token."""
