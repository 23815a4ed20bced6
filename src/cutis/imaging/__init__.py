"""Pixels in, pixels out: any photo as upright sRGB, and the rules that bring it to a network's size."""
