"""Pages of funding: agreements and rounds."""
