"""A run being lived: training for a budget, going back, and being seen."""
