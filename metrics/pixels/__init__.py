"""Label maps: which class every pixel of a picture belongs to, in truth and as predicted.

A class is a feature by its code from 0, the background included if there is one. A row is a picture.
"""
