"""Meloko: orders by web and on paper, daily rounds, printed papers, for a rural grocer-carrier."""
