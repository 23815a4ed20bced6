"""Models: the bundles that are there, and which of them answers in a study."""
