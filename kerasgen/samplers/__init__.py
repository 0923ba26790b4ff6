"""How noise or latents become samples."""
