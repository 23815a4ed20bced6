"""Photos taken on a phone, by participants or for them."""
