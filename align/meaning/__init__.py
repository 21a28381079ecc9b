"""What directions and shapes in a space mean."""
