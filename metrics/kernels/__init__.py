"""The loops of measuring, compiled by numba: columns in, columns out.

Modules of this package are imported where a loop is first run, because numba takes a second to load. No loop calls one
of another file: numba keeps compiled code on disk until the file of the outermost loop changes, and would not notice
a change in a loop that it calls from elsewhere. Loops hold no lock of Python's, so that threads run them side by
side; numba's own threads are not used because not all of its thread layers bear calls from several threads at once.
"""
