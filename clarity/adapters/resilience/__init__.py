"""What keeps one failing dependency from taking everything with it."""
