"""The reading room: studies of readers, from their design to their report."""
