"""The classifiers that are attacked: what decides their training, their images, and the training itself."""
