"""The platform in the browser: studies, their people and their photos, from one command. No torch."""
