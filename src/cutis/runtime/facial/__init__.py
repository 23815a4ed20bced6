"""Photos of faces, from reading them to a report: areas, grades, measures, peers, and visits over time."""
