"""Sharing: galleries, hearts, remixes, moderation."""
