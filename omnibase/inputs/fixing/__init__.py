"""What becomes of fixes: merged, written, shown as patches, staged."""
