"""The contracts that tie the package together: errors, labels, manifest, predictions, bundle."""
