"""The gateway: photos come from cameras, archives and records, and results go back to them."""
