"""Inference from bundles: onnxruntime, no torch."""
