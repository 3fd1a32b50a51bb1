"""Makes all images of a study the same size in bytes, so that the size tells nothing of the answer."""


def padded(content: bytes, size: int) -> bytes:
    """The file followed by zeros up to `size`; a PNG ends at its IEND chunk, so decoders do not look at what follows."""
    return content + bytes(size - len(content))
