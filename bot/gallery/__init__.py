"""Sharing: galleries, votes, remixes, moderation."""
