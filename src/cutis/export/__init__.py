"""From a training run to a bundle: the graph, its parity test, its card."""
