"""The trainings of encoders of mixed latents."""
