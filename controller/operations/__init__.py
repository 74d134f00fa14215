"""What the local socket answers: questions about the image and decisions, and people's commands."""
