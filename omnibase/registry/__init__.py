"""`registry.yaml` to components: read within bounds, checked, joined with what plugins bring, kept compiled."""
