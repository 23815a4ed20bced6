"""From a manifest to a run folder: recipe, fit, predict."""
