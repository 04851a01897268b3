"""What goes to the terminal: only what differs from what it shows, and only when it is ready."""
