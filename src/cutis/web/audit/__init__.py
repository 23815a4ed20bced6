"""Who did what to what, and when: only ever added to, and every change of it shows."""
