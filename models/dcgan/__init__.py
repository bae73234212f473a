"""AMULET's DCGAN."""
