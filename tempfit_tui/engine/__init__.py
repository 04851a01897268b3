"""A session behind an async door, in this process or in a child of its own."""
