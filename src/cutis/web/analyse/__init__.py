"""What models say of photos: asked in the background, shown so that everybody can read it."""
