"""What must hold across a profile or a site: names, clashes, fences."""
