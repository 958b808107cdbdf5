"""Conversations: who may hold one, what with, and what it uses up."""
