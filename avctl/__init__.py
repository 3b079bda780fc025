"""avctl: a second pair of hands for the sound engineer who looks after every meeting room of a building."""

__version__ = "0.1.0"
