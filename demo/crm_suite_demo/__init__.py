"""The cross-addon story of the demo; see `story.tell`."""
