"""What all HTML pages share: their style, their skeleton, and how templates are filled in."""
