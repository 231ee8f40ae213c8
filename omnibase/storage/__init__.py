"""What outlives a run: its journal, and the history that journals are folded into."""
