"""Pictures: grids of images, points in the plane, latent spaces, curves, animations."""
