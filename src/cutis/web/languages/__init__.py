"""The languages of the pages: catalogues of words, and who reads which."""
