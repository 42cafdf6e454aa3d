"""What the text of a statement says: which columns its names mean, and what it does with them."""
