"""Spans of texts: names, terms and whatever else has a start and an end.

A row is whatever is measured for itself: a sentence, a text, a message of a conversation.
"""
