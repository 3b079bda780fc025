"""Bytes to messages and back: pure and total. Foreign bytes become Noise, never an exception; no socket, no clock."""
