"""What to show for a failure that no pattern knows."""
