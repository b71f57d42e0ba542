"""One package per platform: translate, never decide."""
