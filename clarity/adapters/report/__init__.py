"""Results for people: one self-contained HTML file, CSV and JSON."""
