"""Helpers of the tests: drawn parts, simulated devices, terminals, servers and browsers."""
