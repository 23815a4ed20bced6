"""From tables of photos to what training can use: split, check, duplicates, public sets, augmentation."""
