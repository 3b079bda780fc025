"""`python -m bench archive` runs bench/archive.py; without a name, tells which there are."""

import sys
from importlib import import_module
from pathlib import Path

names = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))
if len(sys.argv) < 2 or sys.argv[1] not in names:
    sys.exit(f"usage: python -m bench {' | '.join(names)}")
import_module(f"bench.{sys.argv[1]}").main()
