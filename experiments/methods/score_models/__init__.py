"""Class-conditional score models: trained by denoising, their likelihoods, and the classifiers that are made of them."""
