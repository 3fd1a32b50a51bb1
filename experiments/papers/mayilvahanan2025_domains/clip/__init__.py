"""CLIP at the published scale: open_clip's networks, loss and tokenizer, on image-text pairs in WebDataset shards."""
