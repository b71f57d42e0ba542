"""The shared core: a photo and a sentence become a clip, whatever the chat they came from."""
