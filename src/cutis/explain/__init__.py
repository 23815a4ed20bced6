"""Why a model answered as it did, and how far that picture can be trusted; and how its cases lie together."""
