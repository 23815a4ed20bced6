"""From a bundle to a folder for a browser, a phone or a camera. No torch."""
