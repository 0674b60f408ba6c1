"""What boards show, each figure stated once: its title, what it says, its unit and its queries."""
