"""The data that every floor speaks: frozen, closed, without decisions."""
