"""Side-by-side measurements: `python -m bench NAME`. Each builds its own floor and prints one table."""
