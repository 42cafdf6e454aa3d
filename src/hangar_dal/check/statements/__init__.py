"""The statements that are checked, where their parameters come from, and the places of findings."""
