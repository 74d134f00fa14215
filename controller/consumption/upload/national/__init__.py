"""The national protocol for building energy collectors, in the dialects that data centres speak.

frames (bytes) and documents (XML) serve either side; session is the collector's side without a
socket; link and sink are it with one.
"""
