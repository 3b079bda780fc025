"""What to ask a device and what its answers mean: opened, read, written, listened to. No loops, no retries, no logs."""
