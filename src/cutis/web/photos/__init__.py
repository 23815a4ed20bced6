"""Photos: taken in with care, kept once, shown to those who may see them."""
