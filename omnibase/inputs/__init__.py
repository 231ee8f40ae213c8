"""Which files a run looks at, how they are seen, and the one door by which they change."""
