"""CDS Hooks 2.0: a card in the record when a rash follows a drug that is known for severe reactions."""
