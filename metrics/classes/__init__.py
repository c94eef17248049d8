"""Classes of whole rows: one of many (radio), or any of many (checklist).

A class is an option of one feature, by its code from 0. A row is whatever is chosen for: a picture, a text, a message
of a conversation.
"""
