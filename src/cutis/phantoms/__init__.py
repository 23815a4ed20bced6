"""Rendered skin: photos whose every pixel's truth is known, one package or file per modality.

Nothing here was ever a patient. A model trained on these images says so, and is not for care.
"""
