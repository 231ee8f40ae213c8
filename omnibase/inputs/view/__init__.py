"""Views: private trees with the contents that components are to see, kept from run to run."""
