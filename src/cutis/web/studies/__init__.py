"""Studies, their sites, members and participants."""
