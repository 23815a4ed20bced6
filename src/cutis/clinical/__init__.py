"""Clinical facts beside the picture: published scores, suspected drugs, red flags and the next step in words.

Nothing here is a diagnosis. A fact that is not known is None, and a score with missing facts is a range.
"""
