"""Eight defences in small, a file each: the classifier as it is deployed, the attack that fooled people, and an adequate one."""
