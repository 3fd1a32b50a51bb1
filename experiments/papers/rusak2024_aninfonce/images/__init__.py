"""The trainings of encoders of images, and what is read from them."""
