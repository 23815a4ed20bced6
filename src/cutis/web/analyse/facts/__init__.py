"""Clinical facts beside a model's answer: entered by a person, read by published scores, never mixed in."""
