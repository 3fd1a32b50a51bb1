"""The unit explorer: what researchers see of networks, layers and units without a study."""
