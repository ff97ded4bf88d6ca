"""Reports for people: what a run cost, as a page, as data, as text, and the figures."""
