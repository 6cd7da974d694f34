"""The tests of Meloko; they tell its story."""
