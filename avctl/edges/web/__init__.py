"""The page and the HTTP interface: FastAPI in the daemon's own loop, no CDN, no build step, nothing from outside."""
