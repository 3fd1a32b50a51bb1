"""Everything is killed and every request may get lost while participants answer; nothing acknowledged may be lost or doubled."""
