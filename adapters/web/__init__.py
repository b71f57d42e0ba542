"""The web server: photos for providers, clips, webhooks, health, the chat page and the galleries."""
